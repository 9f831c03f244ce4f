"""Books and invoices for the tests of the register: one ordinary purchase, changed by each test as it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any
from uuid import UUID

from app.books.types import BookRef
from app.invoices.parsing.types import SPECIAL_KINDS, ParsedInvoice, ParsedLine, Party
from app.kernel.periods import Period

OURS = Party("测试商贸有限公司", "91110105MA0000001X")
OTHER = Party("苏州华盛商贸有限公司", "91320594MA1XXXXX12")


def book(**changes: Any) -> BookRef:
    """A general-taxpayer trading company on the small-business standard from 2026-01."""
    values: dict[str, Any] = {
        "id": 7,
        "uid": UUID(int=7),
        "code": "0001",
        "name": OURS.name,
        "tax_id": OURS.tax_id,
        "taxpayer": "general",
        "industry": "trade",
        "location": "city",
        "small_low_profit": True,
        "standard": "sbe",
        "edition": "2013",
        "start_period": Period(2026, 1),
        "settings": {},
        "state": "active",
        "row_version": 1,
    }
    return BookRef(**{**values, **changes})


def line(name: str, net: str, tax: str = "0.00", tax_code: str = "") -> ParsedLine:
    """A line of an invoice."""
    return ParsedLine(
        name=name,
        tax_code=tax_code,
        specification="",
        unit="",
        quantity=None,
        unit_price=None,
        net=D(net),
        tax_rate=None,
        tax_rate_text="",
        tax=D(tax),
    )


def parsed(
    number: str = "26322000000000000001", lines: Sequence[ParsedLine] | None = None, **changes: Any
) -> ParsedInvoice:
    """A special invoice for a purchase of metal goods on 2026-01-15; its totals are those of its lines."""
    listed = tuple(lines if lines is not None else [line("*金属制品*螺丝", "100.00", "13.00", "1080399000000000000")])
    net = sum((one.net for one in listed), D("0.00"))
    tax = sum((one.tax for one in listed), D("0.00"))
    values: dict[str, Any] = {
        "kind": "digital_special",
        "format": "einvoice_xml",
        "number": number,
        "code": "",
        "issued_on": date(2026, 1, 15),
        "seller": OTHER,
        "buyer": OURS,
        "net": net,
        "tax": tax,
        "gross": net + tax,
        "red": net + tax < 0,
        "original_number": None,
        "original_code": "",
        "status": "normal",
        "lines": listed,
        "problems": (),
        "remark": "",
        "source_file": "a.xml",
    }
    values |= changes
    values.setdefault("special", values["kind"] in SPECIAL_KINDS)
    return ParsedInvoice(**values)


def red(blue: ParsedInvoice, number: str) -> ParsedInvoice:
    """The red invoice (红字发票) that takes all of a blue one back."""
    return replace(
        blue,
        number=number,
        original_number=blue.number,
        red=True,
        net=-blue.net,
        tax=-blue.tax,
        gross=-blue.gross,
        lines=tuple(replace(one, net=-one.net, tax=-one.tax) for one in blue.lines),
    )
