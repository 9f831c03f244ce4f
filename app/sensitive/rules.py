"""How sensitive values are read, shown in part and made comparable.

Invariant: a mask hides at least a third of every number, and a refused value is never part of its refusal.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from app.sensitive.errors import BANK_ACCOUNT_FORMAT, IDENTITY_BIRTH, IDENTITY_CHECK, IDENTITY_FORMAT, PHONE_FORMAT
from infra.errors import Rule

_SPACES = re.compile(r"[\s()\-\u2010-\u2015]+")
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9X]|[1-9][0-9]{14}", re.ASCII)
_PASSPORT = re.compile(r"[A-Z]{1,3}[0-9]{6,10}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
_OUR_COUNTRY = re.compile(r"(\+86|0086)(?=[0-9]{8})", re.ASCII)
_ACCOUNT = re.compile(r"[0-9A-Z]{6,34}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def tidy_number(text: str) -> str:
    """A number without spaces, hyphens and brackets, in half-width characters and capitals."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()


def tidy_text(text: str) -> str:
    """A text in half-width characters without spaces around it."""
    return unicodedata.normalize("NFKC", text).strip()


def as_it_is(value: str) -> str:
    """The value."""
    return value


def anything(value: str) -> Rule | None:
    """No value breaks a rule."""
    return None


def identity_number(value: str) -> Rule | None:
    """The rule a tidy identity number breaks: a citizen's number of 18 or 15 digits, or a passport or permit."""
    if _PASSPORT.fullmatch(value):
        return None
    if not _IDENTITY.fullmatch(value):
        return IDENTITY_FORMAT
    full = eighteen(value)
    try:
        born = date(int(full[6:10]), int(full[10:12]), int(full[12:14]))
    except ValueError:
        return IDENTITY_BIRTH
    if not 1850 <= born.year <= 2199:
        return IDENTITY_BIRTH
    return None if check_character(full[:17]) == full[17] else IDENTITY_CHECK


def check_character(digits: str) -> str:
    """The 18th character of a citizen's number (公民身份号码) of 17 digits: GB 11643-1999, ISO 7064 MOD 11-2."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11]


def eighteen(value: str) -> str:
    """The 18-digit form of an identity number; one of 15 digits was given before 1999 to somebody born in the 1900s."""
    if len(value) != 15 or not value.isdigit():
        return value
    digits = f"{value[:6]}19{value[6:]}"
    return digits + check_character(digits)


def phone(value: str) -> Rule | None:
    """The rule a tidy telephone number breaks."""
    return None if _PHONE.fullmatch(value) else PHONE_FORMAT


def at_home(value: str) -> str:
    """A telephone number without the country code of China."""
    return _OUR_COUNTRY.sub("", value, count=1) if value.startswith(("+86", "0086")) else value


def bank_account(value: str) -> Rule | None:
    """The rule a tidy bank account breaks."""
    return None if _ACCOUNT.fullmatch(value) else BANK_ACCOUNT_FORMAT


def mask_identity_number(value: str) -> str:
    """`110101********1234`."""
    return f"{value[:6]}********{value[-4:]}" if len(value) == 18 else mask_number(value)


def mask_phone(value: str) -> str:
    """`138****5678`."""
    return f"{value[:3]}****{value[-4:]}" if len(value) == 11 else mask_number(value)


def mask_bank_account(value: str) -> str:
    """`6222 **** **** 1234`."""
    return f"{value[:4]} **** **** {value[-4:]}" if len(value) >= 16 else mask_number(value)


def mask_number(value: str) -> str:
    """A quarter at either end, four characters at most."""
    kept = min(4, len(value) // 4)
    return f"{value[:kept]}****{value[len(value) - kept :]}"


def mask_address(value: str) -> str:
    """A third, six characters at most: the province and the city."""
    return f"{value[: min(6, len(value) // 3)]}****"
