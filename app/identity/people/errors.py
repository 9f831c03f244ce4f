"""What is refused about people."""

from infra.errors import Conflict, Forbidden, NotFound


class UserNotFound(NotFound):
    """Unknown, or not of this firm."""

    code = "user.not_found"
    zh = "找不到该员工。"
    en = "No such member of the firm."


class AlreadyMember(Conflict):
    """The e-mail belongs to a member of the firm already."""

    code = "staff.already_member"
    zh = "该邮箱已是本公司员工。"
    en = "This e-mail belongs to a member of the firm already."


class LastOwner(Conflict):
    """A firm always keeps an active owner."""

    code = "staff.last_owner"
    zh = "公司至少要保留一名在职的所有者。"
    en = "The firm must keep one active owner."


class OwnerOnly(Forbidden):
    """Only an owner makes or unmakes an owner, and nobody gives a role beyond its own."""

    code = "staff.owner_only"
    zh = "只有所有者可以授予或撤销所有者角色，且不能授予超出自身权限的角色。"
    en = "Only an owner may give or take the owner role, and nobody gives a role beyond its own."
