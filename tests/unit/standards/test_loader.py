"""Loading refuses what does not hang together, and gives the same values every time."""

import shutil
from pathlib import Path

import pytest

from app.standards.errors import ContentError, RoleUnknown, StandardUnknown
from app.standards.loader import CONTENT, load, read_standard
from app.standards.rates import read_rates
from app.standards.types import Taxpayer


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT / "sbe", tmp_path / "sbe"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_pinned_edition_is_the_same_object_every_time() -> None:
    assert load("sbe", "2013") is load("sbe")


@pytest.mark.parametrize(("standard", "edition"), [("ifrs", None), ("sbe", "1999"), ("../sbe", None)])
def test_an_unknown_standard_or_edition_is_refused(standard: str, edition: str | None) -> None:
    with pytest.raises(StandardUnknown):
        load(standard, edition)


def test_a_role_a_small_scale_taxpayer_does_not_have_is_refused() -> None:
    assert load("sbe").role("input_vat", Taxpayer.GENERAL) == "22210101"
    with pytest.raises(RoleUnknown):
        load("sbe").role("input_vat", Taxpayer.SMALL_SCALE)


def test_the_fingerprint_changes_with_any_byte_of_the_content(copy: Path) -> None:
    assert read_standard(copy).fingerprint == load("sbe").fingerprint
    change(copy / "chart.csv", "Cash on hand", "Cash in hand")
    assert read_standard(copy).fingerprint != load("sbe").fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("standard.yaml", 'bank: "1002"', 'bank: "1003"', "role bank is 1003"),
        ("standard.yaml", 'payable: "220201"', 'payable: "2202"', "role payable is 2202, no leaf"),
        ("standard.yaml", '["3103"]', '["3109"]', "group profit_for_year names 3109"),
        ("standard.yaml", "title_en:", "title_eng:", "title_en is missing"),
        ("chart.csv", "1002,银行存款", "1001,银行存款", "not unique and in order"),
        ("chart.csv", "debit,1012,official", "debit,1013,official", "101201 cannot stand under 1013"),
        ("chart.csv", ",4,4,", ",4,44,", "unknown cash-flow item 44"),
        ("statements/balance_sheet.yaml", "dr(1101)", "dr(1199)", "line 2 names 1199"),
        ("statements/balance_sheet.yaml", "line(18) - line(19)", "line(18) - line(20)", "20 -> 20"),
        ("statements/balance_sheet.yaml", "line(15, 29)", "line(15, 99)", "unknown line in 30 -> 99"),
        ("statements/balance_sheet.yaml", 'rule: "line(15)', 'rule: "line(99)', "names line 99"),
        ("statements/income_statement.yaml", "id: quarter", "id: half_year", "a column reads one of"),
        ("statements/income_statement.yaml", "id: quarter", "id: quarter.restricted", "a part of ()"),
        ("statements/notes/fixed_assets.yaml", "parts: [cost,", "parts: [price, cost,", "does not say what it is"),
        ("statements/notes/inventories.yaml", "dr(1411)", "dr(1499)", "inventories line 4 names 1499"),
        ("statements/cash_flow.yaml", "severity: blocks", "severity: hints", "'hints' is none of"),
        ("posting.yaml", "role: receivable", "role: receivables", "plays receivables"),
        ("posting.yaml", "role: inventory", "role: stock", "kind merchandise plays stock"),
        ("closing.yaml", '"@income"', '"@incomes"', "plays @incomes"),
        ("closing.yaml", "number: 61", "number: 59", "not in the order"),
        ("closing.yaml", "reads: [monetary]", "reads: [money]", "step fx reads money"),
        ("closing.yaml", "amounts: given", "amounts: guessed", "'guessed' is none of"),
        ("closing.yaml", "status: quoted", "statut: quoted", "status is missing"),
    ],
)
def test_broken_content_is_refused_by_name(copy: Path, file: str, old: str, new: str, fault: str) -> None:
    change(copy / file, old, new)
    with pytest.raises(ContentError) as refused:
        read_standard(copy)
    assert fault in str(refused.value)


def test_two_rows_of_a_rate_in_force_on_one_day_are_refused(tmp_path: Path) -> None:
    shutil.copytree(CONTENT / "tax" / "rates", tmp_path, dirs_exist_ok=True)
    change(tmp_path / "vat.yaml", "valid_to: 2025-12-31", "valid_to: 2026-01-01")
    with pytest.raises(ContentError, match=r"vat\.rate\.standard has two rows"):
        read_rates(tmp_path)
