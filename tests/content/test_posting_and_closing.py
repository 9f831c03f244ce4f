"""Every business kind can be posted, every closing step makes balanced vouchers, in every standard."""

from decimal import Decimal

import pytest

from app.standards.classification import tables
from app.standards.loader import accounts_for, load, released
from app.standards.templates import choose_template, deductible
from app.standards.types import Side, Taxpayer, TemplateLine

STANDARDS = [standard.id for standard in released()]
KINDS = [(standard.id, *kind) for standard in released() for kind in standard.kinds]
FIGURES = {"net": Decimal("100.00"), "tax": Decimal("13.00"), "gross": Decimal("113.00")}


def codes(standard: str, taxpayer: Taxpayer) -> dict[str, bool]:
    return {account.code: account.leaf for account in accounts_for(load(standard), taxpayer)}


def total(lines: tuple[TemplateLine, ...], side: Side) -> Decimal:
    return sum((FIGURES[line.amount] for line in lines if line.side is side), Decimal(0))


@pytest.mark.parametrize(("standard", "direction", "kind"), KINDS)
@pytest.mark.parametrize("taxpayer", list(Taxpayer))
@pytest.mark.parametrize("credited", [True, False])
def test_every_business_kind_has_a_balanced_template_on_leaf_accounts(
    standard: str, direction: str, kind: str, taxpayer: Taxpayer, credited: bool
) -> None:
    content = load(standard)
    template = choose_template(content, direction=direction, taxpayer=taxpayer, kind=kind, deductible=credited)
    assert all(codes(standard, taxpayer)[content.role(line.role, taxpayer)] for line in template.lines)
    assert total(template.lines, Side.DEBIT) == total(template.lines, Side.CREDIT)
    assert template.summary_zh.format(item="文具", counterparty="甲公司", number="1") != template.summary_zh


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_counterparty_stands_on_the_account_that_needs_it(standard: str) -> None:
    content = load(standard)
    accounts = {account.code: account for account in content.charts[Taxpayer.GENERAL]}
    for rule in content.posting:
        for line in rule.lines:
            if line.role != "{kind}":
                assert accounts[content.role(line.role, Taxpayer.GENERAL)].dimension == line.dimension


@pytest.mark.parametrize("standard", STANDARDS)
def test_output_tax_goes_to_the_column_of_a_general_taxpayer_and_straight_to_vat_payable_of_a_small_one(
    standard: str,
) -> None:
    content = load(standard)
    template = choose_template(content, direction="sales", taxpayer=Taxpayer.SMALL_SCALE, kind="goods")
    tax = next(line for line in template.lines if line.amount == "tax")
    (payable,) = content.groups["vat_payable"]
    assert content.role(tax.role, Taxpayer.SMALL_SCALE) == payable
    assert content.role(tax.role, Taxpayer.GENERAL) == f"{payable}07"


def test_input_vat_is_split_only_for_a_general_taxpayer_with_a_special_invoice_on_what_the_law_credits() -> None:
    def roles(taxpayer: Taxpayer, special: bool, creditable: bool) -> list[str]:
        credited = deductible(taxpayer, special_invoice=special, creditable=creditable)
        template = choose_template(
            load("sbe"), direction="purchase", taxpayer=taxpayer, kind="merchandise", deductible=credited
        )
        return [line.role for line in template.lines]

    assert roles(Taxpayer.GENERAL, True, True) == ["inventory", "input_vat", "payable"]
    for taxpayer, special, creditable in (
        (Taxpayer.GENERAL, False, True),
        (Taxpayer.GENERAL, True, False),
        (Taxpayer.SMALL_SCALE, True, True),
    ):
        assert roles(taxpayer, special, creditable) == ["inventory", "payable"]


@pytest.mark.parametrize("standard", ["sbe", "asbe"])
def test_the_closing_steps_run_in_the_order_of_the_period_end_procedure(standard: str) -> None:
    ids = [step.id for step in load(standard).closing]
    assert ids == ["vat_transfer", "vat_small_exempt", "surcharges", "cit", "pl_carry", "year_end"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_closing_entry_balances_by_its_names_and_its_roles_exist_for_whom_it_applies(standard: str) -> None:
    content = load(standard)
    for step in content.closing:
        for entry in step.entries:
            sides = {side: sorted(line.amount for line in entry.lines if line.side is side) for side in Side}
            # `balance` is each leaf of a group and `total` is their sum.
            named = {side: ["total" if name == "balance" else name for name in names] for side, names in sides.items()}
            assert named[Side.DEBIT] == named[Side.CREDIT]
            for line in entry.lines:
                for taxpayer in step.cycles:
                    assert line.role.startswith("@") or content.role(line.role, taxpayer)


@pytest.mark.parametrize("standard", ["sbe", "asbe"])
def test_the_steps_of_a_month_depend_on_the_taxpayer_and_on_what_the_month_ends(standard: str) -> None:
    def steps(taxpayer: Taxpayer, quarter: bool, year: bool) -> list[str]:
        return [s.id for s in load(standard).closing if s.applies(taxpayer, ends_quarter=quarter, ends_year=year)]

    assert steps(Taxpayer.GENERAL, False, False) == ["vat_transfer", "surcharges", "pl_carry"]
    assert steps(Taxpayer.SMALL_SCALE, False, False) == ["pl_carry"]
    assert steps(Taxpayer.SMALL_SCALE, True, False) == ["vat_small_exempt", "surcharges", "cit", "pl_carry"]
    assert steps(Taxpayer.GENERAL, True, True) == ["vat_transfer", "surcharges", "cit", "pl_carry", "year_end"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_kind_the_classification_can_answer_can_be_posted(standard: str) -> None:
    kinds = load(standard).kinds
    for direction, table in tables().items():
        for row in (*table.rows, table.default):
            for kind in (row.kind, *row.by_business.values()):
                assert (direction, kind) in kinds
