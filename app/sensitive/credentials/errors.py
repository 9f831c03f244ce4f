"""What the drawer of credentials refuses."""

from infra.errors import Conflict, NotFound


class CredentialNotFound(NotFound):
    """Unknown, of another book, or of the firm when a book was asked."""

    code = "credential.not_found"
    zh = "找不到该凭据。"
    en = "No such credential."


class TooManyCredentials(Conflict):
    """A book or a firm keeps a limited number of them."""

    code = "credential.too_many"
    zh = "外部系统凭据不能超过 {limit} 个。"
    en = "At most {limit} credentials are kept."
