"""What the closing desk refuses, and the findings of its checks: each has a severity and a next action."""

from infra.errors import Conflict, rule


class ClosingBlocked(Conflict):
    """The period cannot be closed now; `violations` are the blockers, all at once."""

    code = "period.close_blocked"
    zh = "会计期间 {period} 不能结账：{count} 项未通过检查。"
    en = "Period {period} cannot be closed: {count} checks stand in the way."


class ReopenOrder(Conflict):
    """Only the latest closed period can be reopened (反结账 is last in, first out)."""

    code = "period.reopen_order"
    zh = "只能反结账最近已结账的期间（{latest}）。"
    en = "Only the latest closed period ({latest}) can be reopened."


class NotClosed(Conflict):
    """The period is not closed, so there is nothing to reopen."""

    code = "period.not_closed"
    zh = "会计期间 {period} 尚未结账。"
    en = "Period {period} is not closed."


PREVIOUS_OPEN = rule(
    "close.previous_open",
    "上一期间 {period} 尚未结账，请先结账。",
    "The previous period {period} is open; close it first.",
)
NOT_REACHED = rule("close.period_missing", "账套没有会计期间 {period}。", "The book has no period {period}.")
UNPOSTED = rule(
    "close.vouchers_unposted",
    "还有 {count} 张凭证未记账，请审核并记账。",
    "{count} vouchers are not posted; review and post them.",
)
UNREAD = rule(
    "close.uploads_unread",
    "还有 {count} 批上传的原始凭证正在识别，请等待识别完成。",
    "{count} uploads are still being read; wait until they are.",
)
OPENING_UNBALANCED = rule(
    "close.opening_unbalanced",
    "期初不平：余额差额 {opening}，累计发生额差额 {turnover}，请修改期初余额。",
    "The opening does not balance: {opening} in balances, {turnover} in turnover; correct it.",
)
TRIAL_UNBALANCED = rule(
    "close.trial_unbalanced", "试算不平衡，差额 {difference}。", "The trial balance is off by {difference}."
)
ARTICULATION = rule(
    "close.articulation", "报表勾稽不符：{check}（{column}）。", "Articulation {check} fails in column {column}."
)
PENDING_PROPERTY = rule(
    "close.pending_property",
    "待处理财产损溢余额 {amount}，年末必须为零。",
    "Pending property gains and losses stand at {amount}; they must be zero at year end.",
)
NEGATIVE_CASH = rule(
    "close.negative_cash",
    "科目 {account} 出现贷方余额 {amount}。",
    "Account {account} has a credit balance of {amount}.",
)
WORK_ITEMS = rule("close.invoices_need_attention", "有 {count} 张发票待处理。", "{count} invoices need attention.")
QUARTER_INCOMPLETE = rule(
    "close.quarter_incomplete",
    "账套在本季度中途建账，起征点按已录入的销售额 {sales} 判断，请核对。",
    "The book started within this quarter; the threshold was tested on recorded sales of {sales}.",
)
UNVERIFIED_RATE = rule(
    "close.unverified_rate",
    "税率参数 {rate} 未经核实（{source}），请核对。",
    "The parameter {rate} is unverified ({source}).",
)
RATE_MISSING = rule(
    "close.rate_missing",
    "{on} 没有税率参数 {rate} 的依据，步骤“{step}”未自动计提，请手工处理或在账套设置中填写。",
    "There is no parameter {rate} for {on}; the step {step} is left to you, or set the rate in the book's settings.",
)
