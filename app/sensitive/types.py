"""The kinds of sensitive values (敏感信息): how each is read, compared and shown, and what a sealed one is."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from marshmallow import ValidationError

from app.http.fields import TaxId, is_uscc
from app.sensitive import rules
from app.sensitive.errors import SensitiveRejected
from infra.errors import Rule

_IN_TEXT = re.compile(
    r"(?<![0-9])([1-9][0-9]{5})[ -]?([0-9]{8})[ -]?([0-9]{3}[0-9Xx])(?=(?:[0-9]{2})?(?![0-9]))", re.ASCII
)  # alone, or before the two digits of a sole trader's id


class Kind(StrEnum):
    """What a sensitive value is; the name of a bank says nothing of its customer and is shown whole."""

    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    BANK_ACCOUNT = "bank_account"
    BANK_NAME = "bank_name"
    ADDRESS = "address"

    @property
    def found_by_value(self) -> bool:
        """Whether a blind index is kept, so that the exact value can be searched for."""
        return _WAYS[self].found

    def refused(self, text: str) -> Rule | None:
        """The rule a value from outside breaks, or None; spaces, hyphens, full-width digits and a small x do not."""
        return _WAYS[self].rule(_WAYS[self].tidy(text))

    def accept(self, text: str) -> str:
        """A value from outside as it is kept; raises `SensitiveRejected`, which does not repeat the value."""
        broken = self.refused(text)
        if broken is not None:
            raise SensitiveRejected(violations=[broken.at(f"/{self.value}")])
        return _WAYS[self].tidy(text)

    def comparable(self, value: str) -> str:
        """An accepted value so that two ways to write one number are one."""
        return _WAYS[self].comparable(value)

    def mask(self, value: str) -> str:
        """An accepted value as somebody sees it who need not know it (脱敏)."""
        return _WAYS[self].mask(value)


class _Way(NamedTuple):
    tidy: Callable[[str], str]
    rule: Callable[[str], Rule | None]
    comparable: Callable[[str], str]
    mask: Callable[[str], str]
    found: bool


_WAYS = {
    Kind.IDENTITY_NUMBER: _Way(
        rules.tidy_number, rules.identity_number, rules.eighteen, rules.mask_identity_number, True
    ),
    Kind.PHONE: _Way(rules.tidy_number, rules.phone, rules.at_home, rules.mask_phone, True),
    Kind.BANK_ACCOUNT: _Way(rules.tidy_number, rules.bank_account, rules.as_it_is, rules.mask_bank_account, True),
    Kind.BANK_NAME: _Way(rules.tidy_text, rules.anything, rules.as_it_is, rules.as_it_is, False),
    Kind.ADDRESS: _Way(rules.tidy_text, rules.anything, rules.as_it_is, rules.mask_address, False),
}


def holds_citizen_number(tax_id: str) -> bool:
    """Whether a tax id is a citizen's number of 18 digits, alone or before the sequence number of a sole trader's id.

    One of 15 digits has no check character and cannot be told from an older tax id of a company.
    """
    number = tax_id[:18]
    return len(number) == 18 and number[:17].isdigit() and Kind.IDENTITY_NUMBER.refused(number) is None


def mask_citizen_numbers(text: str) -> str:
    """A text from outside with every citizen's number of 18 digits in it masked, for good.

    The check character of a social credit code holds by chance in one person's number of 31: such a number is a
    company's only where the market registers it (9…).
    """
    return _IN_TEXT.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    number = "".join(found.groups()).upper()
    company = number.startswith("9") and is_uscc(number)
    return Kind.IDENTITY_NUMBER.mask(number) if holds_citizen_number(number) and not company else found[0]


class CompanyTaxId(TaxId):
    """A tax id: older ids are taken, but none that is a person's identity number; `identity` is the rule it breaks."""

    def __init__(self, identity: Rule, **kwargs: Any) -> None:
        super().__init__(lenient=True, **kwargs)
        self.identity = identity

    def read(self, text: str) -> str:
        """The tax id, when it names no natural person."""
        taken = super().read(text)
        if holds_citizen_number(taken) and not is_uscc(taken):
            raise ValidationError([self.identity.at()])
        return taken


class Sealed(NamedTuple):
    """A value as it lies in a column: the ciphertext, and its blind index where it can be searched for."""

    text: str
    blind: bytes | None


class Resealed(NamedTuple):
    """How many values were sealed again by the newest key, and how many could not be opened."""

    written: int
    unreadable: int

    def __add__(self, other: object) -> Resealed:
        """The sum of two."""
        if not isinstance(other, Resealed):
            return NotImplemented
        return Resealed(self.written + other.written, self.unreadable + other.unreadable)
