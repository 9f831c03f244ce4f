"""What the batch desk refuses."""

from infra.errors import Conflict, NotFound


class JobNotFound(NotFound):
    """Unknown, another firm's, or not visible to the caller."""

    code = "job.not_found"
    zh = "找不到该任务。"
    en = "No such job."


class JobNotCancelable(Conflict):
    """The job has ended, or is inside a stage that cannot be left half done."""

    code = "job.not_cancelable"
    zh = "任务状态为 {state}，不能取消。"
    en = "The job is {state} and cannot be cancelled."
