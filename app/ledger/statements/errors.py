"""What cannot be read of statements."""

from infra.errors import NotFound, RuleViolation


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
