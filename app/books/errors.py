"""What the book's door refuses."""

from infra.errors import Conflict, Forbidden, NotFound


class BookNotFound(NotFound):
    """Unknown, another firm's, or not granted."""

    code = "book.not_found"
    zh = "找不到该账套。"
    en = "No such book."


class PermissionMissing(Forbidden):
    """The object is known to the actor, but the act needs a permission it does not hold."""

    code = "permission.missing"
    zh = "缺少权限：{permission}。"
    en = "The permission {permission} is missing."


class BookDisabled(Conflict):
    """The book is disabled: it can be read, not written."""

    code = "book.disabled"
    zh = "账套已停用，只能查询。"
    en = "The book is disabled and can only be read."


class BookCodeTaken(Conflict):
    """Another book of the firm has this code."""

    code = "book.code_taken"
    zh = "账套编号 {book_code} 已存在。"
    en = "The book code {book_code} is taken."
