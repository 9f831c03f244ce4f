"""What is not printed."""

from infra.errors import NotFound, TooLarge


class PrintTooLarge(TooLarge):
    """More than one file may hold: vouchers, their lines, or the lines or pages of a ledger."""

    code = "print.too_large"
    zh = "一次打印超过上限 {limit}，请缩小范围后再打印。"
    en = "More than the {limit} that can be printed at once; narrow the range."


class PrintEmpty(NotFound):
    """Nothing was written in the range."""

    code = "print.empty"
    zh = "所选范围内没有可打印的内容。"
    en = "There is nothing to print in this range."
