"""What the voucher desk refuses, and the rules a voucher can break."""

from infra.errors import Conflict, NotFound, RuleViolation, rule


class VoucherNotFound(NotFound):
    """No such voucher in this book."""

    code = "voucher.not_found"
    zh = "找不到该凭证。"
    en = "No such voucher."


class VoucherRejected(RuleViolation):
    """The voucher breaks rules; `violations` names every one."""

    code = "voucher.rejected"
    zh = "凭证不符合记账规则（{count} 处）。"
    en = "The voucher breaks the rules in {count} places."


class VoucherPosted(Conflict):
    """A posted voucher never changes (财会〔2024〕12号 Art. 21(3)); reverse it instead."""

    code = "voucher.posted_immutable"
    zh = "凭证已记账，不能修改或删除，请用红字冲销。"
    en = "A posted voucher cannot be changed or deleted; reverse it."


class VoucherState(Conflict):
    """The voucher is not in the state this act needs."""

    code = "voucher.wrong_state"
    zh = "凭证状态为 {status}，不能执行此操作。"
    en = "The voucher is {status}; this act does not apply."


class AlreadyReversed(Conflict):
    """A voucher is reversed at most once."""

    code = "voucher.already_reversed"
    zh = "凭证已被冲销。"
    en = "The voucher has been reversed already."


class ReversalFixed(Conflict):
    """A red or difference voucher follows from its original; void it and make it again instead of changing it."""

    code = "voucher.reversal_fixed"
    zh = "红字冲销、差额更正凭证不能修改，可作废后重新生成。"
    en = "A reversal or difference voucher cannot be changed; void it and make it again."


class SourceBooked(Conflict):
    """The source already has a voucher (财会〔2024〕12号 Art. 21(2): no double booking)."""

    code = "voucher.source_booked"
    zh = "该原始凭证已入账，不能重复记账。"
    en = "This source has been booked already."


class ReviewerIsPreparer(Conflict):
    """The book asks for a review by a person who neither drafted the voucher nor changed it last."""

    code = "voucher.reviewer_is_preparer"
    zh = "审核人不能是制单人，也不能是最初制单的人。"
    en = "The reviewer must be neither the preparer nor who drafted the voucher."


class ExternalIdTaken(Conflict):
    """A voucher of the book already carries this external id."""

    code = "external_id.duplicate"
    zh = "外部编号 {external_id} 已存在。"
    en = "The external id {external_id} is already used."


class VoucherNotReviewed(Conflict):
    """A voucher is posted only after its review."""

    code = "voucher.not_reviewed"
    zh = "凭证未审核，不能记账。"
    en = "The voucher has not been reviewed and cannot be posted."


class CashierMissing(Conflict):
    """The book asks for the cashier's signature before cash lines are posted (会计基础工作规范 Art. 51)."""

    code = "voucher.cashier_missing"
    zh = "收付款凭证未经出纳签字，不能记账。"
    en = "The voucher has cash lines and lacks the cashier's signature."


class DuplicateItem(RuleViolation):
    """One bulk request names the same external id, client reference or voucher twice."""

    code = "request.duplicate_item"
    zh = "同一批请求中 {named} 重复。"
    en = "{named} appears more than once in this request."


TOO_FEW_LINES = rule("voucher.too_few_lines", "凭证至少需要两条分录。", "A voucher needs at least two lines.")
TOO_MANY_LINES = rule("voucher.too_many_lines", "凭证分录超过 {limit} 条。", "A voucher has at most {limit} lines.")
UNBALANCED = rule(
    "voucher.unbalanced",
    "借方合计 {debit}，贷方合计 {credit}，差额 {difference}。",
    "Debits {debit}, credits {credit}, difference {difference}.",
)
LINE_SIDES = rule("line.one_side", "分录必须且只能有借方或贷方一方金额。", "A line has exactly one side.")
LINE_SUMMARY = rule("line.summary_missing", "分录缺少摘要。", "The line has no summary.")
ACCOUNT_UNKNOWN = rule("line.account_unknown", "科目 {account} 不存在。", "Account {account} does not exist.")
ACCOUNT_NOT_LEAF = rule("line.account_not_leaf", "科目 {account} 不是末级科目。", "Account {account} is not a leaf.")
ACCOUNT_INACTIVE = rule("line.account_inactive", "科目 {account} 已停用。", "Account {account} is disabled.")
COUNTERPARTY_MISSING = rule(
    "line.counterparty_missing", "科目 {account} 需要往来单位。", "Account {account} requires a counterparty."
)
COUNTERPARTY_FORBIDDEN = rule(
    "line.counterparty_forbidden", "科目 {account} 不核算往来单位。", "Account {account} takes no counterparty."
)
CASH_ITEM_UNKNOWN = rule("line.cash_item_unknown", "现金流量项目 {item} 不存在。", "There is no cash-flow item {item}.")
ITEM_MISSING = rule(
    "line.item_missing",
    "科目 {account} 需要{dimension}核算项目。",
    "Account {account} requires an item of {dimension}.",
)
ITEM_FORBIDDEN = rule(
    "line.item_forbidden", "科目 {account} 不核算{dimension}。", "Account {account} does not keep {dimension}."
)
ITEM_UNKNOWN = rule(
    "line.item_unknown", "{dimension}核算项目 {item} 不存在。", "There is no item {item} of {dimension}."
)
ITEM_INACTIVE = rule(
    "line.item_inactive", "{dimension}核算项目 {item} 已停用。", "The item {item} of {dimension} is disabled."
)
CURRENCY_FORBIDDEN = rule(
    "line.currency_forbidden", "科目 {account} 不核算币种 {currency}。", "Account {account} is not kept in {currency}."
)
FOREIGN_INCOMPLETE = rule(
    "line.foreign_incomplete",
    "外币分录需要原币金额和汇率，本位币分录不得填写。",
    "A line in another currency needs its amount and rate; a line in RMB has neither.",
)
FOREIGN_MISMATCH = rule(
    "line.foreign_mismatch",
    "原币 {foreign} × 汇率 {rate} 应为 {expected}，分录为 {amount}。",
    "{foreign} at {rate} is {expected}, the line says {amount}.",
)
QUANTITY_FORBIDDEN = rule(
    "line.quantity_forbidden", "科目 {account} 不核算数量。", "Account {account} keeps no quantity."
)
QUANTITY_MISMATCH = rule(
    "line.quantity_mismatch",
    "数量 {quantity} × 单价 {price} 应为 {expected}，分录为 {amount}。",
    "{quantity} at {price} is {expected}, the line says {amount}.",
)
SIGN_MISMATCH = rule(
    "line.sign_mismatch",
    "原币、数量的正负应与分录金额一致。",
    "The foreign amount and the quantity have the sign of the line's amount.",
)
