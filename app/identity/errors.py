"""What identity refuses in whichever of its rooms."""

from infra.errors import RuleViolation, rule


class RoleUnknown(RuleViolation):
    """No built-in role and no active own role of the firm has this code, or it is not held there."""

    code = "role.unknown"
    zh = "没有可在此授予的角色 {role}。"
    en = "There is no role {role} to be held here."


EMAIL_FORMAT = rule("email.format", "邮箱格式不正确。", "Not an e-mail address.")
PASSWORD_LENGTH = rule("password.length", "密码应为 12 至 128 个字符。", "A password has 12 to 128 characters.")
SHORT_NAME_FORMAT = rule(
    "firm.short_name_format",
    "简称应为 2 至 39 个小写字母、数字或连字符，以字母开头。",
    "2 to 39 lower-case letters, digits or hyphens, a letter first.",
)
ROLE_FORMAT = rule(
    "role.format",
    "角色代码应为 2 至 39 个小写字母、数字或下划线，以字母开头。",
    "2 to 39 lower-case letters, digits or underscores, a letter first.",
)
