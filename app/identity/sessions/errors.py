"""What is refused at the entrance."""

from infra.errors import Unauthenticated


class LoginFailed(Unauthenticated):
    """Unknown firm, unknown person, wrong password, no longer a member: one answer for all."""

    code = "login.failed"
    zh = "公司、邮箱或密码不正确。"
    en = "The firm, e-mail or password is not right."
