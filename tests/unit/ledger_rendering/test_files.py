"""Tables as files: what a user wrote stays data, amounts stay exact, and the same table gives the same bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.ledger.rendering.files.rules import pdf, xlsx
from app.ledger.rendering.types import Table, TableColumn
from tests.unit.ledger_rendering.printed import characters, unpacked

COLUMNS = (TableColumn("科目", "text"), TableColumn("行次", "centre", 3), TableColumn("金额", "amount"))
TABLE = Table(
    "科目余额表",
    "测试有限公司",
    "2026年08月",
    date(2026, 8, 31),
    COLUMNS,
    [["库存现金", 1, D("12.30")], ["合计", None, None]],
)
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "#strong[x]", "$a$", "\\u{1}", "*b* _i_ `c` <l> @ref // c", '"); #panic("')


def cells(table: Table) -> list[list[Any]]:
    """The workbook's rows below its heading."""
    sheet: list[list[Any]] = CalamineWorkbook.from_filelike(BytesIO(xlsx(table))).get_sheet_by_index(0).to_python()
    return sheet[4:]


@pytest.mark.parametrize("make", [xlsx, pdf])
def test_the_same_table_gives_the_same_bytes(make: Any) -> None:
    assert make(TABLE) == make(TABLE)
    assert make(TABLE) != make(replace(TABLE, rows=[["库存现金", 1, D("12.31")]]))


def test_a_workbook_reads_back_as_it_was() -> None:
    assert cells(TABLE) == [["库存现金", 1.0, 12.3], ["合计", "", ""]]


def test_a_text_is_never_a_formula() -> None:
    table = replace(TABLE, company="=cmd()", rows=[[text, None, None] for text in HOSTILE])
    assert [row[0] for row in cells(table)] == list(HOSTILE)
    archive = ZipFile(BytesIO(xlsx(table)))
    assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert b'quotePrefix="1"' in archive.read("xl/styles.xml")


@pytest.mark.parametrize("title", [text for text in HOSTILE if text.startswith(("=", "+", "-", "@"))])
def test_the_title_of_a_column_is_never_a_formula_either(title: str) -> None:
    """A multi-column ledger has an item of a user's for each column."""
    table = replace(TABLE, columns=(TableColumn(title, "text"), *COLUMNS[1:]))
    archive = ZipFile(BytesIO(xlsx(table)))
    formats = re.findall(r"<xf [^>]*>", archive.read("xl/styles.xml").decode().partition("<cellXfs")[2])
    sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    (first,) = re.findall(r'<c r="A4" s="(\d+)"', sheet)
    (second,) = re.findall(r'<c r="B4" s="(\d+)"', sheet)
    assert ("quotePrefix" in formats[int(first)], "quotePrefix" in formats[int(second)]) == (True, False)


@settings(max_examples=60)
@given(st.decimals(D("-9999999999999.99"), D("9999999999999.99"), places=2))
def test_an_amount_in_a_workbook_is_the_amount(amount: D) -> None:
    ((_, _, value), _) = cells(replace(TABLE, rows=[["x", 1, amount], ["y", 1, D("0.01")]]))
    assert D(repr(value)) == amount


def test_an_amount_beyond_what_a_spreadsheet_keeps_is_a_text() -> None:
    assert cells(replace(TABLE, rows=[["x", 1, D("12345678901234567.89")]]))[0][2] == "12345678901234567.89"


def test_a_pdf_carries_its_font_and_gives_its_text_back() -> None:
    file = pdf(TABLE)
    assert file.startswith(b"%PDF-")
    assert b"NotoSansSC" in unpacked(file)
    assert b"/FontFile3" in unpacked(file)
    assert set("科目余额表编制单位测试有限公司库存现金合计制表日期12.30") <= characters(file)


def test_markup_in_a_text_is_printed_as_it_is() -> None:
    file = pdf(replace(TABLE, company="#strong[乙]", rows=[[text, None, None] for text in HOSTILE]))
    assert set("".join(HOSTILE).replace(" ", "")) <= characters(file)


def test_a_long_table_goes_over_pages() -> None:
    file = pdf(replace(TABLE, rows=[["库存现金", number, D("1.00")] for number in range(200)], landscape=True))
    assert unpacked(file).count(b"/Type/Page/") > 3
