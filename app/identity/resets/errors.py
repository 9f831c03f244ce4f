"""What is refused when a password is changed or reset."""

from infra.errors import Conflict, RuleViolation, Unauthenticated, rule


class PasswordWrong(RuleViolation):
    """The present password does not fit."""

    code = "password.wrong"
    zh = "当前密码不正确。"
    en = "The present password is not right."


class ResetFailed(Unauthenticated):
    """Unknown, used, withdrawn or expired link, missing or wrong second factor: one answer for all."""

    code = "password.reset_failed"
    zh = "链接无效或已过期，或两步验证未通过。"
    en = "The link is not valid any more, or the second factor does not check."


class ResetOwn(Conflict):
    """Who is inside changes its own password by giving the present one, and its own factors by proving one."""

    code = "password.reset_own"
    zh = "不能为自己重置密码或两步验证，请自行修改。"
    en = "One's own password and second factors are changed, not reset."


PASSWORD_WRONG = rule("password.not_present", "当前密码不正确。", "Not the present password.")
