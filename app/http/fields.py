"""Fields of the field's own kinds: strict strings for money, quantities, rates, periods, ids, tax ids, texts.

Invariant: a value that is not written exactly as the pattern says is refused, never repaired (API-030 to API-035);
every pattern is matched to the end of the text (`\\Z`), so a trailing line feed never passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields

from app.http.errors import (
    DATE_FORMAT,
    FIELD_CHOICE,
    FIELD_RANGE,
    FIELD_TYPE,
    ID_FORMAT,
    INSTANT_FORMAT,
    MONEY_FORMAT,
    NUMBER_FORMAT,
    PERIOD_FORMAT,
    TAX_ID_FORMAT,
    TEXT_BLANK,
    TEXT_CHARACTERS,
    TEXT_LENGTH,
)
from app.http.replies import instant
from app.kernel import money
from app.kernel.periods import Period
from infra.errors import Violation
from infra.ids import ALPHABET, LENGTH, decode, encode

_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z")
NO_NUL = r"^[^\x00]*$"
_SHUT = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_SHUT_IN_MEMO = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
_TURNING = r"\u202a-\u202e\u2066-\u2069"  # what follows is shown in another direction than it is kept
_UNSEEN = (  # blanks, fillers, joiners, selectors: nothing of them is seen at the beginning of a text
    r"\x20\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u2065"
    r"\u206a-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
_VISIBLE = re.compile(rf"[^{_UNSEEN}{_TURNING}][^{_TURNING}]*\Z", re.DOTALL)
_CONTROL = re.compile(rf"[{_SHUT}\ud800-\udfff]")  # half a surrogate pair is no character, so no schema speaks of it
_CONTROL_IN_MEMO = re.compile(rf"[{_SHUT_IN_MEMO}\ud800-\udfff]")
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}\Z")
_OLDER_TAX_ID = re.compile(r"[0-9A-Z]{15,20}\Z")


def _refused(violation: Violation) -> ValidationError:
    return ValidationError([violation])


class StringField(fields.Field[Any]):
    """A field that is a string in JSON; subclasses say which strings, and `openapi` says it to the document."""

    def openapi(self) -> dict[str, Any]:
        """The members of the field's JSON Schema."""
        return {"type": "string"}

    def read(self, text: str) -> Any:
        """The value of a text; raises `ValidationError`."""
        return text

    def show(self, value: Any) -> str:
        """The text of a value."""
        return str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise _refused(FIELD_TYPE.at())
        return self.read(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else self.show(value)


class Money(StringField):
    """An amount (金额) in yuan: `"1000.00"`; out always with two decimals."""

    def openapi(self) -> dict[str, Any]:
        """A string with the money pattern."""
        return {"type": "string", "format": "decimal", "pattern": money.PATTERN}

    def read(self, text: str) -> Decimal:
        """The amount of a strict money string."""
        amount = money.parse(text)
        if amount is None:
            raise _refused(MONEY_FORMAT.at())
        return amount

    def show(self, value: Decimal) -> str:
        """Two decimals."""
        return money.show(value)


class PositiveMoney(Money):
    """An amount above zero."""

    def openapi(self) -> dict[str, Any]:
        """A string with the money pattern, without a sign and without zero."""
        return {"type": "string", "format": "decimal", "pattern": money.POSITIVE}

    def read(self, text: str) -> Decimal:
        """The amount, when it is one that is above zero."""
        amount = super().read(text)
        if amount <= 0:
            raise _refused(FIELD_RANGE.at(minimum="0.01", maximum="9999999999999999.99"))
        return amount


class _Number(StringField):
    decimals = 6

    def _pattern(self) -> str:
        return rf"^(?!-[0.]+$)-?(0|[1-9][0-9]{{0,11}})(\.[0-9]{{1,{self.decimals}}})?$"

    def openapi(self) -> dict[str, Any]:
        """A string with at most so many decimals."""
        return {"type": "string", "format": "decimal", "pattern": self._pattern()}

    def read(self, text: str) -> Decimal:
        """The number of a plain decimal string."""
        if not re.fullmatch(self._pattern()[1:-1], text):
            raise _refused(NUMBER_FORMAT.at(decimals=self.decimals))
        return Decimal(text)

    def show(self, value: Decimal) -> str:
        """Plain digits without trailing zeros."""
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


class Quantity(_Number):
    """A quantity (数量), at most 6 decimals."""


class Rate(_Number):
    """A rate (税率、汇率) as a fraction: `"0.13"`, at most 6 decimals."""


class UnitPrice(_Number):
    """A unit price (单价) in yuan, at most 8 decimals."""

    decimals = 8


class PeriodKey(StringField):
    """An accounting period (会计期间): `"2026-08"`."""

    def openapi(self) -> dict[str, Any]:
        """A string `YYYY-MM`, from 1900 on."""
        return {"type": "string", "pattern": r"^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])$"}

    def read(self, text: str) -> Period:
        """The period of a key; month 00 is ours alone."""
        try:
            period = Period.parse(text)
        except ValueError:
            raise _refused(PERIOD_FORMAT.at()) from None
        if period.month == 0 or period.year < 1900:
            raise _refused(PERIOD_FORMAT.at())
        return period


class Day(StringField):
    """A business date (日期) of the Asia/Shanghai calendar: `"2026-08-31"`."""

    def openapi(self) -> dict[str, Any]:
        """A string `YYYY-MM-DD`."""
        return {"type": "string", "format": "date"}

    def read(self, text: str) -> date:
        """The date of a text."""
        try:
            if not _DAY.match(text) or text < "1900":
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise _refused(DATE_FORMAT.at()) from None

    def show(self, value: date) -> str:
        """`YYYY-MM-DD`."""
        return value.isoformat()


class Instant(StringField):
    """An instant: RFC 3339 in UTC, `2026-08-31T09:30:00.000Z`; milliseconds may be left out when it is read."""

    def openapi(self) -> dict[str, Any]:
        """A string `date-time`."""
        return {"type": "string", "format": "date-time"}

    def read(self, text: str) -> datetime:
        """The instant of a text."""
        try:
            if not _INSTANT.match(text) or text < "1900":
                raise ValueError
            return datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        except (ValueError, OverflowError):
            raise _refused(INSTANT_FORMAT.at()) from None

    def show(self, value: datetime) -> str:
        """UTC with `Z`."""
        return instant(value)


class ObjectId(StringField):
    """An opaque id of one kind: `ObjectId("vch")` reads `vch_01jd…` into a UUID and shows it again."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix

    def openapi(self) -> dict[str, Any]:
        """A string with the prefix."""
        return {"type": "string", "pattern": id_pattern(self.prefix)}

    def read(self, text: str) -> UUID:
        """The UUID of an id."""
        value = decode(self.prefix, text)
        if value is None:
            raise _refused(ID_FORMAT.at())
        return value

    def show(self, value: UUID) -> str:
        """The id of a UUID."""
        return encode(self.prefix, value)


class TaxId(StringField):
    """A unified social credit code (统一社会信用代码, GB 32100-2015) with its check character.

    `lenient` takes any 15 to 20 capitals and digits: older taxpayer ids (纳税人识别号) have no common check character.
    """

    def __init__(self, *, lenient: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lenient = lenient

    def openapi(self) -> dict[str, Any]:
        """18 characters, or 15 to 20 when lenient."""
        return {"type": "string", "pattern": "^[0-9A-Z]{15,20}$" if self.lenient else "^[0-9A-HJ-NPQRTUWXY]{18}$"}

    def read(self, text: str) -> str:
        """The code, when its check character holds."""
        if is_uscc(text) or (self.lenient and _OLDER_TAX_ID.match(text)):
            return text
        raise _refused(TAX_ID_FORMAT.at())


class Text(StringField):
    """A text of at most so many characters: NFC, no control characters; `memo` allows line feeds and tabs."""

    def __init__(self, maximum: int, *, minimum: int = 1, memo: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.maximum, self.minimum, self.memo = maximum, minimum, memo

    def openapi(self) -> dict[str, Any]:
        """A string with its lengths in code points and the characters it may not hold."""
        shut = _SHUT_IN_MEMO if self.memo else _SHUT
        return {"type": "string", "minLength": self.minimum, "maxLength": self.maximum, "pattern": f"^[^{shut}]*$"}

    def read(self, text: str) -> str:
        """The text in NFC."""
        if (_CONTROL_IN_MEMO if self.memo else _CONTROL).search(text):
            raise _refused(TEXT_CHARACTERS.at())
        composed = unicodedata.normalize("NFC", text)
        if not self.minimum <= len(composed) <= self.maximum:
            raise _refused(TEXT_LENGTH.at(minimum=self.minimum, maximum=self.maximum))
        return composed


class Visible(Text):
    """A text of one line that people go by: it begins with something visible and is shown as it is kept."""

    def openapi(self) -> dict[str, Any]:
        """A string with its lengths, what it may begin with and what it may not hold."""
        pattern = f"^[^{_SHUT}{_UNSEEN}{_TURNING}][^{_SHUT}{_TURNING}]*$"
        return {**super().openapi(), "pattern": pattern}

    def read(self, text: str) -> str:
        """The text in NFC, when it can be seen."""
        composed = super().read(text)
        if not _VISIBLE.match(composed):
            raise _refused(TEXT_BLANK.at())
        return composed


class Reason(Visible):
    """Why an act is done (理由), as it stands in the log of acts."""


class Pattern(StringField):
    """A text that fully matches a regular expression without anchors, as `[a-z][a-z0-9-]{1,38}`."""

    def __init__(self, pattern: str, rule: Any = TEXT_CHARACTERS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern, self.rule = re.compile(pattern), rule

    def openapi(self) -> dict[str, Any]:
        """A string with the pattern."""
        return {"type": "string", "pattern": f"^{self.pattern.pattern}$"}

    def read(self, text: str) -> str:
        """The text, when all of it matches."""
        if not self.pattern.fullmatch(text):
            raise _refused(self.rule.at())
        return text


class Choice(StringField):
    """One of a few words."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)

    def openapi(self) -> dict[str, Any]:
        """A string with its enum."""
        return {"type": "string", "enum": list(self.words)}

    def read(self, text: str) -> str:
        """The word, when it is one of them."""
        if text not in self.words:
            raise _refused(FIELD_CHOICE.at(choices=", ".join(self.words)))
        return text


class Whole(fields.Field[int]):
    """A whole number between two bounds; a JSON integer in a body, plain digits in a query."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def openapi(self) -> dict[str, Any]:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and not isinstance(data, dict) and re.fullmatch(r"-?[0-9]{1,9}", value):
            value = int(value)  # a query is text; a body is a plain dict and must say a number
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refused(FIELD_TYPE.at())
        if not self.minimum <= value <= self.maximum:
            raise _refused(FIELD_RANGE.at(minimum=self.minimum, maximum=self.maximum))
        return value


class Flag(fields.Field[bool]):
    """Yes or no; `true` and `false` in JSON, the same two words in a query."""

    def openapi(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(data, dict) and value in ("true", "false"):
            value = value == "true"
        if not isinstance(value, bool):
            raise _refused(FIELD_TYPE.at())
        return value


def id_pattern(prefix: str) -> str:
    """The pattern of the ids of one kind."""
    return f"^{prefix}_[{ALPHABET[:8]}][{ALPHABET}]{{{LENGTH - 1}}}$"  # 26 characters of five bits hold 130, an id 128


def is_uscc(text: str) -> bool:
    """Whether a text is a unified social credit code with the right check character (GB 32100-2015)."""
    if not _USCC.match(text):
        return False
    total = sum(_USCC_ALPHABET.index(letter) * weight for letter, weight in zip(text, _USCC_WEIGHTS, strict=False))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == text[17]
