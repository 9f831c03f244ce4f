"""What is refused to who is known by its token, and to work in whose name nobody stands any more."""

from infra.errors import Forbidden


class SecondFactorRequired(Forbidden):
    """The firm requires a second factor and this person has none yet; only enrolling one is possible."""

    code = "auth.second_factor_required"
    zh = "本公司要求两步验证：请先在 /v1/me/factors 绑定验证器或通行密钥。"
    en = "A second factor is required here: enrol an authenticator app or a passkey at /v1/me/factors first."


class PasswordExpired(Forbidden):
    """The firm demands a new password every so many days; only changing it is possible."""

    code = "auth.password_expired"
    zh = "密码已超过 {days} 天，请先 POST /v1/me/password 修改密码。"
    en = "The password is older than {days} days: POST /v1/me/password to change it first."


class OriginatorGone(Forbidden):
    """Work in the background runs with its originator's rights, and the originator has none any more."""

    code = "job.originator_gone"
    zh = "任务发起人已离职、被停用或密钥已吊销，任务不再执行。"
    en = "Who started the job has left, was disabled, or its key was revoked; the job does not run."
