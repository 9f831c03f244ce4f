"""What is refused about break-glass visits."""

from infra.errors import Conflict, NotFound


class VisitNotFound(NotFound):
    """Unknown, or another firm's or operator's."""

    code = "break_glass.not_found"
    zh = "找不到该应急访问申请。"
    en = "No such request for a break-glass visit."


class VisitDecided(Conflict):
    """It was decided, opened or ended before, or its time is over."""

    code = "break_glass.decided"
    zh = "该应急访问申请当前状态为 {state}，不能进行此操作。"
    en = "The request is {state}; this cannot be done to it now."


class FirmUnknown(NotFound):
    """No active firm of this short name."""

    code = "firm.not_found"
    zh = "找不到该代账公司。"
    en = "No such firm."
