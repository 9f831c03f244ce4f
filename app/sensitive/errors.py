"""What is no identity number, phone number or bank account; the refused value itself is never repeated."""

from infra.errors import RuleViolation, rule

IDENTITY_FORMAT = rule(
    "sensitive.identity_format",
    "证件号码应为 18 位或 15 位居民身份证号，或护照、通行证号码。",
    "An identity number has 18 or 15 digits, or is the number of a passport or travel permit.",
)
IDENTITY_BIRTH = rule(
    "sensitive.identity_birth",
    "身份证号中的出生日期不存在。",
    "The date of birth inside the identity number does not exist.",
)
IDENTITY_CHECK = rule(
    "sensitive.identity_check",
    "身份证号校验码不正确（GB 11643）。",
    "The check character of the identity number is wrong (GB 11643).",
)
PHONE_FORMAT = rule("sensitive.phone_format", "电话号码格式不正确。", "This is not a telephone number.")
BANK_ACCOUNT_FORMAT = rule(
    "sensitive.bank_account_format",
    "银行账号应为 6 至 34 位数字或字母。",
    "A bank account has 6 to 34 digits or letters.",
)


class SensitiveRejected(RuleViolation):
    """A sensitive value is not what its kind says; violations tell why, without the value."""

    code = "sensitive.rejected"
    zh = "敏感信息格式不正确。"
    en = "A sensitive value is not well formed."
