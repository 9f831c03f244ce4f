"""What the books of account refuse to show."""

from app.ledger.accounts.errors import AccountNotFound as AccountNotFound
from infra.errors import RuleViolation, TooLarge


class SpanRejected(RuleViolation):
    """A range of periods runs forwards and covers a limited number of months."""

    code = "report.span_rejected"
    zh = "会计期间范围有误：起始期间不得晚于截止期间，最多 {limit} 个月。"
    en = "The first period must not be after the last, and at most {limit} months can be read at once."


class ReportTooLarge(TooLarge):
    """More rows than a file of this kind may hold."""

    code = "report.too_large"
    zh = "数据超过 {limit} 行，请缩小期间范围后再导出。"
    en = "More than {limit} rows; narrow the range of periods to export them."
