"""XML trees written as nested tuples, and the spelling of figures inside them; every renderer uses this one form."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape

# (tag with its attributes, text or children)
Node = tuple[str, "str | Sequence[Node]"]

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def document(root: Node) -> bytes:
    """A whole XML document in UTF-8."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + element(root)).encode()


def element(node: Node) -> str:
    """One element; an empty text gives an empty element."""
    opening, content = node
    if not content:
        return f"<{opening}/>"
    inner = escape(content, quote=False) if isinstance(content, str) else "".join(map(element, content))
    return f"<{opening}>{inner}</{opening.split(' ', 1)[0]}>"


def archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip whose bytes depend on nothing but its members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in members:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, content)
    return buffer.getvalue()


def figure(value: Decimal | None) -> str:
    """A quantity or price with the decimals it has and no trailing zeros; empty for None."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(rate: Decimal | None) -> str:
    """A rate as an invoice prints it: `13%` or `免税`."""
    return "免税" if rate is None else f"{figure(rate * 100)}%"


def in_words(amount: Decimal) -> str:
    """An amount in capital Chinese numerals: `壹仟壹佰叁拾圆整`, red ones `（负数）伍佰圆整`; below one trillion."""
    whole, cents = divmod(int(abs(amount) * 100), 100)
    jiao, fen = divmod(cents, 10)
    text = _whole_in_words(whole) + "圆" if whole or not cents else ""
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and whole:
        text += "零"
    text += _DIGITS[fen] + "分" if fen else "整"
    return "（负数）" + text if amount < 0 else text


def _whole_in_words(whole: int) -> str:
    if not whole:
        return "零"
    text, pending = "", False
    digits = str(whole)
    for i, digit in enumerate(digits):
        group, place = divmod(len(digits) - 1 - i, 4)
        if digit == "0":
            pending = bool(text)
        else:
            text += ("零" if pending else "") + _DIGITS[int(digit)] + _PLACES[place]
            pending = False
        if place == 0 and group and int(digits[max(0, i - 3) : i + 1]):
            text += _GROUPS[group]
    return text
