"""What an invoice item is taken for: the short name before the code, the code before words, the business last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards.classification import classify
from app.standards.types import Business, Classified

CATERING = "3070401000000000000"


def bought(item: str, tax_code: str = "", business: Business = Business.SERVICE) -> Classified:
    return classify("purchase", item=item, tax_code=tax_code, business=business)


@pytest.mark.parametrize(
    ("item", "tax_code", "kind", "creditable", "matched_by"),
    [
        ("*餐饮服务*餐费", CATERING, "entertainment", False, "name"),
        ("*住宿服务*住宿费", CATERING, "accommodation", True, "name"),
        ("餐费", CATERING, "entertainment", False, "code"),
        ("*运输服务*客运服务费", "", "travel", True, "name"),
        ("*运输服务*国内运费", "", "freight", True, "name"),
        ("*经营租赁*通行费", "", "tolls", True, "name"),
        ("*经营租赁*房租", "", "rent", True, "name"),
        ("*企业管理服务*物业管理费", "", "utilities", True, "name"),
        ("*贷款服务*利息", "", "loan_interest", False, "name"),
        ("*纸制品*A4纸", "1060105040000000000", "office_supplies", True, "name"),
        ("A4打印纸", "", "office_supplies", True, "word"),
        ("*无此简称*某服务", "3040699000000000000", "services", True, "code"),
    ],
)
def test_a_service_company_buys(item: str, tax_code: str, kind: str, creditable: bool, matched_by: str) -> None:
    found = bought(item, tax_code)
    assert (found.kind, found.creditable, found.matched_by) == (kind, creditable, matched_by)


@pytest.mark.parametrize(
    ("business", "kind"),
    [(Business.TRADE, "merchandise"), (Business.INDUSTRY, "raw_materials"), (Business.SERVICE, "office_supplies")],
)
def test_unknown_goods_are_bought_for_what_the_client_lives_from(business: Business, kind: str) -> None:
    assert bought("*钢材*螺纹钢", "1080207000000000000", business).kind == kind
    assert bought("某物", "", business) == Classified(kind, True, True, "default")


def test_a_computer_is_goods_of_a_trader_and_an_asset_of_others_and_asks_for_a_look() -> None:
    assert bought("*电子计算机*笔记本", business=Business.TRADE).kind == "merchandise"
    assert bought("*电子计算机*笔记本") == Classified("electronic_equipment", True, True, "name")


@pytest.mark.parametrize(
    ("item", "tax_code", "kind"),
    [
        ("*钢材*螺纹钢", "1080207", "goods"),
        ("*设计服务*设计费", "3040301", "services"),
        ("*经营租赁*房租", "", "other"),
    ],
)
def test_a_client_sells(item: str, tax_code: str, kind: str) -> None:
    assert classify("sales", item=item, tax_code=tax_code, business=Business.TRADE).kind == kind


@given(item=st.text(max_size=200), tax_code=st.text(max_size=60), business=st.sampled_from(Business))
def test_any_item_gets_an_answer(item: str, tax_code: str, business: Business) -> None:
    for direction in ("sales", "purchase"):
        assert classify(direction, item=item, tax_code=tax_code, business=business).kind
