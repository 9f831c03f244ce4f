"""Formulas, checks and default cash-flow items against the reference tables, line by line."""

import csv
import json
import re
from pathlib import Path

import pytest

from app.standards.formula import Formula
from app.standards.loader import load
from app.standards.types import Statement, Taxpayer


def table(reference: Path, name: str) -> dict:
    return json.loads((reference / f"statements/{name}.json").read_text(encoding="utf-8"))


def added(text: str) -> dict[int, int]:
    """`15-2+3` as line -> sign; `31+..+40` is every line from 31 to 40."""
    spelt = re.sub(r"(\d+)\+\.\.\+(\d+)", lambda m: "+".join(str(n) for n in range(int(m[1]), int(m[2]) + 1)), text)
    return {int(line): -1 if sign == "-" else 1 for sign, line in re.findall(r"([+-]?)(\d+)", spelt)}


def signs(terms: Formula) -> dict[int, int]:
    return {int(key): term.sign for term in terms for key in term.args}


@pytest.mark.parametrize("name", ["balance_sheet", "income_statement"])
def test_every_articulation_the_small_standard_prints_is_checked(name: str, reference: Path) -> None:
    checks = load("sbe").statements[name].checks
    ours = [(check.operator, signs(check.left), signs(check.right)) for check in checks]
    for text in table(reference, "statements_small")[name]["checks"]:
        operator = ">=" if ">=" in text else "="
        left, *rights = text.split(operator)
        for right in rights:
            assert (operator, added(left), added(right)) in ours, text


def test_totals_of_the_small_forms_add_up_what_the_law_adds_up(reference: Path) -> None:
    for name, form in load("sbe").statements.items():
        rows = {row.line: row for row in form.rows}
        for line in table(reference, "statements_small")[name]["lines"]:
            if "total" in line:
                assert signs(rows[line["line"]].formula) == added(line["total"].split(" ")[0]), (name, line["line"])


def test_the_formulas_of_the_small_income_statement_are_those_of_the_reference(reference: Path) -> None:
    rows = {row.line: row for row in load("sbe").statements["income_statement"].rows}
    measures = {"period_net_credit_excl_closing": "turnover_cr", "period_net_debit_excl_closing": "turnover_dr"}
    for line in table(reference, "statements_small")["income_statement"]["lines"]:
        row = rows[line["line"]]
        if "total" not in line:
            assert list(row.codes) == line.get("accounts", line.get("detail_accounts_suggested", []))
        if "measure" in line:
            assert {term.function for term in row.formula} == {measures[line["measure"]]}


def by_name(form: Statement) -> dict[str, set[str]]:
    return {row.name_zh: {code[:4] for code in row.codes} for row in form.rows if row.kind != "heading"}


def test_the_general_forms_read_every_account_the_reference_names_but_in_rows_by_analysis(reference: Path) -> None:
    official, forms = table(reference, "statements_general"), load("asbe").statements
    sheet = official["balance_sheet_assets"] + official["balance_sheet_liab_equity"]
    for name, lines in (("balance_sheet", sheet), ("income_statement", official["income_statement"])):
        ours = by_name(forms[name])
        analysed = {row.name_zh for row in forms[name].rows if "by analysis" in row.note}
        for line in lines:
            named = set(re.findall(r"\b\d{4}\b", line["formula"]))
            assert line["name"].strip() in analysed or named <= ours.get(line["name"].strip(), set()), line["name"]


# 222108 简易计税 comes in with the sale and goes out as a tax; 6603 has its items by detail.
OTHERWISE = {("sbe", "222108", "out"), ("asbe", "6603", "in"), ("asbe", "6603", "out")}


@pytest.mark.parametrize(("standard", "marked"), [("sbe", "small"), ("asbe", "general")])
def test_default_cash_flow_items_are_those_of_the_whole_mapping(standard: str, marked: str, reference: Path) -> None:
    text = (reference / "statements/cashflow_default_mapping.csv").read_text(encoding="utf-8-sig")
    accounts = {account.code: account for account in load(standard).charts[Taxpayer.GENERAL]}
    rows = load(standard).statements["cash_flow"].rows
    titles = {row.key: str(row.line or row.name_zh) for row in rows}
    compared = 0
    for row in csv.DictReader(text.splitlines()):
        wanted = {way: row[column] for way, column in zip(("in", "out"), list(row)[2:4], strict=True)}
        for code in re.findall(r"\d{4,8}", row["counterpart_accounts"]) if row["standard"] == marked else ():
            ours = {"in": accounts[code].cash_item_in, "out": accounts[code].cash_item_out}
            for way, item in wanted.items():
                if item and (standard, code, way) not in OTHERWISE:
                    assert titles[ours[way] or ""] == item, (code, way)
                    compared += 1
    assert compared > 80


def test_every_note_table_of_the_reference_is_there(reference: Path) -> None:
    listed = table(reference, "statements_small")["notes_tables"]
    forms = [f"{form.form} {form.title_zh}" for form in load("sbe").notes.values()]
    assert {title for title in listed if "附表" in title} <= set(forms)
    assert len(load("sbe").notes) == 7  # 附表1-3, and the four tables of 附注 2
    assert {"cash_flow_supplement", "equity_statement"} <= set(load("asbe").notes)
