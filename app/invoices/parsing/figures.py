"""Figures, dates and words as documents write them, read strictly and never through a float.

Invariant: a text that is not exactly an amount of fen is refused, not rounded; digits are ASCII after normalisation.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from app.invoices.parsing import errors
from app.invoices.parsing.errors import Unreadable
from app.kernel.money import FEN, ZERO, fen
from infra.hostile.texts import clean as clean

_MONEY = re.compile(r"([-+]?)(?:CNY)?¥?([-+]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]{0,30})?元?")
_PLAIN = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{1,30})?")
_DATE = re.compile(r"([12][0-9]{3})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})(?:[^0-9].*)?", re.DOTALL)
_DATE_RUN = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})(?:[0-9]{4,9})?")
MOST_DIGITS = 16
LONGEST_NAME = 500
LONGEST_REMARK = 2000


def name(text: str | None) -> str:
    """A short text (名称, 识别号, 规格); raises `Unreadable` when it is unreasonably long."""
    short = clean(text)
    if len(short) > LONGEST_NAME:
        raise Unreadable(errors.TEXT_TOO_LONG, f"{short[:40]}… ({len(short)})")
    return short


def money(text: str) -> Decimal:
    """An amount of money in yuan; raises `Unreadable` unless it is a whole number of fen of at most 16 digits."""
    compact = "".join(unicodedata.normalize("NFKC", text[:80]).split())
    match = _MONEY.fullmatch(compact) if len(text) <= 80 else None
    if match is None or (match[1] and match[2]):
        raise Unreadable(errors.BAD_AMOUNT, clean(text)[:60])
    whole = match[3].replace(",", "")
    exact = Decimal(f"{match[1]}{match[2]}{whole}{match[4] or ''}")
    if len(whole.lstrip("0")) > MOST_DIGITS or (amount := fen(exact)) != exact:
        raise Unreadable(errors.BAD_AMOUNT, clean(text)[:60])
    return amount


def money_text(value: float) -> str:
    """The text of a workbook's binary number: its nearest fen when only binary dust separates them, else as it is."""
    exact = Decimal(repr(value))
    if not exact.is_finite() or abs(exact) >= Decimal(10) ** MOST_DIGITS:
        return repr(value)
    nearest = fen(exact)
    return f"{nearest:f}" if abs(exact - nearest) <= FEN / 10000 else f"{exact:f}"


def plain(text: str) -> Decimal | None:
    """A quantity or unit price (数量, 单价), None when the text is blank or not one plain number."""
    compact = unicodedata.normalize("NFKC", text[:80]).strip().replace(",", "")
    return Decimal(compact) if _PLAIN.fullmatch(compact) else None


def rate(text: str) -> Decimal | None:
    """A tax rate as a fraction from `0.130000`, `0.06`, `6%` or `13`; None for a word (免税, 不征税, ***)."""
    compact = "".join(unicodedata.normalize("NFKC", text[:80]).split())
    percent = compact.endswith("%")
    value = plain(compact.rstrip("%"))
    if value is None or value < 0:
        return None
    if percent or value >= 1:
        value = value / 100
    return value.normalize() + 0 if value < 1 else None


def day(text: str) -> date | None:
    """A date of issue from `2024年05月28日`, `2026-10-08 09:30:00`, `2026/10/8` or `20261008`, else None."""
    compact = unicodedata.normalize("NFKC", text[:40]).strip()
    compact = re.sub(r"\s*([年月日])\s*", r"\1", compact)
    match = _DATE.fullmatch(compact) or _DATE_RUN.fullmatch(compact)
    if match is None:
        return None
    try:
        found = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return found if 1994 <= found.year <= 2099 else None  # the VAT invoice exists since 1994


_SPELT = ("零〇", "壹一", "贰二貳", "叁三參", "肆四", "伍五", "陆六陸", "柒七", "捌八", "玖九")
_DIGITS = {character: digit for digit, spellings in enumerate(_SPELT) for character in spellings}
_UNITS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_FRACTION = re.compile(r"零?(?:(.)角)?零?(?:(.)分)?")


def in_words(text: str) -> Decimal | None:
    """The amount that capital characters spell (大写金额: 肆仟肆佰肆拾玖圆整), None when they spell none."""
    body = re.sub(r"[\sⓧⓍ⊗×整正]|人民币", "", text[:80])
    negative = body.startswith(("负", "（负", "(负"))
    body = re.sub(r"^[（(]?负数?[）)]?", "", body).replace("元", "圆")
    whole, mark, rest = body.rpartition("圆")
    yuan = _whole_in_words(whole) if mark else 0
    fraction = _FRACTION.fullmatch(rest)
    if not body or yuan is None or fraction is None or not (mark or rest):
        return None
    tenths, hundredths = (_DIGITS.get(part) if part else 0 for part in fraction.groups())
    if tenths is None or hundredths is None:
        return None
    amount = Decimal(yuan) + Decimal(tenths * 10 + hundredths) * FEN + ZERO
    return -amount if negative else amount


def _whole_in_words(text: str) -> int | None:
    total = section = digit = 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section, digit = section + (digit or 1) * _UNITS[character], 0
        elif character == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif character in "亿億":
            total, section, digit = (total + section + digit) * 100_000_000, 0, 0
        else:
            return None
    return total + section + digit if text else None
