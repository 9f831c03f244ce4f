"""The expected books balance, and their taxes are those worked out by hand from regulation.md."""

from datetime import datetime
from decimal import Decimal

import pytest

from app.kernel.periods import Period
from app.samples.choices.rules import ACCOUNTS
from app.samples.expected.rules import expect, income_tax, surcharge
from app.samples.service import generate
from app.samples.types import (
    ExpectedBook,
    Item,
    OpeningLine,
    Party,
    SampleBook,
    SampleEntry,
    SampleInvoice,
    SampleLine,
    SampleVoucher,
)

SEPTEMBER = Period(2026, 9)
NOON = datetime.fromisoformat("2026-09-08T12:00:00")
US, THEM = Party("苏州账房商贸有限公司", "91320594MA1MFD7F31"), Party("杭州对方有限公司", "91330106MA1MFD7F31")
D = Decimal


def invoice(number: int, direction: str, star: str, net: str, tax: str, kind: str = "ordinary") -> SampleInvoice:
    line = SampleLine(f"*{star}*样品", "1" * 19, "", "", D(1), D(net), D(net), D("0.01"), D(tax))
    seller, buyer = (US, THEM) if direction == "sale" else (THEM, US)
    return SampleInvoice(direction, kind, f"{number:020d}", "", seller, buyer, NOON, (line,))


def month(taxpayer: str, *invoices: SampleInvoice, period: Period = SEPTEMBER, **more: object) -> ExpectedBook:
    items = [Item("a.xml", "", each) for each in invoices]
    opening = more.get("opening", ())
    vouchers = more.get("vouchers", ())
    assert isinstance(opening, tuple) and isinstance(vouchers, tuple)
    return expect("sbe", taxpayer, "city", period, opening, vouchers, items)


def moved(book: ExpectedBook, step: str) -> dict[str, Decimal]:
    return {
        line.account_code: line.debit - line.credit for each in book.closing if each.step == step for line in each.lines
    }


def test_a_small_scale_quarter_below_the_threshold_pays_only_for_special_invoices() -> None:
    book = month(
        "small_scale",
        invoice(1, "sale", "纺织产品", "200000.00", "2000.00"),
        invoice(2, "sale", "纺织产品", "99999.99", "1000.00", "special"),
    )
    assert moved(book, "vat_small_exempt") == {"222101": D("2000.00"), "530108": D("-2000.00")}
    assert book.vat_due == D("1000.00")
    # 城建 70.00 -> 35.00, 教育 30.00 -> 15.00, 地方 20.00 -> 10.00
    assert moved(book, "surcharges")["540302"] == D("35.00")
    assert book.balances["222101"] == D("-1000.00")
    # profit 299,999.99 + 2,000.00 - 60.00 = 301,939.99; 5% = 15,097.00
    assert moved(book, "cit")["5801"] == D("15097.00")
    assert book.net_profit == D("286842.99")


def test_a_small_scale_quarter_at_the_threshold_pays_for_everything() -> None:
    book = month("small_scale", invoice(1, "sale", "纺织产品", "300000.00", "3000.00"))
    assert moved(book, "vat_small_exempt") == {}
    assert book.vat_due == D("3000.00")
    assert moved(book, "surcharges") == {
        "540302": D("105.00"),
        "540309": D("45.00"),
        "540310": D("30.00"),
        "222112": D("-105.00"),
        "222113": D("-45.00"),
        "222114": D("-30.00"),
    }


def test_a_general_month_transfers_output_less_credited_input() -> None:
    book = month(
        "general",
        invoice(1, "sale", "金属制品", "100000.00", "13000.00", "special"),
        invoice(2, "purchase", "金属制品", "40000.00", "5200.00", "special"),
        invoice(3, "purchase", "餐饮服务", "1000.00", "60.00", "special"),
        invoice(4, "purchase", "办公用品", "500.00", "65.00"),
        invoice(5, "purchase", "旅客运输服务", "100.00", "9.00", "rail"),
        opening=(OpeningLine("22210101", D("1791.00")), OpeningLine("3001", D("-1791.00"))),
    )
    # 13,000.00 - 5,200.00 - 9.00 - 1,791.00 = 6,000.00
    assert moved(book, "vat_transfer") == {"22210104": D("6000.00"), "222102": D("-6000.00")}
    assert book.invoice_turnovers["560204"] == (D("1060.00"), D("0.00"))
    assert book.invoice_turnovers["560202"] == (D("565.00"), D("0.00"))
    assert book.invoice_turnovers["560203"] == (D("100.00"), D("0.00"))
    # 城建 420 -> 210, 教育 180 -> 90, 地方 120 -> 60; profit 100,000 - 1,725 - 360 = 97,915.00, tax 4,895.75
    assert moved(book, "cit") == {"5801": D("4895.75"), "222115": D("-4895.75")}
    assert book.net_profit == D("93019.25")
    assert book.balances["3103"] == D("-93019.25")


def test_input_above_output_stays_as_credit_carried_forward() -> None:
    book = month("general", invoice(1, "purchase", "金属制品", "1000.00", "130.00", "special"))
    assert book.vat_due == 0 and [step.step for step in book.closing] == []
    assert book.balances == {"1405": D("1000.00"), "22210101": D("130.00"), "220201": D("-1130.00")}


