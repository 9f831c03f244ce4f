"""What chart work with vouchers refuses, and the rules it can break."""

from infra.errors import Conflict, RuleViolation, rule


class ChartWorkRejected(RuleViolation):
    """The accounts, items or shares do not fit; `violations` names every one."""

    code = "charting.rejected"
    zh = "科目调整不符合规则（{count} 处）。"
    en = "The chart work breaks the rules in {count} places."


class NotLastPeriod(Conflict):
    """A balance is moved where it ends: in the last period the book has reached."""

    code = "charting.not_last_period"
    zh = "结转凭证须在已启用的最后一个期间 {period} 制单。"
    en = "The balance is moved in the last period the book has reached, {period}."


class ReclassPending(Conflict):
    """An earlier reclassification of the account is not posted yet."""

    code = "charting.pending"
    zh = "科目 {account} 还有未记账的结转凭证 {voucher}，请先记账或作废。"
    en = "Voucher {voucher} that moves the balance of {account} is not posted yet: post or void it first."


SAME = rule("charting.same", "不能并入自身。", "Something is not merged into itself.")
NOT_LEAF = rule("charting.not_leaf", "科目 {account} 不是末级科目。", "Account {account} is not a leaf.")
NO_CHILDREN = rule(
    "charting.no_children", "科目 {account} 下没有可转换的明细科目。", "Nothing under {account} can be converted."
)
NOT_CHILD = rule(
    "charting.not_child",
    "{account} 不是可转换的自设末级明细科目。",
    "{account} is no leaf of the book's own under that account.",
)
ITEM_DISABLED = rule("charting.item_disabled", "核算项目 {item} 已停用。", "The item {item} is disabled.")
DISABLED = rule("charting.disabled", "科目 {account} 已停用。", "Account {account} is disabled.")
STATEMENT_LINE = rule(
    "charting.statement_line",
    "科目 {account} 与 {other} 归属不同的报表项目，合并会改变报表。",
    "{account} and {other} are shown as different accounts of the standard: merging them would change statements.",
)
KIND = rule(
    "charting.kind",
    "科目 {account} 与 {other} 的余额方向或现金属性不同。",
    "{account} and {other} differ in their side or in being cash.",
)
DIMENSIONS = rule(
    "charting.dimensions",
    "科目 {account} 与 {other} 的辅助核算不同。",
    "{account} and {other} are kept by different dimensions.",
)
CURRENCY = rule(
    "charting.currency",
    "科目 {account} 不核算币种 {currency}。",
    "Account {account} is not kept in {currency}.",
)
UNIT = rule(
    "charting.unit", "科目 {account} 与 {other} 的计量单位不同。", "{account} and {other} count in different units."
)
DIMENSION_ON = rule(
    "charting.dimension_on", "科目 {account} 已启用该辅助核算。", "Account {account} keeps this dimension already."
)
DIMENSION_OFF = rule(
    "charting.dimension_off", "科目 {account} 未启用该辅助核算。", "Account {account} does not keep this dimension."
)
SHARE_SUM = rule(
    "charting.share_sum",
    "{items}（{currency}）应分配 {expected}，实际分配 {given}。",
    "{items} ({currency}): {expected} to be shared out, {given} was.",
)
