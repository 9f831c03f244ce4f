"""What the log of acts refuses."""

from infra.errors import Conflict, NotFound, Refusal, Unavailable


class LineNotFound(NotFound):
    """The chain has no line in this place."""

    code = "audit.line_not_found"
    zh = "没有这一序号的操作日志"
    en = "The log has no line in this place"


class CheckpointNotFound(NotFound):
    """No checkpoint has this number."""

    code = "audit.checkpoint_not_found"
    zh = "检查点不存在"
    en = "The checkpoint does not exist"


class NotAnchoredYet(Conflict):
    """No checkpoint has seen the line yet."""

    code = "audit.not_anchored_yet"
    zh = "该条日志尚无检查点，请在一小时后重试"
    en = "No checkpoint has seen this line yet; try again within the hour"


class TooManyLines(Refusal):
    """More lines than one file may hold."""

    status = 422
    code = "audit.too_many_lines"
    zh = "超过 {most} 条，请缩小时间范围后再导出"
    en = "More than {most} lines; ask for a shorter time"


class VisitUnseen(Unavailable):
    """What a visitor was to be shown cannot be written down, so it is not shown."""

    code = "audit.visit_unseen"
    zh = "访问无法写入操作日志，未予显示，请稍后再试。"
    en = "The visit cannot be written into the log of acts, so nothing is shown; try again later."
