"""What the desk of dimensions refuses."""

from infra.errors import Conflict, NotFound, rule

TAX_ID_IS_IDENTITY = rule(
    "item.tax_id_is_identity",
    "该税号是居民身份证号，请填入敏感资料的证件号码（identity_number）。",
    "This tax id is an identity number; give it as identity_number of the particulars.",
)


class DimensionNotFound(NotFound):
    """The book keeps no such dimension."""

    code = "dimension.not_found"
    zh = "辅助核算类别 {dimension} 不存在。"
    en = "There is no dimension {dimension}."


class DimensionTaken(Conflict):
    """A code names one dimension."""

    code = "dimension.code_taken"
    zh = "辅助核算类别编码 {dimension} 已存在。"
    en = "The dimension code {dimension} is taken."


class TooManyDimensions(Conflict):
    """A book keeps a limited number of dimensions."""

    code = "dimension.too_many"
    zh = "辅助核算类别不能超过 {limit} 个。"
    en = "A book keeps at most {limit} dimensions."


class ItemNotFound(NotFound):
    """The dimension has no such item."""

    code = "item.not_found"
    zh = "核算项目不存在。"
    en = "There is no such item."


class ItemNameTaken(Conflict):
    """Lines name an item by its name, so a name stands once in a dimension."""

    code = "item.name_taken"
    zh = "核算项目名称已存在。"
    en = "An item of this dimension has that name already."


class ItemCodeTaken(Conflict):
    """A code stands once in a dimension."""

    code = "item.code_taken"
    zh = "核算项目编码已存在。"
    en = "An item of this dimension has that code already."


class ItemInUse(Conflict):
    """An item with a balance, or named by unposted vouchers, is not disabled."""

    code = "item.in_use"
    zh = "核算项目 {item} 仍有余额或在 {count} 张未记账凭证中使用，不能停用。"
    en = "The item {item} has a balance or is named by {count} unposted vouchers and cannot be disabled."
