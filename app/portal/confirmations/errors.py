"""What is refused about confirmations."""

from infra.errors import Conflict, NotFound


class ConfirmationNotFound(NotFound):
    """Unknown, or of another book."""

    code = "confirmation.not_found"
    zh = "找不到该报表确认。"
    en = "No such confirmation."


class ConfirmationDecided(Conflict):
    """The client has said what it has to say of this version."""

    code = "confirmation.decided"
    zh = "该版本报表已由客户处理：{state}。"
    en = "The client has decided about this version already: {state}."


class PeriodNotClosed(Conflict):
    """Only the statements of a closed period are put before the client."""

    code = "confirmation.period_open"
    zh = "会计期间 {period} 尚未结账，不能提交客户确认。"
    en = "The period {period} is not closed, so there is nothing to confirm."
