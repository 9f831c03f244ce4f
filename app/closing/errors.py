"""What the closing desk refuses, and the findings of its checks: each has a severity and a next action."""

from infra.errors import Conflict, NotFound, RuleViolation, rule


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


class StepNotFound(NotFound):
    """The period has no such step: unknown, not of this taxpayer kind, or not of this month."""

    code = "closing.step_not_found"
    zh = "会计期间 {period} 没有结账步骤 {step}。"
    en = "Period {period} has no step {step}."


class StepWaits(Conflict):
    """Steps before it have something to do that it would read."""

    code = "closing.step_waits"
    zh = "请先执行步骤 {steps}，本步骤要用到它们的结果。"
    en = "Run {steps} first; this step works from what they write."


class StepSkipped(Conflict):
    """The book's settings skip the step, or the law gives no parameter for the day."""

    code = "closing.step_skipped"
    zh = "步骤 {step} 已设为不执行，或没有适用的参数。"
    en = "The step {step} is skipped."


class StepNotGiven(RuleViolation):
    """Amounts are given only for the cases of a step that takes them."""

    code = "closing.amounts_rejected"
    zh = "步骤 {step} 的金额不能保存：{count} 处不符合规则。"
    en = "The amounts of the step {step} break {count} rules."


class OwnStepRejected(RuleViolation):
    """A step of the book's own breaks rules; all of them are in `violations`."""

    code = "closing.own_step_rejected"
    zh = "自定义结转不能保存：{count} 处不符合规则。"
    en = "The step breaks {count} rules."


class OwnStepNotFound(NotFound):
    """The book has no such step of its own."""

    code = "closing.own_step_not_found"
    zh = "账套没有这个自定义结转。"
    en = "The book has no such step of its own."


class OwnStepTaken(Conflict):
    """Another step of the book has this code."""

    code = "closing.own_step_taken"
    zh = "自定义结转编码 {step} 已存在。"
    en = "The code {step} is taken."


class VersionNotFound(NotFound):
    """The period was never closed in this version."""

    code = "statement.version_not_found"
    zh = "会计期间 {period} 没有第 {version} 版报表。"
    en = "Period {period} has no statements of version {version}."


class RoleUnplayed(RuleViolation):
    """A step needs an account of the standard that no active leaf of the book stands for."""

    code = "close.role_missing"
    zh = "账套没有可用的末级科目 {account}（{role}），请新增或启用。"
    en = "The book has no active leaf for account {account} ({role}); add or enable one."


class StepUnbalanced(RuleViolation):
    """The formulas of a book's own step do not come to a balanced voucher."""

    code = "close.step_unbalanced"
    zh = "自定义结转“{step}”借贷不平：借方 {debit}，贷方 {credit}。"
    en = "The step {step} does not balance: debit {debit}, credit {credit}."


class StepAccountUnknown(RuleViolation):
    """A book's own step names an account that is no longer there."""

    code = "close.step_account_unknown"
    zh = "自定义结转“{step}”使用的科目 {account} 不存在。"
    en = "The step {step} uses the account {account}, which does not exist."


