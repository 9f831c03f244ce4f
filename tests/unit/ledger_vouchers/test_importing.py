"""Vouchers out of workbooks: by header, by group, with the text the API takes, whatever the cells hold."""

from __future__ import annotations

import json
import random
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.vouchers.importing import rules
from app.ledger.vouchers.importing.files.rules import blank
from app.ledger.vouchers.importing.reading.rules import said
from app.ledger.vouchers.importing.reading.service import read
from app.ledger.vouchers.importing.reading.types import Table
from app.ledger.vouchers.importing.types import Group
from infra.clock import system_clock
from infra.errors import Violation
from infra.sandbox import wire
from tests.unit.ledger_vouchers.sheets import HEADERS, workbook

DIMENSIONS = {"客户": "customer", "门店": "shop"}
SALE = [
    (date(2026, 1, 5), "记", 7, "销售", 1122, 113, None),
    (None, None, None, None, 5001, None, 100.0),
    (None, None, None, "销项税额", "22210107", None, "13.00"),
]


def groups(content: bytes) -> list[Group]:
    """The vouchers of a workbook."""
    table = wire.unpack(Table, read(content, json.dumps(DIMENSIONS)))
    assert table.fields and table.repeated == ()
    return rules.groups(table)


def test_rows_of_one_number_are_one_voucher_and_blanks_go_on_from_above() -> None:
    paid = (date(2026, 1, 6), "记", 8, "办公费", 560203, 50, None), (None, None, None, None, 1002, None, 50)
    first, second = groups(workbook([*SALE, *paid], above=("凭证清单", "编制单位：甲公司")))
    assert (first.named, first.rows, first.broken) == ("记-7", (4, 5, 6), ())
    assert first.asked == {
        "date": "2026-01-05",
        "word": "记",
        "lines": [
            {"account_code": "1122", "summary": "销售", "debit": "113.00"},
            {"account_code": "5001", "summary": "销售", "credit": "100.00"},
            {"account_code": "22210107", "summary": "销项税额", "credit": "13.00"},
        ],
    }
    assert (second.named, second.rows) == ("记-8", (7, 8))


@given(st.randoms(use_true_random=False))
def test_columns_are_found_by_their_headers_wherever_they_stand(lots: random.Random) -> None:
    order = list(range(len(HEADERS)))
    lots.shuffle(order)
    shuffled = workbook([[row[place] for place in order] for row in SALE], [HEADERS[place] for place in order])
    assert groups(shuffled) == groups(workbook(SALE))


@given(st.integers(-(10**12), 10**12).filter(bool))
def test_an_amount_comes_out_to_the_fen_whether_it_was_a_number_or_a_text(fen: int) -> None:
    sign, whole = "-" if fen < 0 else "", f"{abs(fen) // 100}.{abs(fen) % 100:02d}"
    grouped = f"{sign}￥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
    rows = [(date(2026, 1, 5), "记", 1, "x", "1001", cell, None) for cell in (fen / 100, f"{sign}{whole}", grouped)]
    (found,) = groups(workbook(rows))
    assert {line["debit"] for line in found.asked["lines"]} == {f"{sign}{whole}"}


def test_a_third_decimal_and_a_word_stay_as_they_are_to_be_refused() -> None:
    rows = [
        (date(2026, 1, 5), "记", 1, "x", "1001", cell, None) for cell in (1.005, "0.001", "壹元", "=", "#REF!", True)
    ]
    (found,) = groups(workbook(rows))
    assert [line["debit"] for line in found.asked["lines"]] == ["1.005", "0.001", "壹元", "=", "#REF!", "True"]


def test_dates_are_read_as_they_are_written_and_others_named() -> None:
    days = [date(2026, 1, 5), "2026-1-5", "2026/01/05", "2026年1月5日", "20260105"]
    rows = [(day, "记", number, "x", "1001", 1, None) for number, day in enumerate([*days, "五号", None], 1)]
    found = groups(workbook(rows))
    assert {group.asked["date"] for group in found[:5]} == {"2026-01-05"}
    assert found[5].broken == (Violation("import.no_date", "/rows/7/date"),)
    assert found[6].asked["date"] == "五号"


def test_dimensions_currency_and_quantity_have_columns_of_their_own() -> None:
    headers = (*HEADERS, "客户", "门店", "币种", "原币金额", "汇率", "数量", "单价", "附单据数", "备注", "别的")
    row = (
        date(2026, 1, 5),
        "",
        1,
        "x",
        "1122",
        710,
        None,
        "甲公司",
        "一店",
        "USD",
        100,
        7.1,
        3,
        33.33333333,
        2,
        "n",
        "!",
    )
    rmb = (None, None, None, "x", "5001", None, 710, None, None, "人民币", 710, 1, None, None, None, None, None)
    (found,) = groups(workbook([row, rmb], headers))
    first, second = found.asked["lines"]
    assert first["items"] == {"customer": "甲公司", "shop": "一店"}
    assert [first[name] for name in ("currency", "foreign_amount", "rate", "quantity", "unit_price")] == [
        "USD", "100.00", "7.1", "3", "33.33333333",
    ]  # fmt: skip
    assert second == {"account_code": "5001", "summary": "x", "credit": "710.00", "currency": "CNY"}
    assert (found.asked["attachments"], found.asked["note"], "word" in found.asked) == (2, "n", False)


def test_a_header_twice_is_named_and_a_sheet_without_headers_is_none() -> None:
    twice = wire.unpack(Table, read(workbook(SALE, (*HEADERS, "借方金额")), "{}"))
    assert (twice.repeated, twice.rows) == (("借方金额",), ())
    assert wire.unpack(Table, read(workbook([], ("日期", "摘要", "借方")), "{}")) == Table()


cells = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.dates())


@given(st.lists(st.lists(cells, min_size=7, max_size=7), max_size=8))
def test_any_cells_become_texts_and_every_row_lands_in_one_voucher(rows: list[list[Any]]) -> None:
    fields = ("date", "word", "number", "summary", "account_code", "debit", "credit")
    found = rules.groups(Table(fields, (), tuple(said(rows, 2, dict(enumerate(fields))))))
    landed = sorted(row for group in found for row in group.rows)
    assert landed == sorted(set(landed))
    for group in found:
        assert len(group.asked["lines"]) == len(group.rows)
        assert all(isinstance(value, str) for line in group.asked["lines"] for value in line.values())


def test_a_violation_points_at_the_row_of_the_workbook() -> None:
    there = rules.located(Violation("x", "/lines/1/debit"), (7, 9))
    assert (there.path, rules.located(Violation("x", "/date"), (7, 9)).path) == ("/rows/9/debit", "/rows/7/date")


def test_the_empty_workbook_is_one_that_is_read() -> None:
    assert groups(blank(system_clock())) == []
