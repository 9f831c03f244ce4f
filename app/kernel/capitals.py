"""Amounts in words (人民币大写), as they stand on vouchers, cheques and receipts.

Law: 支付结算办法 附一 (正确填写票据和结算凭证的基本规定) and 会计基础工作规范 Art. 52(3) to (5). Where the rules leave
a 零 to the writer, a run of zeros inside the yuan is one 零, and none stands between 元 and a 角 that is not zero.
Invariant: different amounts have different words, and the words give the amount back.
"""

from __future__ import annotations

from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


def capitals(amount: Decimal) -> str:
    """The words of an amount in yuan of at most two decimals, `负` before a negative one.

    Raises `ValueError` for a fraction of a fen: an amount is never rounded in silence.
    """
    fen = abs(amount) * 100
    if fen != int(fen):
        raise ValueError(f"not an amount to the fen: {amount}")
    yuan, rest = divmod(int(fen), 100)
    sign = "负" if amount < 0 else ""
    whole = f"{_read(yuan)}元" if yuan or not rest else ""
    return f"{sign}{whole}{_small(*divmod(rest, 10), after_yuan=bool(yuan))}"


def _small(jiao: int, fen: int, *, after_yuan: bool) -> str:
    """角 and 分; 整 follows an amount that ends before the fen."""
    tens = f"{_DIGITS[jiao]}角" if jiao else "零" if fen and after_yuan else ""
    return tens + (f"{_DIGITS[fen]}分" if fen else "整")


def _read(number: int) -> str:
    """A whole number in words; what stands before 亿 and 万 is read as a number of its own."""
    if number < 10:
        return _DIGITS[number]
    unit, name = next((unit, name) for unit, name in _UNITS if number >= unit)
    high, low = divmod(number, unit)
    zero = "零" if low and (low < unit // 10 or high % 10 == 0) else ""
    return f"{_read(high)}{name}{zero}{_read(low) if low else ''}"
