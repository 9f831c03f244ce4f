"""What is refused about roles, teams and grants."""

from infra.errors import Conflict, Forbidden, NotFound, RuleViolation, rule


class GrantNotFound(NotFound):
    """Nobody of that id holds a role in this book."""

    code = "grant.not_found"
    zh = "找不到该授权。"
    en = "No such grant in this book."


class GrantMisfit(RuleViolation):
    """The people of a client hold a client's roles only, and the staff the staff's."""

    code = "grant.role_misfit"
    zh = "不能授予角色 {role}：客户方角色只授予客户人员，员工角色只授予本公司员工及其团队。"
    en = "The role {role} is of the other side: only the client's people hold a client's roles, only the staff its own."


class GrantRejected(RuleViolation):
    """What was asked of a grant cannot be."""

    code = "grant.rejected"
    zh = "授权内容有误。"
    en = "The grant is not acceptable."


class RoleBeyond(Forbidden):
    """Nobody makes or gives a role that goes beyond what it may do itself."""

    code = "role.beyond"
    zh = "角色 {role} 超出您自身的权限。"
    en = "The role {role} goes beyond what you may do yourself."


class RoleNotFound(NotFound):
    """Unknown, or not the firm's own."""

    code = "role.not_found"
    zh = "找不到该自定义角色。"
    en = "No such role of the firm's own."


class RoleTaken(Conflict):
    """The firm has a role of this code already."""

    code = "role.taken"
    zh = "角色代码 {role} 已被使用。"
    en = "The role code {role} is taken."


class RoleRejected(RuleViolation):
    """The permissions of a role do not fit where it is held."""

    code = "role.rejected"
    zh = "角色的权限与其适用范围不符。"
    en = "The role's permissions do not fit where it is held."


class TeamNotFound(NotFound):
    """Unknown, or another firm's."""

    code = "team.not_found"
    zh = "找不到该团队。"
    en = "No such team."


class TeamTaken(Conflict):
    """The firm has a team of this name already."""

    code = "team.taken"
    zh = "团队名称“{name}”已被使用。"
    en = "The team name {name} is taken."


class TeamMisfit(RuleViolation):
    """Teams are of the firm's own people."""

    code = "team.staff_only"
    zh = "只有本公司员工可以加入团队。"
    en = "Only the firm's own people can join a team."


UNTIL_PAST = rule("grant.until_past", "截止时间已过。", "This moment is over already.")
UNTIL_REQUIRED = rule(
    "grant.until_required",
    "该角色只能限期授予，请填写截止时间。",
    "This role is given until a moment only.",
)
UNTIL_FAR = rule(
    "grant.until_far",
    "该角色每次最多授予 {days} 天。",
    "This role is given for {days} days at most.",
)
OWN_ROLE_FORMAT = rule(
    "role.own_format",
    "自定义角色代码应以 own_ 开头，其后为 1 至 34 个小写字母、数字或下划线。",
    "The code of an own role is own_ and 1 to 34 lower-case letters, digits or underscores.",
)
PERMISSION_MISFIT = rule(
    "role.permission_misfit",
    "权限 {permission} 不能用于此类角色。",
    "The permission {permission} does not fit this role.",
)
ALL_BOOKS_MISFIT = rule(
    "role.all_books_misfit",
    "只有公司级员工角色可以覆盖全部账套。",
    "Only a staff role on the firm can reach all books.",
)
