"""The bureau's upload forms file every row of the statements once, and the forms' own sums come to our totals."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest
import xlrd
from hypothesis import given, settings
from hypothesis import strategies as st
from xlrd.compdoc import CompDoc
from xlrd.formula import FMLA_TYPE_CELL, decompile_formula

from app.standards.errors import ContentError
from app.standards.filing import CYCLES, FilingForm, Place, filing_form, filing_forms, read_forms
from app.standards.loader import CONTENT, load
from app.standards.statements import Facts, evaluate
from app.standards.types import Taxpayer
from tests.content.ledgers import ledgers

SBE = load("sbe")
FILES = sorted((CONTENT / "sbe" / "filing").glob("*.yaml"))
EACH = pytest.mark.parametrize("form", filing_forms().values(), ids=lambda form: form.cycle)
SLIPS = {"生物性生物资产": "生产性生物资产", "资产合计": "资产总计"}
"""Where the bureau's name of a row is not that of the law."""

FORMULA, SHEET = 0x0006, 0x0809
TERM = re.compile(r"([+-]?)([A-Z])([0-9]+)")


def test_small_enterprises_have_a_form_for_every_cycle_and_others_have_none_yet() -> None:
    assert set(filing_forms()) == {("sbe", "2013", cycle) for cycle in CYCLES}
    assert filing_form(load("asbe"), "month") is None


@EACH
def test_every_row_of_every_statement_is_filed_once_in_each_column(form: FilingForm) -> None:
    for sheet in form.sheets:
        rows = [row.key for row in SBE.statements[sheet.statement].rows if row.kind != "heading"]
        filed = Counter((figure.key, figure.column_id) for figure in sheet.figures)
        columns = {column for _, column in filed}
        assert len(columns) == 2
        assert filed == Counter((key, column) for key in rows for column in columns)


@EACH
def test_the_name_before_a_figure_is_the_name_of_the_law(form: FilingForm) -> None:
    for sheet in form.sheets:
        law = {row.key: row.name_zh for row in SBE.statements[sheet.statement].rows}
        lines = {text.place: str(text.text) for text in sheet.texts if text.kind == "line"}
        names = {text.place: str(text.text).strip() for text in sheet.texts if text.kind == "name"}
        for place, key in lines.items():
            name = names[Place(place.row, place.column - 1)]
            assert SLIPS.get(name, name) == law[key]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("name: 货币资金, line: 1}", "name: 货币资金, line: 99}", "names line 99"),
        ("{row: 8, ", "{row: 7, ", "twice"),
        ("{D: closing,", "{D: closed,", "asks for closed"),
        ("statement: cash_flow", "statement: cash", "unknown statement cash"),
        ("H3: company", "H3: phone", "asks for phone"),
        ("{at: B1,", "{at: 1B,", "not a cell"),
        ("kind: title", "kind: poem", "has a poem"),
        ("cycles: [", "cycles: [week, ", "week is none of"),
        ("cycles:", "colour: red\ncycles:", "unknown fields"),
    ],
)
def test_a_broken_form_does_not_load(tmp_path: Path, file: Path, right: str, wrong: str, why: str) -> None:
    text = file.read_text(encoding="utf-8").replace('"货币资金"', "货币资金")
    assert right in text
    broken = tmp_path / file.name
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ContentError, match=why):
        read_forms(broken, SBE)


def own_sums(path: Path) -> Iterator[tuple[int, Place, list[tuple[int, Place]]]]:
    """The sums an official form makes itself: the sheet, the cell, and the cells added to it or taken from it."""
    content = path.read_bytes()
    book = xlrd.open_workbook(file_contents=content)
    records = CompDoc(content).get_named_stream("Workbook")
    place, sheet = 0, -2  # the first substream is the workbook's
    while place + 4 <= len(records):
        kind, length = struct.unpack_from("<HH", records, place)
        record, place = records[place + 4 : place + 4 + length], place + 4 + length
        sheet += kind == SHEET
        if kind == FORMULA:
            row, column = struct.unpack_from("<HH", record)
            (size,) = struct.unpack_from("<H", record, 20)
            text = decompile_formula(book, record[22 : 22 + size], size, FMLA_TYPE_CELL, row, column)
            if text.startswith("ROUND("):
                terms = TERM.findall(text.removeprefix("ROUND(").removesuffix(",2.0)"))
                added = [(-1 if sign == "-" else 1, Place(int(r) - 1, ord(c) - ord("A"))) for sign, c, r in terms]
                yield sheet, Place(row, column), added


@pytest.fixture(scope="module")
def sums(reference: Path) -> dict[str, list[tuple[int, Place, list[tuple[int, Place]]]]]:
    """The official forms' own sums by their kind."""
    kinds = {"month": "月季报", "quarter": "月季报", "year": "年报"}
    name = "templates/财务报表报送与信息采集（小企业会计准则）{}.xls"
    return {cycle: list(own_sums(reference / name.format(kind))) for cycle, kind in kinds.items()}


@EACH
@settings(max_examples=30, deadline=None)
@given(
    leaves=ledgers(SBE, Taxpayer.GENERAL),
    flows=st.dictionaries(
        st.sampled_from(sorted(SBE.cash_items)), st.decimals(D("-1000000.00"), D("1000000.00"), places=2)
    ),
    opening=st.decimals(D("-1000000.00"), D("1000000.00"), places=2),
)
def test_the_sums_the_form_makes_itself_are_our_totals(
    sums: dict[str, list], form: FilingForm, leaves: list, flows: dict[str, D], opening: D
) -> None:
    """The bureau adds up what is uploaded; on any ledger it comes to the totals we file."""
    facts = Facts(leaves, flows, opening)
    cells: list[dict[Place, D | None]] = []
    for sheet in form.sheets:
        made = {cell.key: cell.amount for cell in evaluate(SBE.statements[sheet.statement], facts)}
        cells.append({figure.place: made[figure.key] for figure in sheet.figures})
    assert len(sums[form.cycle]) == 34
    for sheet, total, terms in sums[form.cycle]:
        assert cells[sheet][total] == sum(sign * cells[sheet][place] for sign, place in terms)
