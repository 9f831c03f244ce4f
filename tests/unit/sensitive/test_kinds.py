"""How sensitive values are read, compared and masked; identity numbers against a second way to compute the check."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sensitive.errors import SensitiveRejected
from app.sensitive.types import Kind, Resealed, mask_citizen_numbers

REGIONS = st.integers(110_000, 659_999).map(str)
BORN = st.dates(date(1900, 1, 1), date(2099, 12, 31))
ORDER = st.integers(0, 999).map("{:03d}".format)


def _check(digits: str) -> str:
    """ISO 7064 MOD 11-2 as a recursion over the digits instead of a table of weights."""
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    value = (12 - rest) % 11
    return "X" if value == 10 else str(value)


@given(region=REGIONS, born=BORN, order=ORDER)
def test_a_citizens_number_is_taken_and_every_other_check_refused(region: str, born: date, order: str) -> None:
    digits = f"{region}{born:%Y%m%d}{order}"
    right = _check(digits)
    for check in "0123456789X":
        broken = Kind.IDENTITY_NUMBER.refused(digits + check)
        assert (broken is None) == (check == right)
        assert broken is None or broken.code == "sensitive.identity_check"
    assert Kind.IDENTITY_NUMBER.accept(f" {digits[:6]} {digits[6:14]}-{digits[14:]}{right.lower()} ") == digits + right


@given(region=REGIONS, born=st.dates(date(1900, 1, 1), date(1999, 12, 31)), order=ORDER)
def test_an_old_number_compares_as_its_new_form(region: str, born: date, order: str) -> None:
    old = f"{region}{born:%y%m%d}{order}"
    new = f"{region}{born:%Y%m%d}{order}"
    kind = Kind.IDENTITY_NUMBER
    assert kind.comparable(kind.accept(old)) == kind.comparable(kind.accept(new + _check(new)))


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (Kind.IDENTITY_NUMBER, "11010519491231002", "sensitive.identity_format"),
        (Kind.IDENTITY_NUMBER, "01010519491231002X", "sensitive.identity_format"),
        (Kind.IDENTITY_NUMBER, "110105194912310021", "sensitive.identity_check"),
        (Kind.IDENTITY_NUMBER, "110105190002300020", "sensitive.identity_birth"),
        (Kind.IDENTITY_NUMBER, "110105194913310021", "sensitive.identity_birth"),
        (Kind.IDENTITY_NUMBER, "110105000012310021", "sensitive.identity_birth"),
        (Kind.IDENTITY_NUMBER, "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "sensitive.identity_format"),
        (Kind.IDENTITY_NUMBER, "", "sensitive.identity_format"),
        (Kind.PHONE, "1381234", None),
        (Kind.PHONE, "call me", "sensitive.phone_format"),
        (Kind.PHONE, "1" * 21, "sensitive.phone_format"),
        (Kind.BANK_ACCOUNT, "12345", "sensitive.bank_account_format"),
        (Kind.BANK_ACCOUNT, "6222_0212", "sensitive.bank_account_format"),
        (Kind.BANK_ACCOUNT, "1" * 35, "sensitive.bank_account_format"),
        (Kind.IDENTITY_NUMBER, "E12345678", None),
        (Kind.IDENTITY_NUMBER, "h1234567890", None),
    ],
)
def test_what_is_refused_and_by_which_code(kind: Kind, text: str, code: str | None) -> None:
    broken = kind.refused(text)
    assert (broken and broken.code) == code
    if broken:
        with pytest.raises(SensitiveRejected) as refused:
            kind.accept(text)
        assert not text or text not in str(refused.value)


@given(kind=st.sampled_from(Kind), text=st.text(max_size=60))
def test_what_is_accepted_is_accepted_again_as_it_is(kind: Kind, text: str) -> None:
    if kind.refused(text) is None:
        kept = kind.accept(text)
        assert kind.accept(kept) == kept


@given(text=st.from_regex(r"[0-9]{6,34}", fullmatch=True), kind=st.sampled_from([Kind.PHONE, Kind.BANK_ACCOUNT]))
def test_a_mask_hides_at_least_a_third_of_a_number(text: str, kind: Kind) -> None:
    mask = kind.mask(text)
    shown = mask.replace("*", "").replace(" ", "")
    assert len(shown) * 3 <= len(text) * 2
    assert text not in mask and "****" in mask


@pytest.mark.parametrize(
    ("kind", "value", "mask"),
    [
        (Kind.IDENTITY_NUMBER, "11010519491231002X", "110105********002X"),
        (Kind.IDENTITY_NUMBER, "E12345678", "E1****78"),
        (Kind.PHONE, "13812345678", "138****5678"),
        (Kind.PHONE, "01065551234", "010****1234"),
        (Kind.PHONE, "65551234", "65****34"),
        (Kind.BANK_ACCOUNT, "6222021234567890123", "6222 **** **** 0123"),
        (Kind.BANK_ACCOUNT, "12345678", "12****78"),
        (Kind.BANK_NAME, "中国银行", "中国银行"),
        (Kind.ADDRESS, "北京市朝阳区建国路甲 92 号世茂大厦", "北京市朝阳区****"),
        (Kind.ADDRESS, "北京", "****"),
    ],
)
def test_masks_are_the_ones_people_know(kind: Kind, value: str, mask: str) -> None:
    assert kind.mask(value) == mask


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("11010519491231002X", "110105********002X"),
        ("11010519491231002x01", "110105********002X01"),
        ("张三 110105-19491231-002x，北京", "张三 110105********002X，北京"),
        ("ID11010519491231002X/11010519491231002X", "ID110105********002X/110105********002X"),
        ("110105199001010299", "110105********0299"),  # one person's number in 31 passes for a social credit code
    ],
)
def test_a_citizens_number_is_masked_wherever_it_stands_in_a_text(text: str, kept: str) -> None:
    assert mask_citizen_numbers(text) == kept == mask_citizen_numbers(kept)


@pytest.mark.parametrize(
    "text",
    ["91110105MA00000000", "110105491231002", "110105194912310021", "110105194913310021", "26322000000000000011",
     "6222021234567890123", "1101051949123100203811", "110105********002X", ""],
)  # fmt: skip
def test_no_other_number_is_masked(text: str) -> None:
    assert mask_citizen_numbers(text) == text


@pytest.mark.parametrize("written", ["13812345678", "+86 138 1234 5678", "0086-138-1234-5678", "(138)12345678"])
def test_a_phone_is_one_however_it_is_written(written: str) -> None:
    assert Kind.PHONE.comparable(Kind.PHONE.accept(written)) == "13812345678"


def test_counts_add_up() -> None:
    assert Resealed(1, 2) + Resealed(3, 4) == Resealed(4, 6)
    assert Resealed(1, 2).__add__((3, 4)) is NotImplemented
