"""What is refused about logins through a provider."""

from infra.errors import Conflict, Unauthenticated


class AttemptUnknown(Unauthenticated):
    """Never begun here, over, used, begun by another browser, or of a subject nobody linked: one answer for all."""

    code = "outside_login.unknown"
    zh = "外部登录未完成：请重新发起登录，并确认该外部账号已绑定。"
    en = "The login could not be completed: begin again, and link the outside account first."


class SubjectTaken(Conflict):
    """The subject stands for somebody else, or the person is linked already."""

    code = "outside_link.taken"
    zh = "该外部账号或该员工已绑定。"
    en = "The outside account or the person is linked already."
