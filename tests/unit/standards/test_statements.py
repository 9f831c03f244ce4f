"""Evaluation over a handful of facts whose figures can be checked by eye."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from app.standards.formula import parse
from app.standards.loader import accounts_for, load
from app.standards.statements import Cell, Fact, Facts, Reclass, check, evaluate
from app.standards.types import Taxpayer

D = Decimal
ZERO = D("0.00")


def closing(code: str, amount: str, dim: int = 0) -> Fact:
    return Fact(code, dim, D(amount), ZERO, ZERO)


def cell(cells: list[Cell], key: str) -> Decimal | None:
    return next(found.amount for found in cells if found.key == key)


def sheet(standard: str, *facts: Fact, reclass: Reclass = "detail") -> list[Cell]:
    return evaluate(load(standard).statements["balance_sheet"], Facts(facts), reclass)


def test_a_customer_in_credit_is_an_advance_by_detail_and_is_netted_by_account() -> None:
    facts = (closing("1122", "300.00", dim=1), closing("1122", "-100.00", dim=2))
    by_detail, by_account = sheet("sbe", *facts), sheet("sbe", *facts, reclass="account")
    assert (cell(by_detail, "4"), cell(by_detail, "34")) == (D("300.00"), D("100.00"))
    assert (cell(by_account, "4"), cell(by_account, "34")) == (D("200.00"), ZERO)


def test_an_account_named_in_a_formula_covers_everything_under_it() -> None:
    cells = sheet("sbe", closing("101206", "5.00"), closing("1001", "1.00"), closing("22210107", "-13.00"))
    assert cell(cells, "1") == D("6.00")
    assert cell(cells, "36") == D("13.00")


def test_the_small_standard_shows_overpaid_tax_negative_and_the_general_one_among_current_assets() -> None:
    facts = (closing("22210101", "130.00"), closing("22210107", "-30.00"), closing("222115", "-25.00"))
    assert cell(sheet("sbe", *facts), "36") == D("-75.00")
    assert cell(sheet("asbe", *facts), "taxes_payable") == D("25.00")
    assert cell(sheet("asbe", *facts), "other_current_assets") == D("100.00")


def test_an_allowance_without_a_detail_of_its_own_is_taken_from_accounts_receivable() -> None:
    cells = sheet("asbe", closing("1122", "100.00"), closing("1231", "-5.00"), closing("1221", "50.00"))
    assert cell(cells, "accounts_receivable") == D("95.00")
    cells = sheet("asbe", closing("1122", "100.00"), closing("123104", "-5.00"), closing("1221", "50.00"))
    assert cell(cells, "accounts_receivable") == D("100.00")
    assert cell(cells, "other_receivables") == D("45.00")


def test_the_income_statement_leaves_profit_and_loss_transfers_out() -> None:
    sold = Fact("5001", 0, ZERO, D("1000.00"), D("1000.00"), transfer_debit=D("1000.00"))
    spent = Fact("560202", 0, ZERO, D("80.00"), D("80.00"), transfer_credit=D("80.00"))
    cells = evaluate(load("sbe").statements["income_statement"], Facts([sold, spent]))
    assert (cell(cells, "1"), cell(cells, "14"), cell(cells, "32")) == (D("1000.00"), D("80.00"), D("920.00"))


def test_a_cash_outflow_is_shown_positive_and_a_refund_from_a_supplier_lessens_it() -> None:
    facts = Facts([], {"1": D("500.00"), "3": D("-200.00") + D("30.00")}, D("10.00"))
    cells = evaluate(load("sbe").statements["cash_flow"], facts)
    assert (cell(cells, "3"), cell(cells, "7"), cell(cells, "22")) == (D("170.00"), D("330.00"), D("340.00"))


def test_a_heading_has_no_amount_and_a_row_without_facts_reads_zero() -> None:
    cells = sheet("sbe")
    assert {found.kind for found in cells if found.amount is None} == {"heading"}
    assert {found.amount for found in cells if found.amount is not None} == {ZERO}


def test_a_cell_says_which_accounts_it_reads() -> None:
    receivable = next(found for found in sheet("sbe") if found.key == "4")
    assert receivable.codes == ("1122", "2203")
    assert receivable.formula == "dr_side(1122) + dr_side(2203)"


def test_closing_cash_is_checked_against_the_balance_sheet_of_the_same_column() -> None:
    forms = load("sbe").statements
    money = [closing("1002", "340.00"), closing("3001", "-340.00")]
    cells = evaluate(forms["cash_flow"], Facts([], {"15": D("340.00")}))
    others = {"balance_sheet": evaluate(forms["balance_sheet"], Facts(money))}
    assert all(result.ok for result in check(forms["cash_flow"], cells, others))
    short = evaluate(forms["cash_flow"], Facts([], {"15": D("339.99")}))
    failed = [result for result in check(forms["cash_flow"], short, others) if not result.ok]
    assert [(result.code, result.left, result.right) for result in failed] == [
        ("cash_flow.22=balance_sheet.1", D("339.99"), D("340.00"))
    ]


def test_an_unbalanced_ledger_fails_the_balance_check_with_both_figures() -> None:
    form = load("sbe").statements["balance_sheet"]
    failed = [result for result in check(form, sheet("sbe", closing("1002", "1.00"))) if not result.ok]
    assert [(result.code, result.left, result.right, result.severity) for result in failed] == [
        ("balance_sheet.53=30", ZERO, D("1.00"), "blocks")
    ]


def test_details_over_their_line_warn_and_do_not_block() -> None:
    form = load("sbe").statements["balance_sheet"]
    cells = sheet("sbe", closing("1405", "10.00"), closing("1407", "-4.00"), closing("3001", "-6.00"))
    failed = [result for result in check(form, cells) if not result.ok]
    assert [(result.code, result.severity) for result in failed] == [("balance_sheet.9", "warns")]


@pytest.mark.parametrize("standard", ["sbe", "asbe", "npo"])
def test_a_statement_over_300_facts_takes_well_under_5_ms(standard: str) -> None:
    leaves = [account.code for account in accounts_for(load(standard), Taxpayer.GENERAL) if account.leaf]
    facts = [closing(leaves[n % len(leaves)], f"{n}.25", dim=n) for n in range(300)]
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        sheet(standard, *facts)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.005


def test_a_donation_for_a_purpose_is_restricted_until_it_is_spent() -> None:
    """捐赠 100 其中限定性 60, 花费 45 其中限定性资金 40: 非限定性 40 - 45 + 40 = 35, 限定性 60 - 40 = 20."""
    facts = Facts(
        [
            Fact("410101", 0, ZERO, ZERO, D("40.00")),
            Fact("410102", 0, ZERO, ZERO, D("60.00")),
            Fact("510101", 0, ZERO, D("45.00"), ZERO),
            Fact("3102", 0, D("-10.00"), D("40.00"), ZERO),
            Fact("3101", 0, D("-90.00"), ZERO, D("40.00")),
            Fact("1002", 0, D("100.00"), D("100.00"), D("45.00")),
        ]
    )
    forms = load("npo").statements
    form = forms["income_statement"]
    by_column = {column.id: evaluate(form.of(column), facts) for column in form.columns}
    for key, unrestricted, restricted, whole in (
        ("1", "40.00", "60.00", "100.00"),
        ("35", "45.00", "0.00", "45.00"),
        ("40", "40.00", "-40.00", "0.00"),
        ("45", "35.00", "20.00", "55.00"),
    ):
        assert cell(by_column["period.unrestricted"], key) == D(unrestricted)
        assert cell(by_column["period.restricted"], key) == D(restricted)
        assert cell(by_column["period"], key) == D(whole)
    balance = evaluate(forms["balance_sheet"], facts)
    assert [cell(balance, key) for key in ("101", "105", "110", "60")] == [
        D("125.00"),
        D("30.00"),
        D("155.00"),
        D("155.00"),
    ]
    assert all(result.ok for result in check(forms["balance_sheet"], balance))


def test_accounts_stand_under_each_other_by_the_chart_whatever_their_codes_look_like() -> None:
    """A standard whose codes are 3-3: 112 应收 has the details 112001 and 990, which no digits tell."""
    sheet_of = load("sbe").statements["balance_sheet"]
    above = {"112": ("112",), "112001": ("112001", "112"), "990": ("990", "112")}
    row = replace(sheet_of.row("4"), formula=parse("dr_side(112)"))
    form = replace(sheet_of, rows=(row,), evaluation_order=(row,), above=above)
    facts = Facts([closing("112001", "5.00"), closing("990", "2.00"), closing("112", "1.00", dim=7)])
    assert cell(evaluate(form, facts), "4") == D("8.00")


def test_a_fact_of_an_account_the_standard_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"100201.*no account of the standard"):
        sheet("sbe", closing("100201", "1.00"))
