"""What cannot be read of statements, and what a book's own statement breaks."""

from infra.errors import Conflict, NotFound, RuleViolation, rule


class StatementUnknown(NotFound):
    """The book's standard has no such statement or table."""

    code = "statement.not_found"
    zh = "会计制度 {standard} 没有报表 {statement}。"
    en = "There is no statement {statement} in the standard {standard}."


class CycleUnknown(RuleViolation):
    """The form is not made for this cycle: some tables are yearly."""

    code = "statement.cycle_unknown"
    zh = "报表 {statement} 不按 {cycle} 编制。"
    en = "The statement {statement} is not made by {cycle}."


class CellUnknown(NotFound):
    """The statement has no such row or column, or there is no figure where they meet."""

    code = "statement.cell_not_found"
    zh = "报表 {statement} 的 {row} 行 {column} 列没有数字。"
    en = "There is no figure in row {row}, column {column} of the statement {statement}."


class OwnStatementTaken(Conflict):
    """The book has a statement of its own with this code."""

    code = "own_statement.taken"
    zh = "自定义报表 {statement} 已存在。"
    en = "The book has a statement {statement} of its own already."


class OwnStatementRejected(RuleViolation):
    """A statement of the book's own breaks rules; all of them are in `violations`."""

    code = "own_statement.rejected"
    zh = "自定义报表的定义有 {count} 处错误。"
    en = "The statement breaks {count} rules."


FORMULA = rule("own_statement.formula", "公式有误：{fault}。", "The formula cannot be read: {fault}.")
ACCOUNT_UNREAD = rule("own_statement.account_unknown", "科目 {account} 不存在。", "There is no account {account}.")
ITEM_UNREAD = rule(
    "own_statement.cash_item_unknown", "现金流量项目 {item} 不存在。", "There is no cash-flow item {item}."
)
ROW_UNKNOWN = rule("own_statement.row_unknown", "没有行 {row}。", "There is no row {row}.")
ROW_TWICE = rule("own_statement.row_twice", "行 {row} 重复。", "The row {row} is there twice.")
NO_COLUMNS = rule("own_statement.no_columns", "至少要有一个报告周期的栏目。", "At least one cycle needs columns.")
COLUMN_UNFIT = rule(
    "own_statement.column_unfit",
    "{cycle} 报表不能有栏目 {column}，或该栏目重复。",
    "A statement by {cycle} has no column {column}, or has it twice.",
)
TOO_MANY_STATEMENTS = rule(
    "own_statement.too_many", "自定义报表最多 {limit} 张。", "A book has at most {limit} statements of its own."
)
