"""Judging a reading: which invoice it is, whether its figures hold, and what is doubtful about it.

Invariant: number, date, parties and the three totals are sure or the invoice is refused; everything less is a problem.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from app.invoices.parsing import errors, figures, kinds
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.readings import LineReading, Reading
from app.invoices.parsing.types import SPECIAL_KINDS, TICKET_KINDS, ParsedInvoice, ParsedLine, Party, Problem
from app.kernel.money import FEN, ZERO, show
from infra.errors import Message

_DIGITAL = re.compile(r"[0-9]{20}")
_LEGACY = re.compile(r"[0-9]{8}")
_TAX_ID = re.compile(r"[0-9A-Z*]{15,20}")  # * masks the identity number of a natural person
_CODE = re.compile(r"[0-9]{10}|[0-9]{12}")
_ORIGINAL_DIGITAL = re.compile(r"被红冲蓝字(?:数电)?发票号码[:：]?\s*([0-9]{20})")
_ORIGINAL_LEGACY = re.compile(r"代码[:：]?\s*([0-9]{10,12})\W*(?:发票)?号码[:：]?\s*([0-9]{8})(?![0-9])")


def judge(reading: Reading, source_file: str) -> ParsedInvoice:
    """The invoice a reading amounts to, with its problems; raises `Unreadable` when it cannot be trusted."""
    problems = list(reading.problems)
    number, code = _identity(reading, problems)
    issued_on = _issued_on(reading)
    kind = _kind(reading, code, problems)
    net, tax, gross = _totals(reading, problems)
    red = _red(reading, gross)
    seller = Party(figures.name(reading.seller_name), tax_id(reading.seller_tax_id))
    buyer = Party(figures.name(reading.buyer_name), tax_id(reading.buyer_tax_id))
    _parties(kind, seller, buyer, problems)
    remark = figures.clean(reading.remark)[: figures.LONGEST_REMARK]
    original_code, original_number = _original(reading, remark) if red else ("", "")
    return ParsedInvoice(
        kind=kind, format=reading.format, number=number, code=code, issued_on=issued_on, seller=seller, buyer=buyer,
        net=net, tax=tax, gross=gross, red=red, original_number=original_number or None, original_code=original_code,
        special=kind in SPECIAL_KINDS, status=reading.status, lines=_lines(reading, net, tax, problems),
        problems=tuple(dict.fromkeys(problems)), remark=remark, source_file=source_file,
    )  # fmt: skip


def tax_id(text: str) -> str:
    """A tax id without blanks, in capitals; '' when the document gives none or a dash."""
    compact = "".join(figures.name(text).split()).upper()
    return "" if not compact.strip("-*") else compact


def problem(message: Message, detail: str = "") -> Problem:
    """A problem of a registered code."""
    return Problem(message.code, detail[:300])


def _identity(reading: Reading, problems: list[Problem]) -> tuple[str, str]:
    number, code = ("".join(figures.name(text).split()) for text in (reading.number, reading.code))
    number, code = ("" if not text.strip("-") else text for text in (number, code))
    if not number:
        raise Unreadable(errors.NO_NUMBER)
    if _DIGITAL.fullmatch(number):
        code = code if _CODE.fullmatch(code) else ""  # 数电纸质发票 carry both
    elif not (_LEGACY.fullmatch(number) and _CODE.fullmatch(code)):
        raise Unreadable(errors.BAD_NUMBER, f"{code} {number}".strip()[:80])
    other = figures.clean(reading.other_number)
    if _DIGITAL.fullmatch(other) and other != number:
        problems.append(problem(errors.NUMBERS_DISAGREE, f"{number} / {other}"))
    return number, code


def _issued_on(reading: Reading) -> date:
    found = figures.day(reading.issued_on)
    if found is None:
        raise Unreadable(errors.NO_DATE, figures.clean(reading.issued_on)[:40])
    return found


def _kind(reading: Reading, code: str, problems: list[Problem]) -> str:
    kind = reading.kind or kinds.by_code(code)
    if kind is None:
        problems.append(problem(errors.UNKNOWN_KIND, code))
    return kind or "unknown"


def _totals(reading: Reading, problems: list[Problem]) -> tuple[Decimal, Decimal, Decimal]:
    """Net, tax and gross; a missing one is derived from the other two, and the words (大写) confirm or refuse it."""
    stated = _stated(reading.net), _stated(reading.tax), _stated(reading.gross)
    net, tax, gross = stated
    if net is None and tax is not None and gross is not None:
        net = gross - tax
    if tax is None and net is not None and gross is not None:
        tax = gross - net
    if gross is None and net is not None and tax is not None:
        gross = net + tax
    if net is None or tax is None or gross is None:
        raise Unreadable(errors.NO_TOTALS, f"{reading.net!r} {reading.tax!r} {reading.gross!r}"[:120])
    detail = f"{show(net)} + {show(tax)} ≠ {show(gross)}"
    if net + tax != gross:
        raise Unreadable(errors.AMOUNTS_DISAGREE, detail)
    words = figures.in_words(reading.words)
    if words is not None and words != gross:
        if None in stated:
            raise Unreadable(errors.AMOUNTS_DISAGREE, f"{show(net)} + {show(tax)} ≠ {show(words)}")
        problems.append(problem(errors.WORDS_DISAGREE, f"{show(words)} / {show(gross)}"))
    if None in stated and words is None and not (stated[1] is None and tax == 0):
        problems.append(problem(errors.TOTAL_DERIVED, detail.replace("≠", "=")))
    return net, tax, gross


def _stated(text: str) -> Decimal | None:
    """A total as stated: None when blank, zero for the `***` of an exempt invoice (免税)."""
    compact = text.strip().strip("¥￥")
    if not compact:
        return None
    return ZERO if not compact.strip("*＊") else figures.money(text)


def _red(reading: Reading, gross: Decimal) -> bool:
    if reading.red is not None and gross != 0 and reading.red != (gross < 0):
        raise Unreadable(errors.RED_SIGN, show(gross))
    return gross < 0 or bool(reading.red)


def _parties(kind: str, seller: Party, buyer: Party, problems: list[Problem]) -> None:
    if kind not in TICKET_KINDS and not (seller.name or seller.tax_id):
        raise Unreadable(errors.NO_PARTY, "seller 销售方")
    if not (buyer.name or buyer.tax_id):
        if kind in SPECIAL_KINDS:
            raise Unreadable(errors.NO_PARTY, "buyer 购买方")
        problems.append(problem(errors.NO_BUYER))
    for who, party in (("seller 销售方", seller), ("buyer 购买方", buyer)):
        if party.tax_id and not _TAX_ID.fullmatch(party.tax_id):
            problems.append(problem(errors.BAD_TAX_ID, f"{who} {party.tax_id}"))


def _original(reading: Reading, remark: str) -> tuple[str, str]:
    stated = figures.clean(reading.original_number)
    if _DIGITAL.fullmatch(stated):
        return "", stated
    digital = _ORIGINAL_DIGITAL.search(remark)
    if digital:
        return "", digital[1]
    legacy = _ORIGINAL_LEGACY.search(remark)
    return (legacy[1], legacy[2]) if legacy else ("", "")


def _lines(reading: Reading, net: Decimal, tax: Decimal, problems: list[Problem]) -> tuple[ParsedLine, ...]:
    """All lines or none: half a table would be booked as if it were whole."""
    try:
        lines = tuple(_line(line) for line in reading.lines)
    except Unreadable as refusal:
        problems.append(problem(errors.LINE_UNREADABLE, refusal.detail))
        return ()
    if not lines:
        problems.append(problem(errors.NO_LINES))
        return ()
    nets, taxes = sum((line.net for line in lines), ZERO), sum((line.tax for line in lines), ZERO)
    slack = FEN * len(lines)
    if abs(nets - net) > slack or abs(taxes - tax) > slack:
        detail = f"{show(nets)} / {show(net)}, {show(taxes)} / {show(tax)}"
        problems.append(problem(errors.LINES_DISAGREE, detail))
    return lines


def _line(line: LineReading) -> ParsedLine:
    net = _stated(line.net)
    if net is None:
        raise Unreadable(errors.LINE_UNREADABLE, figures.clean(line.name)[:80])
    rate_text = figures.name(line.tax_rate)
    return ParsedLine(
        name=figures.name(line.name), tax_code=figures.name(line.tax_code), unit=figures.name(line.unit),
        specification=figures.name(line.specification), quantity=figures.plain(line.quantity),
        unit_price=figures.plain(line.unit_price), net=net, tax_rate=figures.rate(rate_text), tax_rate_text=rate_text,
        tax=_line_tax(line.tax),
    )  # fmt: skip


def _line_tax(text: str) -> Decimal:
    """A line's tax: blank, `***` and 免税 / 不征税 mean none."""
    return ZERO if figures.clean(text) in ("免税", "不征税", "-", "--") else _stated(text) or ZERO
