"""What the cashier's signature refuses."""

from infra.errors import Conflict


class SignerIsPreparer(Conflict):
    """A cashier keeps no books of income and expense, so the preparer does not sign as the cashier (会计法 Art. 35)."""

    code = "voucher.signer_is_preparer"
    zh = "出纳签字人不能是制单人本人。"
    en = "The cashier who signs must not be the preparer."


class NothingToSign(Conflict):
    """Only vouchers of receipts and payments are signed by the cashier (会计基础工作规范 Art. 51)."""

    code = "voucher.no_cash_lines"
    zh = "凭证没有现金或银行存款分录，无需出纳签字。"
    en = "The voucher has no cash or bank line for a cashier to sign."


class NotSigned(Conflict):
    """There is no signature to take back."""

    code = "voucher.not_signed"
    zh = "凭证没有出纳签字。"
    en = "The voucher carries no cashier's signature."
