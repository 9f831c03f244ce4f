"""What is refused at the entrance, and inside it to who has yet to complete the login."""

from infra.errors import Forbidden, NotFound, RuleViolation, Unauthenticated


class LoginFailed(Unauthenticated):
    """Unknown firm, unknown person, wrong password, no longer a member: one answer for all."""

    code = "login.failed"
    zh = "公司、邮箱或密码不正确。"
    en = "The firm, e-mail or password is not right."


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


class StepUpFailed(Unauthenticated):
    """The password, code or passkey does not prove this person: one answer for all."""

    code = "auth.step_up_failed"
    zh = "身份验证未通过，请重试。"
    en = "This does not prove who you are; try again."


class StepUpFactor(RuleViolation):
    """Who has a second factor proves itself by it; the password alone is not enough."""

    code = "auth.step_up_factor"
    zh = "您已绑定两步验证，请使用验证码（code）或通行密钥（passkey）。"
    en = "You have a second factor: give a code or a passkey, not the password."


class SessionNotFound(NotFound):
    """Unknown, ended, or another person's."""

    code = "session.not_found"
    zh = "找不到该会话。"
    en = "No such session."


class OriginatorGone(Forbidden):
    """Work in the background runs with its originator's rights, and the originator has none any more."""

    code = "job.originator_gone"
    zh = "任务发起人已离职、被停用或密钥已吊销，任务不再执行。"
    en = "Who started the job has left, was disabled, or its key was revoked; the job does not run."
