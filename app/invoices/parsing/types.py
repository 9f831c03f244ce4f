"""What a file of invoices says: immutable words handed to the register (发票登记), whatever the file's format was.

Invariant: every `ParsedInvoice` has a number, a date and totals with net + tax = gross to the fen; whatever could not
be trusted that far is a `Refused`, and whatever is doubtful but not decisive is a `Problem` beside the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Format = Literal[
    "einvoice_xml",  # 数电票 XML
    "ofd_original_xml",  # OFD family A: original_invoice.xml
    "ofd_xbrl",  # OFD family D: 电子凭证会计数据标准 attachment
    "ofd_einvoice_xml",  # 数电票 XML attached to an OFD
    "ofd_custom_tag",  # OFD family B: tags pointing at the page's text
    "ofd_custom_data",  # OFD family C: DocInfo/CustomDatas
    "xbrl",  # 电子凭证会计数据标准 instance by itself
    "portal_workbook",  # 全量发票查询导出结果
]
Status = Literal["normal", "reversed", "partly_reversed", "void"]

KINDS: Mapping[str, str] = {
    "digital_special": "数电发票（增值税专用发票）",
    "digital_ordinary": "数电发票（普通发票）",
    "digital_paper_special": "数电纸质发票（增值税专用发票）",
    "digital_paper_ordinary": "数电纸质发票（普通发票）",
    "electronic_special": "增值税电子专用发票",
    "electronic_ordinary": "增值税电子普通发票",
    "paper_special": "增值税专用发票",
    "paper_ordinary": "增值税普通发票",
    "paper_roll": "增值税普通发票（卷式）",
    "toll": "道路通行费电子普通发票",
    "rail_ticket": "电子发票（铁路电子客票）",
    "air_itinerary": "电子发票（航空运输电子客票行程单）",
    "vehicle": "机动车销售统一发票",
    "used_vehicle": "二手车销售统一发票",
    "unknown": "票种不明",
}
SPECIAL_KINDS = frozenset({"digital_special", "digital_paper_special", "electronic_special", "paper_special"})
TICKET_KINDS = frozenset({"rail_ticket", "air_itinerary"})  # their faces name no seller's tax id


@dataclass(frozen=True, slots=True)
class Problem:
    """A registered code and the facts it is about (figures, names of parts), in no particular language."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer as printed; `tax_id` is '' where the document gives none (an individual, a ticket)."""

    name: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One line (明细行); a discount line (折扣行) is a line with a negative net and no quantity.

    `tax_rate` is a fraction (0.13), None where the document writes a word (免税, 不征税), kept in `tax_rate_text`.
    """

    name: str
    tax_code: str
    specification: str
    unit: str
    quantity: Decimal | None
    unit_price: Decimal | None
    net: Decimal
    tax_rate: Decimal | None
    tax_rate_text: str
    tax: Decimal


@dataclass(frozen=True, slots=True)
class ParsedInvoice:
    """One invoice (发票). Money in yuan with two decimals; a red invoice (红字发票) has negative totals.

    `code` (发票代码) is '' for digital invoices. `original_code` and `original_number` name the blue invoice that a red
    one reverses. `source_file` is the path inside an archive when there was one.
    """

    kind: str
    format: Format
    number: str
    code: str
    issued_on: date
    seller: Party
    buyer: Party
    net: Decimal
    tax: Decimal
    gross: Decimal
    red: bool
    original_number: str | None
    original_code: str
    special: bool
    status: Status
    lines: tuple[ParsedLine, ...]
    problems: tuple[Problem, ...]
    remark: str
    source_file: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, an entry of an archive or an invoice in a workbook that cannot be trusted, and why."""

    file: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything one file gave: invoices in the file's order, and what was refused."""

    file: str
    items: tuple[ParsedInvoice, ...] = ()
    refused: tuple[Refused, ...] = ()
