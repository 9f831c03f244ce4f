"""What is refused at the entrance, and to who does not prove itself anew."""

from infra.errors import NotFound, RuleViolation, Unauthenticated


class LoginFailed(Unauthenticated):
    """Unknown firm, unknown person, wrong password, no longer a member: one answer for all."""

    code = "login.failed"
    zh = "公司、邮箱或密码不正确。"
    en = "The firm, e-mail or password is not right."


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
