"""What a period refuses."""

from infra.errors import Conflict, NotFound


class PeriodClosed(Conflict):
    """The period is closed: nothing is drafted, posted or changed in it."""

    code = "period.closed"
    zh = "会计期间 {period} 已结账。"
    en = "Period {period} is closed."


class PeriodNotFound(NotFound):
    """The book has not reached this period, or never had it."""

    code = "period.not_found"
    zh = "账套没有会计期间 {period}。"
    en = "The book has no period {period}."


class PeriodTooFar(Conflict):
    """Vouchers may run ahead of the last closed period only so far."""

    code = "period.too_far"
    zh = "会计期间 {period} 超出可录入范围（{first} 至 {last}）。"
    en = "Period {period} is outside the open range ({first} to {last})."


class PeriodBeforeStart(Conflict):
    """Nothing is written before the book's first period."""

    code = "period.before_start"
    zh = "会计期间 {period} 早于建账期间 {start}。"
    en = "Period {period} is before the book's first period {start}."
