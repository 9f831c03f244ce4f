"""What a cell is made of: the shares of any cell of any form over any ledger add up to the cell, and name leaves."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import ZERO
from app.standards.loader import accounts_for, load, released
from app.standards.statements import Facts, Leaf, Reclass, evaluate, shares
from app.standards.types import Standard, Statement, Taxpayer

FORMS = [(standard.id, name) for standard in released() for name in (*standard.statements, *standard.notes)]
FEN = st.integers(-(10**9), 10**9).map(lambda number: D(number) / 100)


def leaves(standard: Standard) -> st.SearchStrategy[list[Leaf]]:
    """Leaf accounts of a book: its own codes, several under one account of the standard, with any figures."""
    codes = [account.code for account in accounts_for(standard, Taxpayer.GENERAL, optional=True) if account.leaf]
    leaf = st.builds(
        Leaf,
        code=st.sampled_from(codes),
        net=FEN,
        aside=FEN.map(abs),
        debit=FEN,
        credit=FEN,
        turnover=FEN,
        cash=st.booleans(),
    )
    return st.lists(leaf, max_size=40).map(
        lambda drawn: [each._replace(account=f"{each.code}{number:03d}") for each, number in zip(drawn, count(1))]
    )


LEAVES = {standard.id: leaves(standard) for standard in released()}


def form_of(standard: Standard, name: str) -> Statement:
    return standard.statements.get(name) or standard.notes[name]


@pytest.mark.parametrize(("standard_id", "name"), FORMS)
@settings(max_examples=20, deadline=None)
@given(given=st.data(), reclass=st.sampled_from(["detail", "account"]))
def test_shares_add_up_to_every_cell(standard_id: str, name: str, given: st.DataObject, reclass: Reclass) -> None:
    standard = load(standard_id)
    drawn = given.draw(LEAVES[standard_id])
    items = st.dictionaries(st.sampled_from(sorted(standard.cash_items)), FEN, max_size=6)
    facts = Facts.of(drawn, given.draw(items))
    known = {leaf.account for leaf in drawn}
    for form in (form_of(standard, name), *form_of(standard, name).parts.values()):
        cells = evaluate(form, facts, reclass)
        amounts = {cell.key: cell.amount for cell in cells if cell.amount is not None}
        read = {**dict.fromkeys((row.key for row in form.rows), ZERO), **amounts}
        for key, amount in amounts.items():
            found = shares(form.row(key), facts, form.above, read, reclass)
            assert sum((share.amount for share in found), ZERO) == amount, (form.id, key)
            assert {share.key for share in found if share.kind == "account"} <= known


def test_a_customer_in_credit_is_shown_on_both_sides_of_its_account() -> None:
    """应收账款借方 300、贷方 100：两个单元格各取一边，预收之差额不再出现。"""
    form = load("sbe").statements["balance_sheet"]
    facts = Facts.of([Leaf("1122", D("200.00"), D("100.00"), ZERO, ZERO, ZERO, "112201")])
    for reclass, (debit, credit) in {"detail": ("300.00", "100.00"), "account": ("200.00", None)}.items():
        for key, amount in (("4", debit), ("34", credit)):
            found = shares(form.row(key), facts, form.above, {}, reclass)  # type: ignore[arg-type]
            assert [(each.key, each.amount) for each in found] == ([("112201", D(amount))] if amount else [])


def test_one_side_of_a_whole_account_is_shared_by_all_its_leaves() -> None:
    """按科目重分类：1122 下两个明细科目相抵，净额在借方，贷方明细的份额为负。"""
    form = load("sbe").statements["balance_sheet"]
    leaves = [
        Leaf("1122", D("300.00"), ZERO, ZERO, ZERO, ZERO, "112201"),
        Leaf("1122", D("-100.00"), D("100.00"), ZERO, ZERO, ZERO, "112202"),
    ]
    found = shares(form.row("4"), Facts.of(leaves), form.above, {}, "account")
    assert [(each.key, each.amount) for each in found] == [("112201", D("300.00")), ("112202", D("-100.00"))]
    assert shares(form.row("34"), Facts.of(leaves), form.above, {}, "account") == []


def test_an_account_read_twice_is_named_once_with_what_remains() -> None:
    """坏账准备 123104 由其他应收款扣除，应收账款一行先扣 1231 再加回 123104。"""
    form = load("asbe").statements["balance_sheet"]
    facts = Facts.of([Leaf("123104", D("-5.00"), D("5.00"), ZERO, ZERO, ZERO, "123104")])
    assert shares(form.row("accounts_receivable"), facts, form.above, {}) == []
    assert [each.amount for each in shares(form.row("other_receivables"), facts, form.above, {})] == [D("-5.00")]


def test_a_total_is_made_of_rows_and_opening_cash_of_cash_accounts() -> None:
    form = load("sbe").statements["cash_flow"]
    facts = Facts.of([Leaf("1002", D("9.00"), ZERO, D("4.00"), D("1.00"), ZERO, "100201", cash=True)], {"1": D("3.00")})
    amounts = {cell.key: cell.amount or ZERO for cell in evaluate(form, facts)}
    assert [tuple(each) for each in shares(form.row("21"), facts, form.above, amounts)] == [
        ("account", "100201", D("6.00"))
    ]
    assert [tuple(each) for each in shares(form.row("1"), facts, form.above, amounts)] == [("flow", "1", D("3.00"))]
    assert [tuple(each) for each in shares(form.row("22"), facts, form.above, amounts)] == [
        ("row", "20", D("3.00")),
        ("row", "21", D("6.00")),
    ]
