"""The tables beside the statements (附表, 附注): every row of the law, agreeing with the statements on any ledger."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards.loader import load, released
from app.standards.statements import Cell, Fact, Facts, Reclass, check, evaluate
from app.standards.types import Standard, Statement, Taxpayer
from tests.content.ledgers import ledgers

STANDARDS = [standard.id for standard in released()]
NOTES = [(standard.id, name) for standard in released() for name in standard.notes]
LEDGERS = {standard.id: ledgers(standard, Taxpayer.GENERAL) for standard in released()}
D = Decimal
ZERO = D("0.00")


def names(standard: str, note: str) -> list[str]:
    return [row.name_zh for row in load(standard).notes[note].rows if row.kind != "heading"]


def bare(name: str) -> str:
    """A name without its number: the reference numbers no rows of the tables."""
    return name.split("．", 1)[-1].removeprefix("其中：")


def test_the_small_tables_have_the_rows_of_the_law(reference: Path) -> None:
    official = json.loads((reference / "statements/statements_small.json").read_text(encoding="utf-8"))["notes_tables"]
    for title, note in (
        ("会小企01表附表1 应付职工薪酬明细表", "employee_benefits"),
        ("会小企01表附表2 应交税费明细表", "taxes_payable"),
        ("应收账款账龄", "receivables_ageing"),
    ):
        assert [bare(name) for name in names("sbe", note)] == official[title]
        assert [column.title_zh for column in load("sbe").notes[note].columns] == official["columns"]
    appropriation = load("sbe").notes["profit_appropriation"].rows
    assert [[row.line, row.name_zh] for row in appropriation] == official["会小企01表附表3 利润分配表"]


def test_the_small_tables_of_the_appendix_are_all_there(reference: Path) -> None:
    text = (reference / "official_text/小企业会计准则_财会2011_17号_会计科目主要账务处理和财务报表.pdf.txt").read_text(
        encoding="utf-8"
    )
    appendix = text[text.index("2．短期投资、应收账款、存货、固定资产项目的说明") :].replace(" ", "")
    for form in load("sbe").notes.values():
        for row in form.rows:
            assert row.name_zh in appendix


def test_the_general_standard_has_the_equity_statement_and_the_supplement_of_the_reference(reference: Path) -> None:
    official = json.loads((reference / "statements/statements_general.json").read_text(encoding="utf-8"))
    supplement = [row.name_zh for row in load("asbe").notes["cash_flow_supplement"].rows if row.kind != "heading"]
    assert supplement[:19] == official["cash_flow_supplement_indirect"]["lines"]
    equity = official["equity_statement"]
    form = load("asbe").notes["equity_statement"]
    titles = [column.title_zh for column in form.columns]
    assert titles == [f"{year} {title}" for year in ("本年金额", "上年金额") for title in equity["columns"]]
    ours = [row.name_zh.replace("．", ".").split("（减少")[0].replace("（或股本）", "") for row in form.rows]
    assert ours == equity["rows"]


@pytest.mark.parametrize(("standard", "note"), NOTES)
@settings(max_examples=25, deadline=None)
@given(given=st.data(), reclass=st.sampled_from(["detail", "account"]))
def test_any_ledger_gives_tables_that_agree_with_the_statements(
    standard: str, note: str, given: st.DataObject, reclass: Reclass
) -> None:
    content = load(standard)
    form = content.notes[note]
    facts = Facts(given.draw(LEDGERS[standard]))
    others = {name: evaluate(each, facts, reclass) for name, each in content.statements.items()}
    for part in (form, *form.parts.values()):
        results = check(part, evaluate(part, facts, reclass), others)
        cash_rows = {"cash_flow_supplement.net_increase=cash_flow.net_increase"}  # the ledger here has no cash flows
        failed = [one for one in results if not one.ok and one.severity == "blocks" and one.code not in cash_rows]
        assert failed == []


@pytest.mark.parametrize("standard", STANDARDS)
@settings(max_examples=40, deadline=None)
@given(given=st.data())
def test_the_parts_of_a_row_add_up_to_the_row(standard: str, given: st.DataObject) -> None:
    content = load(standard)
    facts = Facts(given.draw(LEDGERS[standard]))
    subtracted = {"treasury", "depreciation"}
    for form in (*content.statements.values(), *content.notes.values()):
        if not form.parts or {"market", "difference"} <= set(form.parts):
            continue
        columns = {name: amounts(evaluate(part, facts)) for name, part in form.parts.items()}
        for key, amount in amounts(evaluate(form, facts)).items():
            shown = [-of[key] if name in subtracted else of[key] for name, of in columns.items() if key in of]
            assert sum(shown, ZERO) == amount, (form.id, key)


def amounts(cells: list[Cell]) -> dict[str, Decimal]:
    return {cell.key: cell.amount for cell in cells if cell.amount is not None}


def shown(standard: Standard, note: str, column: str, facts: Facts) -> dict[str, Decimal | None]:
    form: Statement = standard.notes[note]
    chosen = next(each for each in form.columns if each.id == column)
    return {cell.key: cell.amount for cell in evaluate(form.of(chosen), facts)}


def test_what_the_ledger_does_not_know_has_no_amount_and_the_rest_is_read() -> None:
    facts = Facts([Fact("160103", 0, D("50.00"), ZERO, ZERO), Fact("1602", 0, D("-20.00"), ZERO, ZERO)])
    value, cost, worn = (
        shown(load("sbe"), "fixed_assets", column, facts)
        for column in ("closing", "closing.cost", "closing.depreciation")
    )
    assert (cost["4"], worn["4"], value["4"]) == (D("50.00"), None, None)
    assert (cost["total"], worn["total"], value["total"]) == (D("50.00"), D("20.00"), D("30.00"))
    assert load("sbe").notes["fixed_assets"].row("4").kind == "hand"


def test_the_profit_of_a_year_is_appropriated_as_the_table_says_even_after_the_year_end_transfer() -> None:
    """净利润 100, 年初 30, 提取法定盈余公积 10, 分配 40; 结转后 3104 只剩 310401."""
    year = [
        Fact("5001", 0, ZERO, D("100.00"), D("100.00"), transfer_debit=D("100.00")),
        Fact("3103", 0, ZERO, D("100.00"), D("100.00")),
        Fact("310401", 0, D("-30.00"), D("50.00"), D("100.00")),
        Fact("310402", 0, ZERO, D("10.00"), D("10.00")),
        Fact("310404", 0, ZERO, D("40.00"), D("40.00")),
        Fact("310101", 0, ZERO, ZERO, D("10.00")),
    ]
    table = shown(load("sbe"), "profit_appropriation", "year_to_date", Facts(year))
    expected = {"1": "100", "2": "30", "3": "0", "4": "130", "5": "10", "6": "0", "11": "120", "12": "40", "13": "80"}
    assert {key: table[key] for key in expected} == {key: D(f"{amount}.00") for key, amount in expected.items()}
    assert {key for key, amount in table.items() if amount is None} == {"7", "8", "9", "10"}


def test_the_equity_statement_shows_profit_reserve_and_dividend_where_they_belong() -> None:
    year = [
        Fact("6001", 0, ZERO, D("100.00"), D("100.00"), transfer_debit=D("100.00")),
        Fact("4103", 0, ZERO, D("100.00"), D("100.00")),
        Fact("410401", 0, D("-30.00"), D("50.00"), D("100.00")),
        Fact("410402", 0, ZERO, D("10.00"), D("10.00")),
        Fact("410404", 0, ZERO, D("40.00"), D("40.00")),
        Fact("410101", 0, D("-5.00"), ZERO, D("10.00")),
        Fact("4001", 0, D("-500.00"), ZERO, ZERO),
    ]
    columns = {
        part: shown(load("asbe"), "equity_statement", f"year_to_date.{part}", Facts(year))
        for part in ("paid_in_capital", "surplus_reserve", "undistributed")
    }
    whole = shown(load("asbe"), "equity_statement", "year_to_date", Facts(year))
    assert [columns["surplus_reserve"][key] for key in ("opening", "distribution_1", "closing")] == [
        D("5.00"),
        D("10.00"),
        D("15.00"),
    ]
    undistributed = columns["undistributed"]
    assert [undistributed[key] for key in ("opening", "comprehensive", "distribution", "closing")] == [
        D("30.00"),
        D("100.00"),
        D("-50.00"),
        D("80.00"),
    ]
    assert (whole["opening"], whole["changes"], whole["closing"]) == (D("535.00"), D("60.00"), D("595.00"))
    assert all(result.ok for result in check(load("asbe").notes["equity_statement"], evaluate_whole(year)))


def evaluate_whole(year: list[Fact]) -> list[Cell]:
    return evaluate(load("asbe").notes["equity_statement"], Facts(year))


def test_the_supplement_leads_from_profit_to_operating_cash() -> None:
    """销售 200 收现 150, 赊销 50; 进货 80 未付, 结转成本 60; 折旧 30; 利息 5 付现; 利润 105, 经营现金 150."""
    facts = Facts(
        [
            Fact("6001", 0, ZERO, ZERO, D("200.00")),
            Fact("6401", 0, ZERO, D("60.00"), ZERO),
            Fact("660207", 0, ZERO, D("30.00"), ZERO),
            Fact("660301", 0, ZERO, D("5.00"), ZERO),
            Fact("1002", 0, ZERO, D("150.00"), D("5.00")),
            Fact("1122", 1, ZERO, D("50.00"), ZERO),
            Fact("1405", 0, ZERO, D("80.00"), D("60.00")),
            Fact("220201", 2, ZERO, ZERO, D("80.00")),
            Fact("1602", 0, D("-100.00"), ZERO, D("30.00")),
        ],
        {"sales_received": D("150.00"), "distributions_and_interest_paid": D("-5.00")},
    )
    form = load("asbe").notes["cash_flow_supplement"]
    cells = evaluate(form, facts)
    amounts_of = {cell.key: cell.amount for cell in cells}
    assert [amounts_of[key] for key in ("net_profit", "depreciation", "financial", "inventories", "receivables")] == [
        D("105.00"),
        D("30.00"),
        D("5.00"),
        D("-20.00"),
        D("-50.00"),
    ]
    assert (amounts_of["payables"], amounts_of["operating"]) == (D("80.00"), D("150.00"))
    others = {name: evaluate(each, facts) for name, each in load("asbe").statements.items()}
    assert [result.code for result in check(form, cells, others) if not result.ok] == []
