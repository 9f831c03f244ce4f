"""What is refused about outside identity providers."""

from infra.errors import Conflict, NotFound, rule


class ProviderNotFound(NotFound):
    """Unknown, retired, or another firm's."""

    code = "outside_provider.not_found"
    zh = "找不到该外部身份源。"
    en = "No such outside identity provider."


class ProviderTaken(Conflict):
    """The firm has a provider of this name already."""

    code = "outside_provider.taken"
    zh = "外部身份源名称“{name}”已被使用。"
    en = "The name {name} is taken by another provider of the firm."


PROVIDER_URL = rule(
    "outside_provider.url",
    "应为 https:// 开头、不含账号与片段的地址。",
    "An https:// URL without user, port or fragment.",
)
