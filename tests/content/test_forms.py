"""The statements read every account exactly once, articulate on any balanced ledger, and are those of the law."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards.loader import load, released
from app.standards.statements import Fact, Facts, Reclass, check, evaluate
from app.standards.types import Statement, Taxpayer
from tests.content import slow_sbe
from tests.content.ledgers import ledgers

STANDARDS = [standard.id for standard in released()]
LEDGERS = {(standard.id, taxpayer): ledgers(standard, taxpayer) for standard in released() for taxpayer in Taxpayer}
RECLASS = st.sampled_from(["detail", "account"])


def numbered(statement: Statement) -> list[int]:
    return [row.line for row in statement.rows if row.line is not None]


def by_line(statement: Statement, facts: Facts, reclass: Reclass) -> dict[int | None, Decimal | None]:
    return {cell.line: cell.amount for cell in evaluate(statement, facts, reclass) if cell.line}


def test_the_small_forms_have_53_32_and_22_lines() -> None:
    forms = load("sbe").statements
    assert numbered(forms["balance_sheet"]) == list(range(1, 54))
    assert numbered(forms["income_statement"]) == list(range(1, 33))
    assert numbered(forms["cash_flow"]) == list(range(1, 23))


def test_the_small_forms_have_the_names_of_the_law(reference: Path) -> None:
    official = json.loads((reference / "statements/statements_small.json").read_text(encoding="utf-8"))
    for name, form in load("sbe").statements.items():
        names = {line["line"]: line["name"] for line in official[name]["lines"]}
        assert {row.line: row.name_zh for row in form.rows if row.line} == names


def test_the_general_forms_have_every_row_of_the_2019_formats_in_order(reference: Path) -> None:
    official = json.loads((reference / "statements/statements_general.json").read_text(encoding="utf-8"))
    forms = load("asbe").statements
    sheet = official["balance_sheet_assets"] + official["balance_sheet_liab_equity"]
    printed = [row.name_zh for row in forms["balance_sheet"].rows if row.kind != "heading"]
    assert printed == [row["name"].strip() for row in sheet]
    for name in ("income_statement", "cash_flow"):
        assert [row.name_zh for row in forms[name].rows] == [row["name"].strip() for row in official[name]]


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("taxpayer", list(Taxpayer))
@settings(max_examples=60, deadline=None)
@given(given=st.data(), reclass=RECLASS)
def test_any_balanced_ledger_gives_a_balanced_sheet_and_every_articulation_by_construction_holds(
    standard: str, taxpayer: Taxpayer, given: st.DataObject, reclass: Reclass
) -> None:
    facts = Facts(given.draw(LEDGERS[standard, taxpayer]))
    for form in load(standard).statements.values():
        results = check(form, evaluate(form, facts, reclass))
        assert [result for result in results if not result.ok and result.severity == "blocks"] == []


@settings(max_examples=150, deadline=None)
@given(facts=LEDGERS["sbe", Taxpayer.GENERAL], reclass=RECLASS)
def test_the_small_balance_sheet_equals_the_regulation_written_out_by_hand(facts: list[Fact], reclass: Reclass) -> None:
    form = load("sbe").statements["balance_sheet"]
    assert by_line(form, Facts(facts), reclass) == slow_sbe.balance_sheet(facts, reclass)


@settings(max_examples=150, deadline=None)
@given(facts=LEDGERS["sbe", Taxpayer.GENERAL])
def test_the_small_income_statement_equals_the_regulation_written_out_by_hand(facts: list[Fact]) -> None:
    form = load("sbe").statements["income_statement"]
    assert by_line(form, Facts(facts), "detail") == slow_sbe.income_statement(facts)


AMOUNT = st.integers(-(10**9), 10**9).map(lambda fen: fen * Decimal("0.01"))


@given(
    flows=st.dictionaries(st.sampled_from([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18]), AMOUNT),
    opening=AMOUNT,
)
def test_the_small_cash_flow_statement_equals_the_regulation_written_out_by_hand(
    flows: dict[int, Decimal], opening: Decimal
) -> None:
    facts = Facts([], {str(item): amount for item, amount in flows.items()}, opening)
    assert by_line(load("sbe").statements["cash_flow"], facts, "detail") == slow_sbe.cash_flow(flows, opening)


def test_the_formulas_of_the_small_balance_sheet_are_those_of_the_reference(reference: Path) -> None:
    official = json.loads((reference / "statements/statements_small.json").read_text(encoding="utf-8"))
    names = {("net_debit", "account"): "dr", ("net_credit", "account"): "cr"}
    names |= {("debit_side", "detail"): "dr_side", ("credit_side", "detail"): "cr_side"}
    rows = {row.line: row for row in load("sbe").statements["balance_sheet"].rows}
    for line in official["balance_sheet"]["lines"]:
        terms = line.get("terms", [])
        expected = {(t["sign"], names[t["measure"], t["scope"]], code) for t in terms for code in t["accounts"]}
        ours = {
            (t.sign, t.function, code) for t in rows[line["line"]].formula if t.function != "line" for code in t.args
        }
        assert ours - {(1, "dr", "1004")} == expected  # 备用金 is optional: BS1 or BS8 by the reference, here BS8


READS = {"closing", "year_opening", "period", "quarter", "year_to_date", "previous_year"}


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_form_has_a_monthly_a_quarterly_and_a_yearly_edition(standard: str) -> None:
    for form in load(standard).statements.values():
        assert list(form.cycles) == ["month", "quarter", "year"]
        assert form.columns == form.cycles["month"]
        assert {column.reads for each in form.cycles.values() for column in each} <= READS


@pytest.mark.parametrize("standard", STANDARDS)
def test_flows_are_shown_for_the_period_of_the_edition_beside_the_year(standard: str) -> None:
    forms = load(standard).statements
    for cycle, of_cycle in (("month", "period"), ("quarter", "quarter"), ("year", "previous_year")):
        for name in ("income_statement", "cash_flow"):
            assert {column.reads for column in forms[name].cycles[cycle]} == {of_cycle, "year_to_date"}
        assert [column.id for column in forms["balance_sheet"].cycles[cycle]] == ["closing", "year_opening"]


def test_the_yearly_forms_have_the_column_titles_of_the_law(reference: Path) -> None:
    def titles(standard: str, name: str, cycle: str) -> list[str]:
        return [column.title_zh for column in load(standard).statements[name].cycles[cycle]]

    small = json.loads((reference / "statements/statements_small.json").read_text(encoding="utf-8"))["columns"]
    assert titles("sbe", "balance_sheet", "year") == small["balance_sheet"]
    assert titles("sbe", "income_statement", "month") == small["income_monthly_standard"]
    assert titles("sbe", "income_statement", "year") == small["income_annual_standard"]
    general = json.loads((reference / "statements/statements_general.json").read_text(encoding="utf-8"))["columns"]
    assert titles("asbe", "balance_sheet", "year") == general["balance_sheet"]
    assert titles("asbe", "income_statement", "year") == general["income"]
    assert titles("asbe", "cash_flow", "year") == general["cash_flow"]