STEP_REFUSED = rule(
    "close.step_refused",
    "步骤“{step}”的凭证不能生成：{message}",
    "The voucher of the step {step} is refused: {message}",
)
STEP_UNREVIEWED = rule(
    "close.step_unreviewed",
    "步骤“{step}”的金额由人员填写，凭证须由他人审核：请先执行该步骤，再审核、记账。",
    "People wrote what the step {step} books, so another person reviews it: run the step, then review and post.",
)
CASE_UNKNOWN = rule(
    "closing.case_unknown",
    "该步骤没有可录入金额的项目 {case}，可用：{known}。",
    "The step takes no amounts for {case}; it takes {known}.",
)
FIGURE_UNKNOWN = rule(
    "closing.figure_unknown",
    "项目 {case} 没有金额 {figure}，可用：{known}。",
    "{case} has no {figure}; it has {known}.",
)
STEP_NUMBER_TAKEN = rule(
    "closing.step_number_taken", "序号 {number} 已被步骤“{step}”使用。", "The number {number} is taken by {step}."
)
STEP_TOO_MANY = rule(
    "closing.step_too_many", "自定义结转最多 {limit} 个。", "A book has at most {limit} steps of its own."
)
STEP_TOO_FEW_LINES = rule("closing.step_too_few_lines", "至少需要两行。", "At least two lines are needed.")
STEP_TWO_RESTS = rule("closing.step_two_rests", "只能有一行取差额。", "Only one line can take the rest.")
STEP_REST_FORMULA = rule(
    "closing.step_rest_formula", "取差额的行不能再有公式。", "A line that takes the rest has no formula."
)
STEP_ACCOUNT = rule("closing.step_account", "科目 {account} 不存在。", "There is no account {account}.")
STEP_FORMULA = rule("closing.step_formula", "公式有误：{fault}。", "The formula cannot be read: {fault}.")
STEP_FUNCTION = rule(
    "closing.step_function", "公式不能使用函数 {function}，可用：{known}。", "A formula knows {known}, not {function}."
)
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
LEFT_UNREAD = rule(
    "close.documents_unread",
    "有 {count} 份原始凭证尚未识别，且已没有任务会识别，请重新识别。",
    "{count} documents were not read and no job is going to read them; have them read again.",
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
NUMBERS_GAP = rule(
    "close.numbers_gap",
    "凭证号不连续，缺 {count} 个号，请整理断号。",
    "{count} voucher numbers are missing; renumber the drafts.",
)
ACCOUNT_UNMAPPED = rule(
    "close.account_unmapped",
    "科目 {account} 没有对应会计制度的科目，任何报表都取不到它。",
    "Account {account} stands for no account of the standard, so no statement reads it.",
)
ACCOUNT_REPEATED = rule(
    "close.account_repeated",
    "科目 {account} 在报表 {statement} 重复取数：{lines}。",
    "Account {account} is read more than once by {statement}: {lines}.",
)
ACCOUNT_UNREAD = rule(
    "close.account_unread",
    "科目 {account} 在报表 {statement} 遗漏取数（{lines}）。",
    "Account {account} is not read by {statement} ({lines}).",
)
RESULT_LEFT = rule(
    "close.result_left",
    "结转损益后科目 {account} 仍有余额 {amount}。",
    "Account {account} keeps {amount} after the profit-and-loss transfer.",
)
PROFIT_DIFFERS = rule(
    "close.profit_differs",
    "本年利润 {carried} 与利润表净利润 {profit} 不一致。",
    "Profit for the year is {carried}, the net profit of the income statement {profit}.",
)
CURRENCY_RATE_MISSING = rule(
    "close.currency_rate_missing",
    "{period} 没有 {currency} 的期末汇率，不能调汇。",
    "There is no closing rate of {currency} for {period}.",
)
NEGATIVE_STOCK = rule(
    "close.negative_stock",
    "科目 {account} {good} 数量为负：{quantity}。",
    "Account {account} {good} has a negative quantity of {quantity}.",
)
QUANTITY_ZERO = rule(
    "close.quantity_zero",
    "科目 {account} {good} 数量为零，金额仍有 {amount}。",
    "Account {account} {good} has no quantity left but {amount}.",
)
REVERSE_BALANCE = rule(
    "close.reverse_balance",
    "科目 {account} 余额方向相反：{amount}。",
    "Account {account} has {amount} on the opposite side.",
)
STOCK_MISSING = rule(
    "close.stock_missing",
    "售出 {good} {quantity}，账上没有库存，未结转成本。",
    "{quantity} of {good} were sold with nothing in stock; their cost was not transferred.",
)
COST_ESTIMATED = rule(
    "close.cost_estimated",
    "销售成本 {amount} 按收入的 {ratio} 估算，并非实际成本。",
    "Cost of sales {amount} is estimated at {ratio} of revenue.",
)
ESTIMATE_OPEN = rule(
    "close.estimate_open",
    "以前月份的暂估 {amount} 尚未冲回。",
    "Estimates of {amount} from earlier months were not reversed.",
)
STEP_STALE = rule(
    "close.step_stale",
    "步骤“{step}”执行后数据有变动（{changed}），结账时将补差额。",
    "What the step {step} read has changed since ({changed}); closing will add the difference.",
)
