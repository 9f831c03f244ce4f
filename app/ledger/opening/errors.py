"""What the opening desk refuses."""

from infra.errors import Conflict, RuleViolation, rule


class OpeningFrozen(Conflict):
    """Openings are read-only once the first month is closed."""

    code = "opening.frozen"
    zh = "首月已结账，期初余额不能再修改。"
    en = "The first month is closed; opening balances can no longer change."


class OpeningRejected(RuleViolation):
    """The opening rows break rules; `violations` names every one."""

    code = "opening.rejected"
    zh = "期初余额不符合规则（{count} 处）。"
    en = "The opening balances break the rules in {count} places."


OPENING_DUPLICATE = rule(
    "opening.duplicate", "科目 {account} {counterparty} 重复。", "Account {account} {counterparty} appears twice."
)
OPENING_PROFIT_LOSS = rule(
    "opening.profit_and_loss_balance",
    "损益类科目 {account} 的年初余额必须为零。",
    "The profit-and-loss account {account} cannot open the year with a balance.",
)
OPENING_EARLY = rule(
    "opening.turnover_in_january", "一月开账没有本年累计发生额。", "A book that starts in January has no year-to-date."
)
"""A book that starts in January has nothing before it in the year."""

OPENING_CASH_ITEM = rule(
    "opening.cash_item_unknown", "现金流量项目 {item} 不存在。", "There is no cash-flow item {item}."
)

QUANTITY_ALONE = rule(
    "opening.quantity_alone",
    "科目 {account} {items} 有数量 {quantity} 而无金额。",
    "Account {account} {items} has the quantity {quantity} and no amount.",
)
AMOUNT_ALONE = rule(
    "opening.amount_alone",
    "科目 {account} {items} 核算数量，有金额 {amount} 而无数量。",
    "Account {account} {items} is counted and has {amount} without a quantity.",
)
FOREIGN_ALONE = rule(
    "opening.foreign_alone",
    "科目 {account} {items} 的 {currency} 原币 {foreign} 与本位币 {amount} 不相应。",
    "Account {account} {items}: {foreign} {currency} does not go with {amount} RMB.",
)
NOT_TRANSFERRED = rule(
    "opening.not_transferred",
    "损益类科目 {account} 尚有未结转余额 {amount}，资产不等于负债加权益。",
    "The profit-and-loss account {account} still has {amount}: assets are not liabilities and equity.",
)
CASH_FLOWS_DIFFER = rule(
    "opening.cash_flows_differ",
    "现金流量期初合计 {flows} 与现金类科目变动 {cash} 不一致。",
    "The cash flows sum up to {flows}; cash moved by {cash}.",
)
