"""What the books of account refuse to show."""

from infra.errors import NotFound, RuleViolation, TooLarge


class ItemNotFound(NotFound):
    """The book has no such item of the dimension."""

    code = "report.item_not_found"
    zh = "辅助核算 {dimension} 没有项目“{item}”。"
    en = "The dimension {dimension} has no item “{item}”."


class DimensionNotFound(NotFound):
    """The book keeps no such dimension."""

    code = "report.dimension_not_found"
    zh = "账套没有辅助核算 {dimension}。"
    en = "The book has no dimension {dimension}."


class SpanRejected(RuleViolation):
    """A range of periods runs forwards and covers a limited number of months."""

    code = "report.span_rejected"
    zh = "会计期间范围有误：起始期间不得晚于截止期间，最多 {limit} 个月。"
    en = "The first period must not be after the last, and at most {limit} months can be read at once."


class RangeRejected(RuleViolation):
    """A range of accounts, levels, dates or numbers runs forwards, and numbers belong to one voucher word."""

    code = "report.range_rejected"
    zh = "{range}范围有误：起始不得大于截止，凭证号范围须指定凭证字。"
    en = "The range {range} must not run backwards, and a range of numbers needs a voucher word."


class CurrencyNeeded(RuleViolation):
    """A ledger shows one foreign currency at a time, or its totals would add up different currencies."""

    code = "report.currency_needed"
    zh = "外币账须指定一种外币。"
    en = "A ledger in foreign currency needs the currency to show."


class NotCash(RuleViolation):
    """A day journal is kept of cash and bank accounts (会计基础工作规范 Art. 57)."""

    code = "report.not_cash"
    zh = "科目 {account} 不是现金或银行存款科目，不设日记账。"
    en = "Account {account} holds neither cash nor bank money and has no day journal."


class NothingToAnalyse(RuleViolation):
    """A multi-column ledger needs accounts below its own, or a dimension."""

    code = "report.no_columns"
    zh = "科目 {account} 没有下级科目，请按辅助核算设置多栏。"
    en = "Account {account} has no accounts below it; ask for columns by a dimension."


class TooManyColumns(RuleViolation):
    """More columns than a page can hold."""

    code = "report.too_many_columns"
    zh = "多栏超过 {limit} 栏，请缩小科目范围或会计期间。"
    en = "More than {limit} columns; narrow the accounts or the periods."


class KeysRejected(RuleViolation):
    """A combination has one to three dimensions, each once, and the account at most once."""

    code = "report.keys_rejected"
    zh = "核算项目组合须包含一至三个辅助核算，科目至多一次，且不得重复。"
    en = "A combination names one to three dimensions and the account at most once, none twice."


class ReportTooLarge(TooLarge):
    """More rows than an answer of this kind may hold."""

    code = "report.too_large"
    zh = "数据超过 {limit} 行，请缩小查询范围。"
    en = "More than {limit} rows; narrow what is asked for."
