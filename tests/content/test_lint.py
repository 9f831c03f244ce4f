"""Every account is read exactly once by the statements of its standard, and each kind of breach is found by name."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards import formula
from app.standards.lint import ChartRow, Finding, Kind, chart_of, lint
from app.standards.loader import load, released
from app.standards.statements import Fact, Facts, evaluate
from app.standards.types import AccountClass, Row, Standard

STANDARDS = [standard.id for standard in released()]
ZERO = Decimal("0.00")


def with_rows(standard: Standard, name: str, *changed: Row) -> Standard:
    """The standard with some rows of a statement replaced."""
    form, new = standard.statements[name], {row.key: row for row in changed}
    rows, order = (tuple(new.get(row.key, row) for row in each) for each in (form.rows, form.evaluation_order))
    return replace(standard, statements={**standard.statements, name: replace(form, rows=rows, evaluation_order=order)})


def added(standard: Standard, name: str) -> list[Row]:
    """The rows of a statement that read accounts or items and are added up into its covering total."""
    form = standard.statements[name]
    reached, open_rows = set(), list(formula.lines(form.covers.total)) if form.covers else []
    while open_rows:
        key = open_rows.pop()
        reached.add(key)
        open_rows += formula.lines(form.row(key).formula)
    return [row for row in form.rows if row.key in reached and (row.codes or formula.items(row.formula))]


def netted(row: Row) -> bool:
    """Whether the row reads whole balances, so that reading it twice is plainly reading twice."""
    return all(term.function in ("dr", "cr", "turnover_dr", "turnover_cr") and term.sign > 0 for term in row.formula)


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_released_content_has_no_finding(standard: str) -> None:
    assert lint(load(standard), chart_of(load(standard))) == []


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("name", ["balance_sheet", "income_statement"])
@settings(max_examples=25, deadline=None)
@given(given=st.data())
def test_a_line_that_loses_its_formula_leaves_its_accounts_unread(
    standard: str, name: str, given: st.DataObject
) -> None:
    whole = load(standard)
    row = given.draw(st.sampled_from([row for row in added(whole, name) if netted(row)]))
    found = lint(with_rows(whole, name, replace(row, formula=())), chart_of(whole))
    assert {(one.kind, one.statement) for one in found} == {(Kind.UNREAD, name)}
    assert all(row.key not in one.lines for one in found)
    classes = whole.statements[name].covers.classes  # type: ignore[union-attr]
    of_class = {one.code for one in chart_of(whole) if one.account_class in classes}
    assert {one.code for one in found} == whole.under(row.codes) & of_class


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("name", ["balance_sheet", "income_statement"])
@settings(max_examples=25, deadline=None)
@given(given=st.data())
def test_an_account_read_by_a_second_line_is_found_with_both_lines(
    standard: str, name: str, given: st.DataObject
) -> None:
    whole = load(standard)
    rows = [row for row in added(whole, name) if netted(row)]
    first, second = given.draw(st.permutations(rows))[:2]
    debit = {"turnover_dr", "dr"} & {term.function for term in first.formula + second.formula}
    same = len({term.function for term in first.formula + second.formula}) == 1 or not debit
    twice = replace(second, formula=second.formula + first.formula, codes=second.codes + first.codes)
    found = lint(with_rows(whole, name, twice), chart_of(whole))
    assert {one.code for one in found} <= whole.under(first.codes)
    if same and first.side == second.side:
        assert {one.kind for one in found} == {Kind.REPEATED}
        assert all({first.key, second.key} <= set(one.lines) for one in found)


def test_a_side_that_nobody_reads_and_sides_of_different_units_are_found() -> None:
    whole = load("sbe")
    sheet = whole.statements["balance_sheet"]
    one_sided = replace(sheet.row("34"), formula=formula.parse("cr_side(2203)"))
    assert lint(with_rows(whole, "balance_sheet", one_sided), chart_of(whole)) == [
        Finding(Kind.UNREAD, "balance_sheet", "1122", ("4",))
    ]
    mixed = replace(sheet.row("34"), formula=formula.parse("cr_side(2203) + cr_account(1122)"))
    assert lint(with_rows(whole, "balance_sheet", mixed), chart_of(whole)) == [
        Finding(Kind.UNEVEN, "balance_sheet", "1122", ("4", "34"))
    ]


def test_a_receivable_split_between_an_asset_and_an_advance_is_not_read_twice() -> None:
    sheet = load("sbe").statements["balance_sheet"]
    assert [row.key for row in sheet.rows if "1122" in row.codes] == ["4", "34"]
    assert lint(load("sbe"), chart_of(load("sbe"))) == []


@pytest.mark.parametrize("standard", STANDARDS)
@settings(max_examples=25, deadline=None)
@given(given=st.data())
def test_a_cash_flow_item_no_line_reads_is_named_with_the_accounts_that_lead_to_it(
    standard: str, given: st.DataObject
) -> None:
    whole = load(standard)
    row = given.draw(st.sampled_from(added(whole, "cash_flow")))
    lost = set(formula.items(row.formula))
    found = lint(with_rows(whole, "cash_flow", replace(row, formula=())), chart_of(whole))
    assert {(one.kind, one.statement) for one in found} <= {(Kind.UNKNOWN, "cash_flow")}
    assert {one.code for one in found} == {one.code for one in chart_of(whole) if lost & set(one.items)}


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_cash_flow_item_read_twice_or_led_to_by_no_account_is_found(standard: str) -> None:
    whole = load(standard)
    row = added(whole, "cash_flow")[0]
    item = formula.items(row.formula)[0]
    twice = with_rows(whole, "cash_flow", replace(row, formula=row.formula + row.formula))
    assert lint(twice, chart_of(whole)) == [Finding(Kind.REPEATED, "cash_flow", item, (row.key, row.key))]
    ghost = with_rows(whole, "cash_flow", replace(row, formula=(*row.formula, formula.Term(1, "flow", ("ghost",)))))
    assert lint(ghost, chart_of(whole)) == [Finding(Kind.UNUSED, "cash_flow", "ghost", (row.key,))]


def test_a_book_is_checked_by_what_its_own_accounts_are_in_the_standard_whatever_their_codes() -> None:
    chart = [
        *chart_of(load("sbe")),
        ChartRow("1002.001.0001", "1002", AccountClass.ASSET),
        ChartRow("5602-099", "5602", AccountClass.PROFIT_AND_LOSS, ("6",)),
    ]
    assert lint(load("sbe"), chart) == []
    strange = [ChartRow("9001", "9001", AccountClass.ASSET), ChartRow("1002.02", "1002", AccountClass.ASSET, ("66",))]
    assert lint(load("sbe"), [*chart, *strange]) == [
        Finding(Kind.UNKNOWN, "chart", "9001"),
        Finding(Kind.UNKNOWN, "cash_flow", "1002.02"),
    ]


@pytest.mark.parametrize("standard", STANDARDS)
@settings(max_examples=60, deadline=None)
@given(given=st.data(), amount=st.integers(1, 10**12))
def test_what_the_lint_calls_read_once_moves_the_total_by_exactly_its_balance(
    standard: str, given: st.DataObject, amount: int
) -> None:
    whole = load(standard)
    row = given.draw(st.sampled_from(chart_of(whole)))
    sign = given.draw(st.sampled_from([1, -1]))
    for form in whole.statements.values():
        if form.covers is None or row.account_class not in form.covers.classes:
            continue
        if not form.covers.exceptions.keys().isdisjoint(whole.above[row.code]):
            continue
        net = sign * amount * Decimal("0.01")
        fact = Fact(row.code, 1, ZERO, max(net, ZERO), max(-net, ZERO))
        cells = {cell.key: cell.amount or ZERO for cell in evaluate(form, Facts([fact]))}
        assert formula.total(form.covers.total, {"line": cells.__getitem__}) == net
