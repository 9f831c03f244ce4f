"""What chart work refuses, and the rules an account can break."""

from infra.errors import Conflict, NotFound, RuleViolation, rule


class AccountNotFound(NotFound):
    """The book's chart has no such account."""

    code = "account.not_found"
    zh = "科目 {account} 不存在。"
    en = "There is no account {account}."


class AccountRejected(RuleViolation):
    """The account breaks rules; `violations` names every one."""

    code = "account.rejected"
    zh = "科目不符合规则（{count} 处）。"
    en = "The account breaks the rules in {count} places."


class AccountInUse(Conflict):
    """Balances or unposted vouchers stand against it; `violations` names each account."""

    code = "account.in_use"
    zh = "科目 {account} 或其下级仍有余额或未记账凭证，不能停用。"
    en = "Account {account} or one below it has a balance or unposted vouchers and cannot be disabled."


class AccountPreset(Conflict):
    """Accounts of the standard are disabled, never deleted."""

    code = "account.preset"
    zh = "预置科目 {account} 不能删除，可以停用。"
    en = "Account {account} belongs to the standard: it can be disabled, not deleted."


class AccountUsed(Conflict):
    """What lines or balances name, and what has accounts under it, is not deleted."""

    code = "account.used"
    zh = "科目 {account} 已使用或有下级科目，不能删除，可以停用。"
    en = "Account {account} is used or has accounts below it: it can be disabled, not deleted."


class FirstChildNeeded(Conflict):
    """A used leaf gets children only together with the one that takes over its lines and balances."""

    code = "account.first_child_needed"
    zh = "科目 {account} 已使用：请指定承接其发生额和余额的首个下级科目。"
    en = "Account {account} is used: name the first child that takes over its lines and balances."


class WidthsRejected(RuleViolation):
    """The codes of the chart do not fit the widths asked for; `violations` names every one that does not."""

    code = "account.widths_rejected"
    zh = "科目编码无法按 {widths} 调整（{count} 处）。"
    en = "The codes cannot be brought to {widths}: {count} do not fit."


CODE_WIDTH = rule(
    "account.code_width",
    "编码 {account} 应为上级编码加 {width} 位数字。",
    "The code {account} must be its parent's and {width} digits.",
)
CODE_TAKEN = rule("account.code_taken", "编码 {account} 已存在。", "The code {account} is taken.")
CODES_FULL = rule("account.codes_full", "科目 {account} 下已无可用编码。", "No code is free under account {account}.")
TOO_DEEP = rule("account.too_deep", "科目级次不能超过 {limit} 级。", "The chart has {limit} levels at most.")
NAME_TAKEN = rule("account.name_taken", "同级已有科目“{name}”。", "An account beside it is named {name} already.")
PARENT_DISABLED = rule("account.parent_disabled", "上级科目 {account} 已停用。", "The parent {account} is disabled.")
FIRST_CHILD_UNASKED = rule(
    "account.first_child_unasked",
    "科目 {account} 未使用或已有下级，无需指定承接科目。",
    "Account {account} is unused or has children: there is nothing for a first child to take over.",
)
STANDARD_CODE = rule(
    "account.standard_code",
    "一级科目须是会计准则科目，或归入编码在前、类别相同的准则科目。",
    "A first-level account is one of the standard, or is shown as one of it that has a lower code.",
)
STANDARD_INHERITED = rule(
    "account.standard_inherited", "下级科目随上级归属报表项目。", "An account below another is shown with it."
)
SIDE_FIXED = rule(
    "account.side_fixed",
    "科目 {account} 已使用或为预置科目，余额方向不能修改。",
    "Account {account} is used or belongs to the standard; its side is fixed.",
)
DIMENSIONS_USED = rule(
    "account.dimensions_used",
    "科目 {account} 已使用，请通过启用/停用辅助核算来调整。",
    "Account {account} is used: turn the dimension on or off with a back-fill instead.",
)
DIMENSION_UNKNOWN = rule(
    "account.dimension_unknown", "辅助核算类别 {dimension} 不存在。", "There is no dimension {dimension}."
)
CURRENCY_USED = rule(
    "account.currency_used",
    "科目 {account} 已有币种 {currency} 的记录，不能取消。",
    "Account {account} has been booked in {currency}, which stays.",
)
UNIT_USED = rule(
    "account.unit_used",
    "科目 {account} 已有数量记录，计量单位不能修改。",
    "Account {account} has quantities; its unit stays.",
)
CASH_ITEM = rule("account.cash_item_unknown", "现金流量项目 {item} 不存在。", "There is no cash-flow item {item}.")
HOLDS_BALANCE = rule("account.holds_balance", "科目 {account} 有余额。", "Account {account} has a balance.")
IN_DRAFTS = rule(
    "account.in_drafts",
    "科目 {account} 有 {count} 张未记账凭证。",
    "Account {account} is in {count} unposted vouchers.",
)
WIDTH_RULE = rule(
    "account.width_rule",
    "编码规则：一级 {first} 位不变，其余各级 2–4 位，最多 {limit} 级。",
    "Widths: {first} digits on the first level as before, 2 to 4 on the others, at most {limit} levels.",
)
WIDTH_TOO_NARROW = rule(
    "account.width_too_narrow",
    "编码 {account} 的末段 {segment} 超过 {width} 位。",
    "The last part {segment} of {account} does not fit {width} digits.",
)
