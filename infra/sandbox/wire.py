"""Dataclasses as JSON by position and back, for the way out of a sandbox.

Invariant: what comes out of a sandbox is as hostile as what went in, so every value is checked against the type of its
field; rows are positional, since names would double the answer.
"""

from __future__ import annotations

import codecs
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

LONGEST_TEXT = 100_000
_MOST_DIGITS = 60
_PLAIN: Mapping[type, type] = {str: str, bool: bool, int: int, date: str, Decimal: str}
_Wanted = TypeVar("_Wanted")
# no file can be opened once a sandbox is closed, so what reading text may need is loaded before
for _encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp437", "ascii", "latin-1"):
    codecs.lookup(_encoding)


def pack(told: Any) -> bytes:
    """The JSON of a dataclass."""
    return orjson.dumps(_rows(told))


def unpack(wanted: type[_Wanted], answer: bytes) -> _Wanted:
    """The dataclass of an answer; raises `ValueError` for anything that `pack` cannot have made of one."""
    try:
        return cast(_Wanted, _value(wanted, orjson.loads(answer)))
    except (TypeError, InvalidOperation, RecursionError) as error:
        raise ValueError(str(error)) from None


def _rows(value: Any) -> Any:
    if is_dataclass(value):
        return [_rows(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple):
        return [_rows(each) for each in value]
    return str(value) if isinstance(value, Decimal | date) else value


def _value(wanted: Any, given: Any) -> Any:
    if isinstance(wanted, type) and is_dataclass(wanted):
        types_of = _types(wanted)
        if not isinstance(given, list) or len(given) != len(types_of):
            raise ValueError(f"not a {wanted}")
        return wanted(*(_value(each, one) for each, one in zip(types_of, given, strict=True)))
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        if not isinstance(given, list):
            raise ValueError("not a row of values")
        return tuple(_value(inner[0], each) for each in given)
    if origin is Literal:
        if given not in inner:
            raise ValueError("not one of the words of a field")
        return given
    if origin in (Union, types.UnionType):
        return None if given is None else _value(inner[0], given)
    return _plain(wanted, given)


def _plain(wanted: type, given: Any) -> Any:
    if type(given) is not _PLAIN[wanted] or (isinstance(given, str) and len(given) > LONGEST_TEXT):
        raise ValueError(f"not a {wanted.__name__}")
    made: Mapping[type, Callable[[Any], Any]] = {date: date.fromisoformat, Decimal: _decimal}
    return made[wanted](given) if wanted in made else given


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or len(text) > _MOST_DIGITS:
        raise ValueError("not an amount")
    return value


@cache
def _types(wanted: type) -> tuple[Any, ...]:
    hints = get_type_hints(wanted)
    return tuple(hints[field.name] for field in fields(wanted))
