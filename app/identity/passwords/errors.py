"""What is refused about passwords."""

from infra.errors import RuleViolation, TooMuch, Unavailable, rule


class LoginDelayed(TooMuch):
    """Too many failures from this address for this account; it opens again by itself."""

    code = "login.delayed"
    zh = "尝试次数过多，请在 {seconds} 秒后重试。"
    en = "Too many attempts; try again in {seconds} seconds."


class LoginBusy(Unavailable):
    """More logins at once than this process hashes passwords for."""

    code = "login.busy"
    zh = "登录人数较多，请稍后重试。"
    en = "Too many logins at once; try again shortly."


class PasswordRejected(RuleViolation):
    """A password that would be guessed is not taken, whoever chooses it."""

    code = "password.rejected"
    zh = "请换一个密码。"
    en = "Choose another password."


PASSWORD_GUESSED = rule(
    "password.guessed",
    "该密码出现在泄露密码表中，或太容易被猜到；请换一个更长、更少见的密码，例如几个不相干的词。",
    "This password is among leaked ones or easily guessed; take a longer one, such as a few unrelated words.",
)
