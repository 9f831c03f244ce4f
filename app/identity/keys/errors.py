"""What is refused about API keys."""

from infra.errors import Forbidden, NotFound, RuleViolation, rule


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


class KeyBeyond(Forbidden):
    """A key never goes beyond what its maker may do."""

    code = "api_key.beyond"
    zh = "密钥角色 {role} 超出您自身的权限。"
    en = "The role {role} goes beyond what you may do yourself."


BOOKS_REQUIRED = rule(
    "api_key.books_required", "账套角色的密钥必须列出账套。", "A key with a book role must list its books."
)
BOOKS_FORBIDDEN = rule(
    "api_key.books_forbidden", "公司级密钥不能限定账套。", "A key for the whole firm lists no books."
)
