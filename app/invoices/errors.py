"""What stands against booking an invoice, and what the register refuses.

Invariant: a problem is a registered code and language-free facts; texts are rendered where somebody reads them.
"""

from __future__ import annotations

from app.invoices.parsing import errors as parsing
from app.invoices.parsing.types import Problem
from infra.errors import Conflict, Message, NotFound, RuleViolation, register

PARSING = frozenset(value.code for value in vars(parsing).values() if isinstance(value, Message))
"""The parsers' codes: doubts about the face of an invoice, which no booking cures."""

NOT_OURS = register(
    "invoice.not_ours",
    "购销双方都不是本账套的单位",
    "neither the seller nor the buyer is the company of this book",
)
SELF = register("invoice.self", "购销双方是同一单位", "seller and buyer are the same company")
VOID = register("invoice.void", "发票已作废，不入账", "the invoice is void and is not booked")
VOIDED_AFTER_BOOKING = register(
    "invoice.voided_after_booking",
    "发票入账后被作废，请处理其凭证",
    "the invoice was voided after it was booked; deal with its voucher",
)
ZERO_TOTAL = register("invoice.zero_total", "发票金额为零，不入账", "the invoice comes to zero and is not booked")
PERIOD_CLOSED = register(
    "invoice.period_closed", "开票月份已结账", "the month of issue is closed; sales belong to no other month"
)
BEFORE_START = register("invoice.before_start", "开票月份早于建账月份", "the invoice was issued before the book starts")
FUTURE = register("invoice.future", "开票月份尚不能录入", "the month of issue may not be entered yet")
PRIOR_YEAR = register(
    "invoice.prior_year", "以前年度的发票在本年入账", "an invoice of an earlier year, booked in this one"
)
NO_COUNTERPARTY = register("invoice.no_counterparty", "缺少对方单位名称", "the other party has no name")
KIND_TO_REVIEW = register(
    "invoice.business_to_review",
    "业务类别依用途而定，请核对科目",
    "the business kind depends on the use; check the account",
)
CONFLICT = register(
    "invoice.conflict",
    "与已登记的同号发票金额或购销方不一致",
    "another copy of this number disagrees about amounts or parties; the first one stays",
)
SOURCE_BOOKED = register(
    "invoice.booked_elsewhere", "已有凭证以此发票为来源", "another voucher already names this invoice as its source"
)
DISMISSED = register("invoice.dismissed", "已决定不入账", "somebody decided not to book it")


class InvoiceNotFound(NotFound):
    """No such invoice in this book."""

    code = "invoice.not_found"
    zh = "找不到该发票。"
    en = "No such invoice."


class InvoiceBooked(Conflict):
    """A voucher stands for the invoice; void or reverse that first."""

    code = "invoice.already_booked"
    zh = "发票已有凭证，请先作废该凭证。"
    en = "The invoice has a voucher; void it first."


class InvoiceNotBookable(RuleViolation):
    """The cause is not cured; `violations` names every one."""

    code = "invoice.not_bookable"
    zh = "发票仍不能入账（{count} 项原因）。"
    en = "The invoice still cannot be booked, for {count} reasons."


class NothingUnread(Conflict):
    """Every document of the book was read, or a job is going to read it."""

    code = "document.none_unread"
    zh = "没有需要重新识别的原始凭证。"
    en = "Every document was read, or is going to be."


def problem(message: Message, detail: str = "") -> Problem:
    """The problem of a registered code, with the facts it is about."""
    return Problem(message.code, detail[:300])
