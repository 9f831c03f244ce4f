"""The charts hold exactly what the law and the reference list, and give each taxpayer kind its own leaves."""

import csv
from pathlib import Path

import pytest

from app.standards.loader import accounts_for, load, released
from app.standards.types import AccountClass, Side, Taxpayer

STANDARDS = [standard.id for standard in released()]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def chart(standard: str, taxpayer: Taxpayer = Taxpayer.GENERAL, *, optional: bool = False) -> dict:
    return {account.code: account for account in accounts_for(load(standard), taxpayer, optional=optional)}


def first_level(accounts: dict) -> dict:
    return {code: account for code, account in accounts.items() if account.parent_code is None}


def test_the_small_standard_has_the_66_accounts_of_the_law(reference: Path) -> None:
    official = [row for row in rows(reference / "accounts/cas_small_2013.csv") if row["status"] == "official"]
    accounts = first_level(chart("sbe"))
    assert len(accounts) == 66
    for row in official:
        account = accounts[row["code"]]
        assert (account.name_zh, account.name_en) == (row["name_zh"], row["name_en"])
        assert account.normal_side is (Side.DEBIT if row["normal_side"] == "借" else Side.CREDIT)
        assert account.opposite_ok == (row["opposite_balance_possible"] == "Y")


def test_the_small_standard_has_every_usual_detail_account(reference: Path) -> None:
    accounts = chart("sbe")
    details = rows(reference / "accounts/cas_small_suggested_detail.csv")
    assert len(details) == 175
    for row in details:
        account = accounts[row["code"]]
        assert (account.name_zh, account.parent_code) == (row["name_zh"], row["parent_code"])
        assert account.normal_side is (Side.DEBIT if row["normal_side"] == "借" else Side.CREDIT)


def test_the_general_standard_has_the_124_accounts_of_the_reference(reference: Path) -> None:
    accounts = first_level(chart("asbe"))
    listed = rows(reference / "accounts/cas_general.csv")
    assert set(accounts) == {row["code"] for row in listed}
    assert len(accounts) == 124
    for row in listed:
        assert accounts[row["code"]].name_zh == row["name_zh"]
        assert accounts[row["code"]].normal_side is (Side.DEBIT if row["normal_side"] == "借" else Side.CREDIT)


@pytest.mark.parametrize("standard", STANDARDS)
def test_vat_sub_accounts_are_those_of_the_rule_and_columns_stand_only_under_vat_payable(
    standard: str, reference: Path
) -> None:
    accounts = chart(standard)
    (payable,) = load(standard).groups["vat_payable"]
    for row in rows(reference / "accounts/vat_subaccounts_caikuai2016_22.csv"):
        account = accounts[row["suggested_code"].replace("2221", payable[:4], 1)]
        assert account.name_zh == row["name_zh"]
        assert (account.parent_code == payable) == ("专栏" in row["kind"])


@pytest.mark.parametrize("standard", STANDARDS)
def test_vat_payable_is_a_leaf_for_small_scale_and_a_parent_of_ten_columns_for_general(standard: str) -> None:
    general, small = chart(standard), chart(standard, Taxpayer.SMALL_SCALE)
    (payable,) = load(standard).groups["vat_payable"]
    assert not general[payable].leaf
    assert sum(account.parent_code == payable for account in general.values()) == 10
    assert small[payable].leaf
    vat = {account.name_zh for account in small.values() if account.status == "财会〔2016〕22号"}
    assert vat == {"应交增值税", "转让金融商品应交增值税", "代扣代交增值税"}


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_detail_account_is_of_its_parents_class(standard: str) -> None:
    accounts = chart(standard, optional=True)
    for account in accounts.values():
        if account.parent_code is not None:
            assert account.account_class is accounts[account.parent_code].account_class
            assert account.level == accounts[account.parent_code].level + 1


@pytest.mark.parametrize("standard", STANDARDS)
def test_cash_accounts_and_the_cash_group_agree_and_carry_no_cash_flow_item(standard: str) -> None:
    accounts = chart(standard)
    group = load(standard).under(load(standard).groups["cash"])
    for account in accounts.values():
        assert account.cash == (account.code in group)
        if account.cash:
            assert account.cash_item_in is None
            assert account.cash_item_out is None


@pytest.mark.parametrize("standard", STANDARDS)
def test_monetary_items_are_money_and_what_is_settled_in_a_fixed_sum_of_it(standard: str) -> None:
    accounts = chart(standard, optional=True)
    monetary = {account.name_zh for account in first_level(accounts).values() if account.monetary}
    assert monetary >= {"银行存款", "应收账款", "其他应收款", "短期借款", "应付账款", "其他应付款", "长期借款"}
    assert not monetary & {"预付账款", "预收账款", "合同负债", "库存商品", "固定资产", "长期股权投资", "实收资本"}
    for account in accounts.values():
        assert not account.cash or account.monetary
        parent = accounts.get(account.parent_code or "")
        if parent is not None and account.name_zh != "非货币性福利":
            assert account.monetary == parent.monetary


@pytest.mark.parametrize("standard", STANDARDS)
def test_income_and_expense_groups_are_every_profit_and_loss_account_once(standard: str) -> None:
    groups = load(standard).groups
    listed = [*groups["income"], *groups["expense"]]
    known = {
        code
        for code, account in first_level(chart(standard)).items()
        if account.account_class is AccountClass.PROFIT_AND_LOSS and code != "6901"  # carried to 利润分配, not 本年利润
    }
    assert sorted(listed) == sorted(known)
    for side, group in ((Side.CREDIT, "income"), (Side.DEBIT, "expense")):
        assert all(chart(standard)[code].normal_side is side for code in groups[group])


def test_both_standards_of_enterprises_name_the_same_roles_and_groups() -> None:
    assert set(load("asbe").roles) == set(load("sbe").roles)
    assert set(load("asbe").groups) == set(load("sbe").groups)


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_standard_answers_for_every_group_even_when_it_has_nothing_of_the_kind(standard: str) -> None:
    assert set(load(standard).groups) >= set(load("sbe").groups)


def test_the_system_of_non_profit_organisations_has_48_accounts_and_splits_every_income() -> None:
    accounts = first_level(chart("npo"))
    assert len(accounts) == 48
    assert {accounts[code].name_zh for code in ("3101", "3102")} == {"非限定性净资产", "限定性净资产"}
    for code in load("npo").groups["income"]:
        details = [account.name_zh for account in chart("npo").values() if account.parent_code == code]
        assert details == ["非限定性收入", "限定性收入"]
    groups = load("npo").groups
    split = load("npo").under(groups["unrestricted_income"]) | load("npo").under(groups["restricted_income"])
    assert split == load("npo").under(groups["income"]) - set(groups["income"])


def test_default_cash_flow_items_are_those_of_the_mapping() -> None:
    accounts = chart("sbe")
    expected = {
        "1122": ("1", "1"),
        "2211": ("4", "4"),
        "560302": ("2", "2"),
        "1601": ("10", "12"),
        "3001": ("15", "15"),
    }
    expected |= {"22210107": ("1", "1"), "22210101": ("3", "3"), "222102": ("2", "5"), "2001": ("14", "16")}
    expected |= {"560301": ("17", "17"), "3104": ("18", "18"), "2202": ("3", "3"), "560202": ("2", "6")}
    assert {code: (accounts[code].cash_item_in, accounts[code].cash_item_out) for code in expected} == expected
