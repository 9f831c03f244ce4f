"""Printed PDFs: a page of the values is a page of the file, whatever the texts, and it says what the values say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.capitals import capitals
from app.kernel.money import ZERO
from app.ledger.printing.bound.rules import directory, ledger_pages
from app.ledger.printing.files.rules import LEDGER_TITLES, LONGEST, Imprint, covers_pdf, ledger_pdf, vouchers_pdf
from app.ledger.printing.slips.rules import covers, voucher_pages
from app.ledger.printing.types import (
    LAYOUTS,
    LEDGER_KINDS,
    AccountEntries,
    BoundLedger,
    Entry,
    Layout,
    PrintLine,
    PrintVoucher,
)
from app.ledger.reports.types import LINE
from tests.unit.ledger_printing.drawn import HOSTILE, LONG, TEXTS, accounts, vouchers
from tests.unit.ledger_printing.reading import runs, sizes, texts

IMPRINT = Imprint("测试有限公司", date(2026, 2, 1))
IMPRINTS = TEXTS.map(lambda name: Imprint(name, date(2026, 2, 1)))
PAPERS = {"a4_two": (210, 297), "a4_three": (210, 297), "a5": (210, 148), "form_240x140": (240, 140)}
EACH_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
STRANGE = (*HOSTILE, *LONG)
PRINTED = settings(max_examples=12, deadline=None)


def bound(found: list[AccountEntries], kind: str = "subsidiary", seal: str = "") -> BoundLedger:
    """A ledger of 2026 of these accounts."""
    pages = ledger_pages(found)
    return BoundLedger(kind, "B1-2026", 2026, date(2026, 1, 1), directory(pages), pages, seal)


def amount(value: D) -> str:
    """An amount as it is printed."""
    return f"{value:,.2f}"


@PRINTED
@given(IMPRINTS, vouchers(), st.sampled_from(list(LAYOUTS)))
def test_a_page_of_slips_is_a_page_of_paper(imprint: Imprint, drawn: list[PrintVoucher], name: str) -> None:
    pages = voucher_pages(drawn, LAYOUTS[name])
    file = vouchers_pdf(imprint, pages, LAYOUTS[name])
    assert sizes(file) == [PAPERS[name]] * max(1, len(pages))
    for page, text in zip(pages, texts(file), strict=bool(pages)):
        assert text.startswith(f"{page.number}/{len(pages)}记账凭证")
        rest = text
        for slip in page.slips:  # in this order, each with what belongs to it
            _, found, rest = rest.partition(f"凭证号：{slip.label} ")
            assert found
            for line in slip.lines:
                _, found, rest = rest.partition(amount(line.debit or line.credit))
                assert found
            end = f"：{capitals(slip.totals[0])}{amount(slip.totals[0])}" if slip.totals else "接下页"
            _, found, rest = rest.partition(end)
            assert found


@EACH_LAYOUT
def test_each_slip_lies_on_its_own_part_of_the_paper(layout: Layout) -> None:
    line = PrintLine("摘要", "1002 银行存款", "", D("-1.00"), ZERO)
    many = [
        PrintVoucher("2026-01", date(2026, 1, 5), "记", n, "draft", 2, [line] * layout.lines)
        for n in range(layout.slips)
    ]
    (page,) = runs(vouchers_pdf(IMPRINT, voucher_pages(many, layout), layout))
    height = layout.height / layout.slips
    for word in ("记账凭证", "未记账", "凭证号：", "合计（人民币大写）：", "制单："):
        found = [run.down for run in page if run.text.startswith(word)]
        assert [int(down // height) for down in found] == list(range(layout.slips)), word
    rows = sorted({run.down for run in page if run.text == "-1.00"})
    assert len(rows) == layout.lines * layout.slips


@EACH_LAYOUT
def test_hostile_texts_are_printed_as_they_are_and_push_nothing_off_its_page(layout: Layout) -> None:
    lines = [PrintLine(text, f"1002 {text}", text, D("1.00"), ZERO) for text in STRANGE for _ in range(layout.lines)]
    hostile = PrintVoucher("2026-01", date(2026, 1, 5), "记", 1, "draft", 1, lines, *LONG, *HOSTILE[:2])
    pages = voucher_pages([hostile], layout)
    file = vouchers_pdf(Imprint(LONG[1], IMPRINT.printed_on), pages, layout)
    printed = texts(file)
    assert len(printed) == len(pages) == -(-len(STRANGE) // layout.slips)
    whole = "".join(printed)
    for text in STRANGE:
        shown = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        assert whole.count(shown) >= layout.lines


def test_a_slip_says_what_a_voucher_must_say() -> None:
    """会计基础工作规范 Art. 51: date, number, summary, account, amount, attachments, the names."""
    lines = [
        PrintLine("收款", "1002 银行存款", "", D("713.00"), ZERO, "USD", D("7.13000000"), D("100.00")),
        PrintLine("收款", "1122 应收账款", "甲公司、东区", ZERO, D("713.00")),
        PrintLine("入库", "1405 库存商品", "", ZERO, ZERO, quantity=D("3.500000"), unit_price=D("12.00000000")),
    ]
    paid = PrintVoucher("2026-01", date(2026, 1, 5), "收", 7, "posted", 3, lines, "张三", "李四", "王五", "赵六")
    (text,) = texts(vouchers_pdf(IMPRINT, voucher_pages([paid], LAYOUTS["a5"]), LAYOUTS["a5"]))
    for said in (
        "1/1记账凭证单位：测试有限公司2026年01月05日凭证号：收-7 附单据 3 张",
        "数量／单价原币金额／汇率",
        "收款1002 银行存款USD 100.007.13713.00",
        "1122 应收账款 甲公司、东区713.00",
        "3.512",
        "合计（人民币大写）：柒佰壹拾叁元整713.00713.00",
        "记账：王五出纳：赵六审核：李四制单：张三",
    ):
        assert said in text


def test_columns_that_no_line_needs_are_not_printed() -> None:
    plain = PrintVoucher(
        "2026-01", date(2026, 1, 5), "记", 1, "posted", 0, [PrintLine("x", "1002", "", D("1.00"), ZERO)]
    )
    (text,) = texts(vouchers_pdf(IMPRINT, voucher_pages([plain], LAYOUTS["a5"]), LAYOUTS["a5"]))
    assert "数量" not in text and "原币" not in text


@pytest.mark.parametrize(
    ("status", "stamp"), [("draft", "未记账"), ("reviewed", "未记账"), ("posted", ""), ("void", "作废")]
)
def test_a_voucher_that_is_not_posted_says_so_in_red(status: str, stamp: str) -> None:
    line = PrintLine("红字冲销", "1002 银行存款", "", D("-113.00"), ZERO)
    red = PrintVoucher("2026-01", date(2026, 1, 5), "记", 1, status, 0, [line])
    (page,) = runs(vouchers_pdf(IMPRINT, voucher_pages([red], LAYOUTS["a5"]), LAYOUTS["a5"]))
    found = [run.text for run in page if run.red]
    assert found == [text for text in (stamp, "-113.00", "-113.00") if text]
    assert ("0.00", False) in [run[:2] for run in page]
    assert "负壹佰壹拾叁元整" in "".join(run.text for run in page)


@EACH_LAYOUT
def test_each_volume_has_a_cover_of_the_size_of_a_slip(layout: Layout) -> None:
    line = PrintLine("摘要", "1002", "", D("1.00"), ZERO)
    many = [PrintVoucher("2026-01", date(2026, 1, 5), "记", n, "posted", 2, [line] * 9) for n in range(1, 8)]
    file = covers_pdf(IMPRINT, covers(many, layout, 5), layout)
    assert sizes(file) == [pytest.approx((layout.width, layout.height / layout.slips), abs=1)] * 2
    first, second = texts(file)
    assert "单位名称测试有限公司会计期间2026年01月凭证字记起止号记-1 至 记-5" in first
    assert "册数第 1 册　共 2 册凭证份数5 份凭证张数10 张附单据数10 张" in first
    assert "起止号记-6 至 记-7册数第 2 册　共 2 册凭证份数2 份" in second


@PRINTED
@given(IMPRINTS, accounts(most=8), st.sampled_from(LEDGER_KINDS))
def test_a_bound_ledger_is_as_long_as_it_says(imprint: Imprint, found: list[AccountEntries], kind: str) -> None:
    ledger = bound(found, kind)
    file = ledger_pdf(imprint, ledger)
    assert sizes(file) == [(297, 210)] * ledger.sheets
    cover, form, *rest = texts(file)
    assert cover.startswith(f"{LEDGER_TITLES[kind]}2026 年度单位名称")
    assert f"账簿页数本账簿共计 {len(ledger.pages)} 页启用日期2026年01月01日" in form
    sheets, pages = rest[: len(ledger.directory)], rest[len(ledger.directory) :]
    for page, text in zip(ledger.pages, pages, strict=True):
        assert f"第 {page.number} 页　共 {len(ledger.pages)} 页科目：{page.code} {page.name}" in text
        assert [text.count(word) for word in ("承前页", "过次页")] == [
            sum(entry.summary == word for entry in page.entries) for word in ("承前页", "过次页")
        ]
    for entry in (entry for sheet in ledger.directory for entry in sheet):
        assert f"{entry.code}{entry.name}{entry.page}" in "".join(sheets)
        assert f"科目：{entry.code} {entry.name}" in pages[entry.page - 1]


def test_a_ledger_of_hostile_accounts_keeps_its_pages() -> None:
    lines = [
        Entry(
            LINE, "2026-01", date(2026, 1, 5), "记-1", text, text, D("-1.00"), None, "debit", D("12345678901234567.89")
        )
        for text in STRANGE
    ]
    ledger = bound([AccountEntries(f"10{n:02d}", text, (ZERO, ZERO), lines * 9) for n, text in enumerate(STRANGE)])
    file = ledger_pdf(Imprint(LONG[1], IMPRINT.printed_on), ledger)
    pages = runs(file)
    assert len(pages) == ledger.sheets
    written = [entry for page in ledger.pages for entry in page.entries]
    red = sum(entry.debit is not None and entry.debit < 0 for entry in written)
    assert sum(run.red and run.text.startswith("-") for page in pages for run in page) == red >= 9 * len(STRANGE) ** 2


def test_the_opening_form_has_what_the_rules_want_and_the_seal() -> None:
    """会计基础工作规范 Art. 59: pages, date of opening, the people, their hand-over."""
    line = Entry(LINE, "2026-01", date(2026, 1, 5), "记-1", "x", "", D("1.00"), None, "debit", D("1.00"))
    ledger = bound([AccountEntries("1001", "库存现金", (ZERO, ZERO), [line])], "cash_journal", "ab" * 32)
    form = texts(ledger_pdf(IMPRINT, ledger))[1]
    for said in (
        "账簿启用及经管人员一览表单位名称测试有限公司账簿名称现金日记账账簿编号B1-2026",
        "会计机构负责人",
        "记账人员",
    ):
        assert said in form
    for said in ("移交日期", "接办人签章", "监交人签章", "单位公章", "ab" * 32):
        assert said in form


MAKERS: dict[str, Callable[[Imprint], bytes]] = {
    "vouchers": lambda imprint: vouchers_pdf(imprint, [], LAYOUTS["a5"]),
    "covers": lambda imprint: covers_pdf(imprint, [], LAYOUTS["a5"]),
    "ledger": lambda imprint: ledger_pdf(imprint, bound([])),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_same_values_give_the_same_bytes(make: Callable[[Imprint], bytes]) -> None:
    assert make(IMPRINT) == make(IMPRINT)
    assert make(IMPRINT) != make(replace(IMPRINT, printed_on=date(2026, 2, 2)))
