"""What the command line and the runtime of background work refuse by themselves."""

from infra.errors import Forbidden, Unavailable, register

JOB_FAILED = register(
    "job.failed",
    "任务因内部错误而失败（{request_id}）。",
    "The job failed for an internal reason ({request_id}).",
)


class UnknownJobType(Unavailable):
    """This worker does not know the type; a newer one may, so the job waits for it."""

    code = "job.unknown_type"
    zh = "没有处理 {type} 任务的程序。"
    en = "Nothing here runs jobs of type {type}."


class NotAnOperator(Forbidden):
    """The act needs the token of a chief operator."""

    code = "operator.required"
    zh = "需要运维主管的令牌（环境变量 ZHANGFANG_OPERATOR_TOKEN）。"
    en = "The token of a chief operator is needed (ZHANGFANG_OPERATOR_TOKEN)."


class OriginatorNotGranted(Forbidden):
    """Work in the background runs with its originator's rights, and the originator has lost those in its book."""

    code = "job.originator_not_granted"
    zh = "任务发起人已无权在该账套做这件事（授权已收回或变更），任务不再执行。"
    en = "Who started the job may no longer do this in its book (the grant was withdrawn or changed); it does not run."
