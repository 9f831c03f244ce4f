"""The formula language of statements: a signed sum of measures, parsed once and evaluated without `eval`.

    formula  = [sign] part { sign part }        sign = "+" | "-"
    part     = "(" formula ")" | function "(" [ word { "," word } ] ")"

A formula is linear by construction, so a parsed one is a flat tuple of signed terms and its cost is its length.
Money measures read an account *and everything under it*; a code is never matched without its standard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from app.kernel.money import ZERO
from app.standards.errors import ContentError

# Closing balances: net of the tree; one side of every leaf account x dimension set x currency; one side of the account.
BALANCE_MEASURES = frozenset({"dr", "cr", "dr_side", "cr_side", "dr_account", "cr_account"})
# Turnover of the period without profit-and-loss transfer vouchers (损益结转).
TURNOVER_MEASURES = frozenset({"turnover_dr", "turnover_cr"})
# The balance a column began with, and its debits and credits one by one with every voucher: for notes and movements.
MOVEMENT_MEASURES = frozenset({"opening_dr", "opening_cr", "debits", "credits"})
MEASURES = BALANCE_MEASURES | TURNOVER_MEASURES | MOVEMENT_MEASURES
# `flow(item)`: cash received less cash paid under an item. `line(key)`: a row, `line(form.key)`: a row of another form.
_ARGUMENTS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(MEASURES, (1, 99)),
    "flow": (1, 99),
    "line": (1, 99),
    "cash_opening": (0, 0),
}
_TOKEN = re.compile(r"\s*([A-Za-z0-9_.]+|[()+,-])")
_MAX_LENGTH = 4000


class Term(NamedTuple):
    """One signed measure of a formula."""

    sign: int
    function: str
    args: tuple[str, ...]


Formula: TypeAlias = tuple[Term, ...]
Reader: TypeAlias = Callable[[str], Decimal]


def parse(text: str) -> Formula:
    """The terms of a formula; an empty text is the empty sum. Raises `ContentError` with the place of the fault."""
    if len(text) > _MAX_LENGTH:
        raise ContentError(f"formula longer than {_MAX_LENGTH} characters")
    if not text.strip():
        return ()
    parser = _Parser(text)
    terms = parser.formula(1)
    if parser.peek():
        raise parser.fault("end of formula")
    return tuple(terms)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at, place = text, list[str](), 0, 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if not match:
                raise ContentError(f"unreadable {text[place:].strip()[0]!r} in formula {text!r}")
            self.tokens.append(match[1])
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise self.fault(expected or "a word")
        self.at += 1
        return token

    def fault(self, expected: str) -> ContentError:
        return ContentError(f"expected {expected!r}, found {self.peek()!r} at token {self.at} of formula {self.text!r}")

    def formula(self, sign: int) -> list[Term]:
        terms = self.part(sign * self.sign()) if self.peek() in ("+", "-") else self.part(sign)
        while self.peek() in ("+", "-"):
            terms += self.part(sign * self.sign())
        return terms

    def sign(self) -> int:
        return 1 if self.take() == "+" else -1

    def part(self, sign: int) -> list[Term]:
        if self.peek() == "(":
            self.take("(")
            terms = self.formula(sign)
            self.take(")")
            return terms
        name = self.take()
        if name not in _ARGUMENTS:
            raise ContentError(f"unknown function {name!r} in formula {self.text!r}")
        return [Term(sign, name, self.arguments(name))]

    def arguments(self, name: str) -> tuple[str, ...]:
        args = list[str]()
        self.take("(")
        while self.peek() != ")":
            if args:
                self.take(",")
            word = self.take()
            if word in "(+-,":
                raise ContentError(f"{word!r} is not a word in formula {self.text!r}")
            args.append(word)
        self.take(")")
        low, high = _ARGUMENTS[name]
        if not low <= len(args) <= high:
            raise ContentError(f"{name} takes {low} to {high} words in formula {self.text!r}")
        return tuple(args)


def codes(formula: Formula) -> tuple[str, ...]:
    """The account codes a formula names, each once, in order."""
    return tuple(dict.fromkeys(code for term in formula if term.function in MEASURES for code in term.args))


def items(formula: Formula) -> tuple[str, ...]:
    """The cash-flow items a formula names."""
    return tuple(item for term in formula if term.function == "flow" for item in term.args)


def lines(formula: Formula) -> tuple[str, ...]:
    """The keys of the rows a formula refers to."""
    return tuple(key for term in formula if term.function == "line" for key in term.args)


def total(formula: Formula, readers: Mapping[str, Reader]) -> Decimal:
    """The signed sum of a formula, where `readers[function](word)` gives one figure; no argument reads as ""."""
    amount = ZERO
    for sign, function, args in formula:
        read = readers[function]
        for word in args or ("",):
            amount = amount + read(word) if sign > 0 else amount - read(word)
    return amount


def evaluation_order(formulas: Mapping[str, Formula]) -> tuple[str, ...]:
    """The keys of the formulas so that every row comes after the rows it refers to.

    Raises `ContentError` for an unknown row and for a cycle.
    """
    order: dict[str, None] = {}
    for key in formulas:
        _visit(key, formulas, order, ())
    return tuple(order)


def _visit(key: str, formulas: Mapping[str, Formula], order: dict[str, None], path: Iterable[str]) -> None:
    path = (*path, key)
    if key not in formulas:
        raise ContentError(f"unknown line in {' -> '.join(path)}")
    if len(set(path)) < len(path):
        raise ContentError(f"lines refer to each other: {' -> '.join(path)}")
    if key in order:
        return
    for needed in lines(formulas[key]):
        _visit(needed, formulas, order, path)
    order[key] = None
