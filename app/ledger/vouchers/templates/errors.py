"""What the voucher templates refuse."""

from infra.errors import Conflict, NotFound, rule


class TemplateNotFound(NotFound):
    """No such template in this book."""

    code = "template.not_found"
    zh = "找不到该凭证模板。"
    en = "No such voucher template."


class TemplateNameTaken(Conflict):
    """Another template of the book has this name."""

    code = "template.name_taken"
    zh = "凭证模板“{name}”已存在。"
    en = "There is a voucher template {name} already."


NO_SUCH_LINE = rule("template.no_such_line", "模板没有第 {line} 行。", "The template has no line {line}.")
