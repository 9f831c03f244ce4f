"""What identity refuses."""

from infra.errors import Conflict, Forbidden, NotFound, RuleViolation, TooMuch, Unauthenticated, Unavailable, rule


class LoginFailed(Unauthenticated):
    """Unknown firm, unknown person, wrong password, no longer a member: one answer for all."""

    code = "login.failed"
    zh = "公司、邮箱或密码不正确。"
    en = "The firm, e-mail or password is not right."


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


class UserNotFound(NotFound):
    """Unknown, or not of this firm."""

    code = "user.not_found"
    zh = "找不到该员工。"
    en = "No such member of the firm."


class KeyNotFound(NotFound):
    """Unknown, or another firm's."""

    code = "api_key.not_found"
    zh = "找不到该 API 密钥。"
    en = "No such API key."


class KeyRejected(RuleViolation):
    """The books a key asks for do not fit its role, or cannot be given."""

    code = "api_key.rejected"
    zh = "API 密钥的角色与账套不符。"
    en = "The key's role and books do not fit."


class GrantNotFound(NotFound):
    """The person holds no role in this book."""

    code = "grant.not_found"
    zh = "该员工在此账套没有授权。"
    en = "The person has no grant in this book."


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


class GrantMisfit(RuleViolation):
    """The people of a client hold a client's roles only."""

    code = "grant.role_misfit"
    zh = "客户人员只能授予客户角色，不能授予 {role}。"
    en = "A person of a client can only be given a client's role, not {role}."


class OwnerOnly(Forbidden):
    """Only an owner makes or unmakes an owner."""

    code = "staff.owner_only"
    zh = "只有所有者可以授予或撤销所有者角色。"
    en = "Only an owner may give or take the owner role."


EMAIL_FORMAT = rule("email.format", "邮箱格式不正确。", "Not an e-mail address.")
PASSWORD_LENGTH = rule("password.length", "密码应为 12 至 128 个字符。", "A password has 12 to 128 characters.")
SHORT_NAME_FORMAT = rule(
    "firm.short_name_format",
    "简称应为 2 至 39 个小写字母、数字或连字符，以字母开头。",
    "2 to 39 lower-case letters, digits or hyphens, a letter first.",
)
BOOKS_REQUIRED = rule(
    "api_key.books_required", "账套角色的密钥必须列出账套。", "A key with a book role must list its books."
)
BOOKS_FORBIDDEN = rule(
    "api_key.books_forbidden", "公司级密钥不能限定账套。", "A key for the whole firm lists no books."
)
