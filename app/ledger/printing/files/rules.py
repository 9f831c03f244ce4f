"""Printed forms become PDF by Typst, with the Chinese font of a package embedded.

Invariant: what a user wrote enters as JSON and is never read as markup; every cell has a fixed size and cuts off what
it cannot hold, so a page of the values is a page of the file. No clock is read: the same values give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pylopdf_fonts_zh_cn
import typst

from app.kernel.capitals import capitals
from app.ledger.printing.types import BoundLedger, Cover, Entry, Layout, LedgerPage, PrintLine, Slip, VoucherPage
from app.ledger.reports.types import PERIOD_TOTAL, YEAR_TOTAL

PDF = "application/pdf"
LONGEST = 60
"""Characters of a text that a cell shows."""

LEDGER_TITLES = {
    "general": "总账",
    "subsidiary": "明细账",
    "cash_journal": "现金日记账",
    "bank_journal": "银行存款日记账",
}
_STAMPS = {"posted": "", "void": "作废"}
_UNPOSTED = "未记账"
_SIDES = {"debit": "借", "credit": "贷", "flat": "平"}
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Imprint:
    """Whose books are printed, and on which day."""

    company: str
    printed_on: date


def vouchers_pdf(imprint: Imprint, pages: Sequence[VoucherPage], layout: Layout) -> bytes:
    """Pages of vouchers."""
    sheets = [{"number": page.number, "slips": [_slip(imprint, slip) for slip in page.slips]} for page in pages]
    return _made("vouchers", imprint, {"title": "记账凭证", "layout": layout._asdict(), "pages": sheets})


def covers_pdf(imprint: Imprint, covers: Iterable[Cover], layout: Layout) -> bytes:
    """Covers of volumes of vouchers, each on its own paper of the size of a slip."""
    made = [{"fields": _cover(imprint, cover)} for cover in covers]
    return _made("covers", imprint, {"title": "会计凭证封面", "layout": layout._asdict(), "covers": made})


def ledger_pdf(imprint: Imprint, ledger: BoundLedger) -> bytes:
    """A bound ledger."""
    title = LEDGER_TITLES[ledger.kind]
    content = {
        "title": title,
        "company": _cut(imprint.company),
        "year": str(ledger.year),
        "seal": ledger.seal,
        "cover": _ledger_cover(imprint, ledger),
        "opening": _opening_form(imprint, ledger, title),
        "directory": [[(_cut(e.code), _cut(e.name), str(e.page)) for e in sheet] for sheet in ledger.directory],
        "pages": [_ledger_page(page) for page in ledger.pages],
    }
    return _made("ledger", imprint, content)


def _slip(imprint: Imprint, slip: Slip) -> Mapping[str, Any]:
    voucher, totals = slip.voucher, slip.totals
    foreign = any(line.foreign for line in voucher.lines)
    quantity = any(line.quantity is not None for line in voucher.lines)
    total = totals and {"words": capitals(totals[0]), "debit": _amount(totals[0]), "credit": _amount(totals[1])}
    return {
        "company": _cut(imprint.company),
        "label": slip.label,
        "date": _day(voucher.date),
        "attachments": str(voucher.attachments),
        "stamp": _STAMPS.get(voucher.status, _UNPOSTED),
        "foreign": foreign,
        "quantity": quantity,
        "rows": [_voucher_row(line, foreign=foreign, quantity=quantity) for line in slip.lines],
        "total": total,
        "signatures": [
            ("会计主管", ""),
            ("记账", _cut(voucher.posted_by)),
            ("出纳", _cut(voucher.cashier)),
            ("审核", _cut(voucher.reviewed_by)),
            ("制单", _cut(voucher.prepared_by)),
        ],
    }


def _voucher_row(line: PrintLine, *, foreign: bool, quantity: bool) -> list[str | list[str]]:
    row: list[str | list[str]] = [_cut(line.summary), _cut(f"{line.account} {line.items}".strip())]
    if quantity:
        row.append([_plain(line.quantity), _plain(line.unit_price)])
    if foreign:
        row.append([f"{line.currency} {_amount(line.foreign_amount)}", _plain(line.rate)] if line.foreign else [])
    return [*row, _amount(line.debit or None), _amount(line.credit or None)]


def _cover(imprint: Imprint, cover: Cover) -> list[str]:
    year, month = cover.period.split("-")
    fields = {
        "单位名称": _cut(imprint.company),
        "会计期间": f"{year}年{month}月",
        "凭证字": cover.word,
        "起止号": f"{cover.first} 至 {cover.last}",
        "册数": f"第 {cover.volume} 册　共 {cover.volumes} 册",
        "凭证份数": f"{cover.vouchers} 份",
        "凭证张数": f"{cover.sheets} 张",
        "附单据数": f"{cover.attachments} 张",
    }
    return _flat(fields)


def _ledger_cover(imprint: Imprint, ledger: BoundLedger) -> list[str]:
    fields = {
        "单位名称": _cut(imprint.company),
        "账簿编号": _cut(ledger.number),
        "账页": f"共 {len(ledger.pages)} 页",
        "记账人员": "",
        "会计主管": "",
    }
    return _flat(fields)


def _opening_form(imprint: Imprint, ledger: BoundLedger, title: str) -> list[str]:
    """What Art. 59 wants on the fly-leaf; names and stamps are written by hand."""
    fields = {
        "单位名称": _cut(imprint.company),
        "账簿名称": title,
        "账簿编号": _cut(ledger.number),
        "账簿页数": f"本账簿共计 {len(ledger.pages)} 页",
        "启用日期": _day(ledger.opened_on),
        "册次": "第 1 册　共 1 册",
        "单位负责人": "",
        "会计机构负责人": "",
        "主办会计": "",
        "记账人员": "",
    }
    return _flat(fields)


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [text for pair in fields.items() for text in pair]


def _ledger_page(page: LedgerPage) -> Mapping[str, Any]:
    totals = [place for place, entry in enumerate(page.entries) if entry.kind in {PERIOD_TOTAL, YEAR_TOTAL}]
    return {
        "number": str(page.number),
        "account": _cut(f"{page.code} {page.name}"),
        "rows": [_ledger_row(entry) for entry in page.entries],
        "underlined": totals,
    }


def _ledger_row(entry: Entry) -> list[str]:
    return [
        entry.day.isoformat() if entry.day else entry.period,
        entry.number,
        _cut(entry.summary),
        _cut(entry.counterparty),
        _amount(entry.debit),
        _amount(entry.credit),
        _SIDES[entry.side],
        _amount(entry.balance),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _plain(number: Decimal | None) -> str:
    """A quantity, price or rate without the zeros it is stored with."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(day: date) -> str:
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def _made(form: str, imprint: Imprint, content: Mapping[str, Any]) -> bytes:
    day = imprint.printed_on
    dated = {**content, "printed_on": [day.year, day.month, day.day], "printed_on_text": f"打印日期：{day}"}
    made = typst.compile(
        _template(form),
        font_paths=_fonts(),
        sys_inputs={"content": orjson.dumps(dated).decode()},
        format="pdf",
        timestamp=int(datetime.combine(day, time(), UTC).timestamp()),
        pdf_tags=False,
    )
    assert isinstance(made, bytes)  # noqa: S101  (the type checker's: one PDF is one file)
    return made


@lru_cache(maxsize=3)
def _template(form: str) -> bytes:
    return (_HERE / "common.typ").read_bytes() + (_HERE / f"{form}.typ").read_bytes()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The Noto fonts of the package and no others, so that a file never depends on the machine it was made on."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[pylopdf_fonts_zh_cn.sans_path().parent]
    )
