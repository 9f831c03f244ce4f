"""The dated parameters: the turn of 2026, the reliefs that end, and what nobody has verified."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.standards.errors import RateUnknown
from app.standards.rates import rate, rates


def test_quarter_sales_of_299999_99_are_exempt_and_of_300000_00_are_not_since_2026() -> None:
    now = rate("vat.small.threshold.quarter", date(2026, 9, 30))
    assert now.holds(Decimal("299999.99"))
    assert not now.holds(Decimal("300000.00"))
    assert rate("vat.small.threshold.quarter", date(2025, 12, 31)).holds(Decimal("300000.00"))


@pytest.mark.parametrize(
    ("rate_id", "value"),
    [
        ("vat.rate.standard", "0.13"),
        ("vat.rate.9", "0.09"),
        ("vat.rate.6", "0.06"),
        ("vat.levy", "0.03"),
        ("vat.small.reduced", "0.01"),
        ("surcharge.umct.city", "0.07"),
        ("surcharge.edu", "0.03"),
        ("surcharge.local_edu", "0.02"),
        ("six_taxes_two_fees", "0.5"),
        ("cit.rate", "0.25"),
        ("cit.small.effective", "0.05"),
        ("cit.small.income_max", "3000000"),
        ("reserve.statutory.rate", "0.1"),
        ("reserve.statutory.limit", "0.5"),
    ],
)
def test_the_parameters_of_2026(rate_id: str, value: str) -> None:
    assert rate(rate_id, date(2026, 11, 22)).value == Decimal(value)


@pytest.mark.parametrize("rate_id", ["vat.small.reduced", "six_taxes_two_fees", "cit.small.effective"])
def test_a_relief_is_refused_the_day_after_it_ends(rate_id: str) -> None:
    assert rate(rate_id, date(2027, 12, 31)).value
    with pytest.raises(RateUnknown) as refused:
        rate(rate_id, date(2028, 1, 1))
    assert refused.value.code == "rate.unknown"


def test_an_unknown_parameter_is_refused_in_both_languages() -> None:
    with pytest.raises(RateUnknown) as refused:
        rate("vat.rate.17", date(2026, 1, 1))
    assert "vat.rate.17" in refused.value.message()
    assert "2026-01-01" in refused.value.message("en")


def test_the_day_before_a_row_another_row_or_none_is_in_force() -> None:
    for rows in rates().values():
        for row in rows:
            before = [other for other in rows if other.valid_on(row.valid_from - timedelta(days=1))]
            assert row not in before
            assert len(before) <= 1


def test_a_row_never_claims_more_than_the_reference_verified(reference: Path) -> None:
    params = json.loads((reference / "tax/tax_params_2026.json").read_text(encoding="utf-8"))["params"]
    marks = {param["id"]: param["status"] for param in params}
    day = date(2026, 11, 22)
    for rate_id in ("vat.rate.standard", "surcharge.edu", "surcharge.local_edu", "cit.rate", "vat.small.reduced"):
        assert rate(rate_id, day).verified == marks[rate_id].startswith(("verified", "secondary-verified"))
    assert not rate("surcharge.edu_exempt.quarter", day).verified
