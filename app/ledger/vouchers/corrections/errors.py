"""What a correction refuses."""

from infra.errors import Conflict, rule


class AlreadyCorrected(Conflict):
    """A voucher is corrected once; what is still wrong is corrected in its correction."""

    code = "voucher.already_corrected"
    zh = "凭证已被更正，请更正其更正凭证。"
    en = "The voucher has been corrected already; correct its correction."


class OtherYear(Conflict):
    """Errors of earlier years are booked by a new blue voucher (会计基础工作规范 Art. 51(5))."""

    code = "voucher.correction_other_year"
    zh = "以前年度的凭证错误应另填蓝字更正凭证，不能红字注销或差额更正。"
    en = "An error of an earlier year is corrected by a new voucher, not by a red or difference one."


NOT_AMOUNT_ONLY = rule(
    "line.not_amount_only",
    "差额更正只能改金额：分录的科目、方向、核算项目、币种必须与原凭证一致。",
    "A difference corrects amounts only: account, side, items and currency stay as they were.",
)
NO_DIFFERENCE = rule("voucher.no_difference", "更正后与原凭证没有差额。", "The correction differs in no amount.")