def test_surcharges_are_those_of_the_golden_return() -> None:
    due = [surcharge(D("2347.88"), D(rate)) for rate in ("0.07", "0.03", "0.02")]
    assert due == [D("82.17"), D("35.22"), D("23.48")]
    assert surcharge(D("56641.53"), D("0.07")) == D("1982.45")


@pytest.mark.parametrize(
    ("profit", "tax"),
    [
        ("-1.00", "0.00"),
        ("100000.00", "5000.00"),
        ("3000000.00", "150000.00"),
        ("3000000.01", "750000.00"),
    ],
)
def test_income_tax_is_five_percent_up_to_three_million(profit: str, tax: str) -> None:
    assert income_tax(D(profit)) == D(tax)


def test_inside_a_quarter_a_small_scale_book_closes_profit_only() -> None:
    book = month("small_scale", invoice(1, "sale", "纺织产品", "1000.00", "10.00"), period=Period(2026, 8))
    assert [(step.step, step.case) for step in book.closing] == [("pl_carry", "income")]
    assert book.balances["222101"] == D("-10.00")


def test_december_keeps_a_tenth_of_what_exceeds_old_losses() -> None:
    rent = SampleVoucher(
        "rent",
        SEPTEMBER.last_day,
        "x",
        (
            SampleEntry("560205", D("5000.00"), D("0.00")),
            SampleEntry("1002", D("0.00"), D("5000.00")),
        ),
    )
    opening = (
        OpeningLine("1002", D("60000.00")),
        OpeningLine("310401", D("40000.00")),
        OpeningLine("3001", D("-100000.00")),
    )
    sale = invoice(1, "sale", "纺织产品", "105000.00", "0.00")
    book = month("general", sale, period=Period(2026, 12), opening=opening, vouchers=(rent,))
    # profit 100,000.00, tax 5,000.00, net 95,000.00; less the old loss 40,000.00 leaves 55,000.00, a tenth 5,500.00
    assert book.balances["310101"] == D("-5500.00")
    assert book.balances["310401"] == D("-49500.00")
    assert "3103" not in book.balances and "310402" not in book.balances


def test_the_same_number_is_booked_once_and_a_trouble_never() -> None:
    sale = invoice(1, "sale", "纺织产品", "100.00", "1.00")
    void = SampleInvoice("sale", "ordinary", "9" * 20, "", US, THEM, NOON, sale.lines, trouble="void")
    book = month("small_scale", sale, sale, void)
    assert [(item.fate, item.code) for item in book.items] == [
        ("created", ""),
        ("duplicate", ""),
        ("needs_attention", "invoice.void"),
    ]
    assert book.documents == 1 and book.invoice_turnovers["1122"] == (D("101.00"), D("0.00"))


@pytest.fixture(scope="module", params=[Period(2026, 9), Period(2026, 10), Period(2026, 12)], ids=str)
def books(request: pytest.FixtureRequest) -> list[SampleBook]:
    return list(generate(11, 12, 60, request.param))


def test_openings_vouchers_and_closed_books_balance(books: list[SampleBook]) -> None:
    for book in books:
        assert sum(line.amount for line in book.opening) == 0
        for voucher in book.vouchers:
            assert voucher.day in book.start_period
            assert sum(line.debit - line.credit for line in voucher.lines) == 0
        for step in book.expected.closing:
            assert sum(line.debit - line.credit for line in step.lines) == 0
        assert sum(book.expected.balances.values()) == 0


def test_nothing_is_left_on_profit_and_loss_and_nothing_runs_dry(books: list[SampleBook]) -> None:
    for book in books:
        first = "5" if book.standard == "sbe" else "6"
        assert not [code for code in book.expected.balances if code[0] == first]
        for code in ("1001", "1002", "1122", "1405"):
            assert book.expected.balances.get(code, D(0)) >= 0, (book.code, code)


def test_the_balances_follow_from_opening_invoices_vouchers_and_closing(books: list[SampleBook]) -> None:
    for book in books:
        total: dict[str, Decimal] = {}
        moves = [(line.account_code, line.amount) for line in book.opening]
        moves += [(code, debit - credit) for code, (debit, credit) in book.expected.invoice_turnovers.items()]
        moves += [
            (line.account_code, line.debit - line.credit)
            for entry in (*book.vouchers, *book.expected.closing)
            for line in entry.lines
        ]
        for code, amount in moves:
            total[code] = total.get(code, D(0)) + amount
        assert {code: amount for code, amount in total.items() if amount} == book.expected.balances


def test_receivables_and_payables_name_the_other_side(books: list[SampleBook]) -> None:
    for book in books:
        for line in (*book.opening, *(line for voucher in book.vouchers for line in voucher.lines)):
            assert bool(line.counterparty) == (line.account_code in ("1122", "220201"))


def test_every_account_used_is_in_the_table(books: list[SampleBook]) -> None:
    for book in books:
        known = {codes[book.standard == "asbe"] for codes in ACCOUNTS.values()}
        assert set(book.expected.balances) <= known


def test_both_sides_of_the_threshold_and_of_vat_occur() -> None:
    books = list(generate(11, 12, 60, SEPTEMBER))
    small = [book for book in books if book.taxpayer == "small_scale"]
    exempt = [book for book in small if any(step.step == "vat_small_exempt" for step in book.expected.closing)]
    assert 0 < len(exempt) < len(small)
    general = [book for book in books if book.taxpayer == "general"]
    assert {book.expected.vat_due > 0 for book in general} == {True, False}
