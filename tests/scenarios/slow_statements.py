"""Statements added up anew from every line a book has, with nothing kept and no evaluation of the product's.

The three forms of the small standard are read from the reference's own tables, every other form from the text of its
formulas; a code covers what its digits begin, a party is the customer or supplier a line names, in one currency.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_DOWN
from decimal import Decimal as D
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.standards.loader import CONTENT
from tenants.scope import TenantScope

_LINES = """
SELECT v.external_id, v.period, v.transfer, l.line_no, l.dim_set_id, l.currency, l.debit, l.credit, a.code,
       a.standard_code, a.cash, a.cash_item_in, a.cash_item_out, a.cash_follows
  FROM tenant.voucher v, tenant.voucher_line l, tenant.account a
 WHERE v.book_id = :book AND l.book_id = :book AND a.book_id = :book AND l.voucher_id = v.id AND a.id = l.account_id
   AND v.status = 'posted' ORDER BY v.id, l.line_no
"""
_OPENINGS = """
SELECT b.period, b.dim_set_id, b.currency, b.opening, b.debit, b.credit, b.transfer_debit, b.transfer_credit, a.code,
       a.standard_code, a.cash
  FROM tenant.balance b, tenant.account a
 WHERE b.book_id = :book AND a.book_id = :book AND a.id = b.account_id AND right(b.period, 2) = '00'
"""
_PARTIES = """
SELECT s.id, i.dimension, i.name FROM tenant.dimension_set s, tenant.dimension_item i
 WHERE s.book_id = :book AND i.book_id = :book AND i.id = ANY(s.item_ids) AND i.dimension IN ('customer', 'supplier')
"""
FEN, ZERO = D("0.01"), D("0.00")
Figures = dict[str, D | None]
"""A column: the amounts by row key, None for a heading or a row by hand."""


class Entry(NamedTuple):
    """A line, or a row of the opening with its signed balance; `transferred` is the net of transfer vouchers."""

    period: str
    leaf: str
    code: str
    cash: bool
    party: str
    opening: D
    debit: D
    credit: D
    transferred: D
    corrects: bool = False


class SlowBook:
    """Every line of one book."""

    def __init__(
        self, scope: TenantScope, book: int, start: str, own_items: Mapping[tuple[str, int], str], opening: dict[str, D]
    ) -> None:
        parties = {row.id: f"{row.dimension}:{row.name}" for row in scope.run(_PARTIES, book=book)}
        lines = scope.run(_LINES, book=book).all()
        self.start = start
        moving = {row.external_id for row in lines if row.cash or row.transfer}
        correcting = {row.external_id for row in lines if row.standard_code.startswith("6901")} - moving
        self.entries = [
            Entry(
                row.period,
                row.code,
                row.standard_code,
                row.cash,
                f"{parties.get(row.dim_set_id)} {row.currency}",
                ZERO,
                row.debit,
                row.credit,
                row.debit - row.credit if row.transfer else ZERO,
                row.external_id in correcting,
            )
            for row in lines
        ]
        for row in scope.run(_OPENINGS, book=book):
            moved = row.debit, row.credit, row.transfer_debit - row.transfer_credit
            party = f"{parties.get(row.dim_set_id)} {row.currency}"
            self.entries.append(Entry(row.period, row.code, row.standard_code, row.cash, party, row.opening, *moved))
        self.flows: defaultdict[tuple[str, str], D] = defaultdict(lambda: ZERO)
        for item, amount in opening.items():
            self.flows[start[:4] + "-00", item] += amount
        vouchers: defaultdict[str, list[Any]] = defaultdict(list)
        for row in lines:
            vouchers[row.external_id].append(row)
        for voucher in vouchers.values():
            for item, amount in split_cash(voucher, own_items):
                self.flows[voucher[0].period, item] += amount


def split_cash(voucher: list[Any], own_items: Mapping[tuple[str, int], str]) -> Iterable[tuple[str, D]]:
    """The cash movement of a voucher over the lines against it, by their amounts, the spare fen to the largest rest."""
    cash = sum((row.debit - row.credit for row in voucher if row.cash), ZERO)
    if not cash:
        return
    against = [row for row in voucher if not row.cash and (row.debit - row.credit) * cash < 0]
    named = [row for row in against if (row.external_id, row.line_no) in own_items or not row.cash_follows]
    against = named or against
    if not against:
        return
    weights = [Fraction(abs(row.debit - row.credit)) for row in against]
    exact = [Fraction(cash) * weight / sum(weights) for weight in weights]
    shares = [(D(each.numerator) / D(each.denominator)).quantize(FEN, ROUND_DOWN) for each in exact]
    spare = sorted(range(len(shares)), key=lambda n: (-abs(exact[n] - Fraction(shares[n])), n))
    for n in spare[: int(abs(cash - sum(shares, ZERO)) / FEN)]:
        shares[n] += FEN if cash > 0 else -FEN
    for row, share in zip(against, shares, strict=True):
        default = (row.cash_item_in if cash > 0 else row.cash_item_out) or row.cash_item_in or row.cash_item_out
        item = own_items.get((row.external_id, row.line_no)) or default
        if item:
            yield item, share


class Column:
    """One column of one period: a span of periods `first` to `last`, a balance before it and one after."""

    def __init__(self, book: SlowBook, reads: str, period: str, reclass: str) -> None:
        year, month = int(period[:4]), int(period[5:])
        quarter = (month - 1) // 3 * 3 + 1
        spans = {
            "closing": (period, period),
            "period": (period, period),
            "quarter": (f"{year}-{quarter:02d}" if quarter > 1 else f"{year}-00", period),
            "year_to_date": (f"{year}-00", period),
            "year_opening": (f"{year}-00", ""),
            "previous_year": (f"{year - 1}-00", f"{year - 1}-12"),
        }
        self.first, self.last = spans[reads]
        self.restated = (f"{year}-01", period) if reads == "year_opening" else ("", "")
        self.book, self.reclass = book, reclass
        self._known: dict[tuple[str, str], D] = {}
        self.none = reads == "previous_year" and int(book.start[:4]) == year

    def _sum(self, entries: Iterable[Entry], figure: Callable[[Entry], D]) -> D:
        return ZERO if self.none else sum(map(figure, entries), ZERO)

    def _under(self, code: str) -> list[Entry]:
        return [entry for entry in self.book.entries if entry.code.startswith(code)]

    def _opening(self, entries: Iterable[Entry]) -> D:
        early = [entry for entry in entries if entry.period <= self.first]
        turned = [entry for entry in early if entry.period < self.first]
        turned += [e for e in entries if e.corrects and self.restated[0] <= e.period <= self.restated[1]]
        return self._sum(early, lambda e: e.opening) + self._sum(turned, lambda e: e.debit - e.credit)

    def _moved(self, entries: Iterable[Entry], figure: Callable[[Entry], D]) -> D:
        return self._sum((entry for entry in entries if self.first <= entry.period <= self.last), figure)

    def _net(self, entries: Iterable[Entry]) -> D:
        listed = list(entries)
        return self._opening(listed) + self._moved(listed, lambda e: e.debit - e.credit)

    def _side(self, code: str, sign: int) -> D:
        """The balances on one side of every leaf account, counterparty and currency, or of the account as a whole."""
        units: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self._under(code):
            units[("", "") if self.reclass == "account" else (entry.leaf, entry.party)].append(entry)
        return sum((max(sign * self._net(unit), ZERO) for unit in units.values()), ZERO)

    def figure(self, function: str, word: str) -> D:
        """One measure of the formula language."""
        if (function, word) not in self._known:
            self._known[function, word] = self._figure(function, word)
        return self._known[function, word]

    def _figure(self, function: str, word: str) -> D:
        if function == "flow":
            span = [
                amount for (period, item), amount in self.book.flows.items() if self._holds(period) and item == word
            ]
            return ZERO if self.none else sum(span, ZERO)
        if function == "cash_opening":
            return self._opening([entry for entry in self.book.entries if entry.cash])
        name, _, side = function.partition("_")
        if function in ("dr_side", "cr_side"):
            return self._side(word, 1 if name == "dr" else -1)
        entries = self._under(word)
        if function in ("dr_account", "cr_account"):
            return max(self._net(entries) * (1 if name == "dr" else -1), ZERO)
        sign = -1 if "cr" in (name, side) else 1
        if name == "opening":
            return sign * self._opening(entries)
        if name == "turnover":
            return sign * self._moved(entries, lambda e: e.debit - e.credit - e.transferred)
        if function in ("debits", "credits"):
            return self._moved(entries, lambda e: e.debit if function == "debits" else e.credit)
        return sign * self._net(entries)

    def _holds(self, period: str) -> bool:
        return self.first <= period <= self.last


def by_formulas(standard: str, name: str, part: str, column: Column) -> Figures:
    """A form by the text of its own formulas, for the whole of a row or a part of it."""
    rows = {row["key"]: row for row in _content(standard, name)}
    texts = {key: (row.get("parts", {}) if part else {}).get(part, row.get("formula", "")) for key, row in rows.items()}
    found: dict[str, D] = {}

    def amount(key: str) -> D:
        if key not in found:
            found[key] = ZERO if texts[key] == "hand" else total(texts[key])
        return found[key]

    def total(text: str) -> D:
        sign, stack, whole = 1, [1], ZERO
        for token in re.findall(r"\w+\([^()]*\)|[-+()]", text):
            if token in "+-":
                sign = stack[-1] * (1 if token == "+" else -1)
            elif token == "(":
                stack.append(sign)
            elif token == ")":
                stack.pop()
            else:
                function, _, words = token[:-1].partition("(")
                for word in words.split(",") if words else ("",):
                    figure = amount(word.strip()) if function == "line" else column.figure(function, word.strip())
                    whole += sign * figure
            if token == "(":
                sign = stack[-1]
        return whole

    def empty(row: Any) -> bool:
        return row.get("kind") == "heading" or texts[row["key"]] == "hand"

    return {key: None if empty(row) else amount(key) for key, row in rows.items()}


@lru_cache(maxsize=64)
def _content(standard: str, name: str) -> list[dict[str, Any]]:
    folder = CONTENT / standard / "statements"
    path = next(p for p in (folder / f"{name}.yaml", folder / "notes" / f"{name}.yaml") if p.exists())
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
    return rows


@lru_cache(maxsize=8)
def _official(reference: Path, name: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(
        (reference / "statements/statements_small.json").read_text(encoding="utf-8")
    )[name]["lines"]
    return lines


def by_reference(reference: Path, name: str, column: Column) -> Figures:
    """A form of the small standard by the reference's own table of lines."""
    lines = {line["line"]: line for line in _official(reference, name)}

    def amount(number: int) -> D:
        line = lines[number]
        if "total" in line:
            signed = re.findall(r"([-+]?)(\d+)", line["total"].partition("(")[0])
            return sum((amount(int(each)) * (-1 if sign == "-" else 1) for sign, each in signed), ZERO)
        if name == "cash_flow":
            flow = column.figure("flow", str(number))
            return {"+": flow, "-": -flow, "o": column.figure("cash_opening", "")}[line["sign"]]
        if name == "income_statement":
            accounts = line.get("accounts") or line.get("detail_accounts_suggested", ())
            return sum((_earned(column, code) * (1 if _earns(line, code) else -1) for code in accounts), ZERO)
        terms = [
            (term["sign"], _FUNCTIONS[term["measure"]], code) for term in line["terms"] for code in term["accounts"]
        ]
        return sum((sign * column.figure(function, code) for sign, function, code in terms), ZERO)

    return {str(number): amount(number) for number in lines}


_FUNCTIONS = {"net_debit": "dr", "net_credit": "cr", "debit_side": "dr_side", "credit_side": "cr_side"}


def _earned(column: Column, code: str) -> D:
    return column.figure("turnover_cr", code)


def _earns(line: Mapping[str, Any], code: str) -> bool:
    """Details follow the line they stand under: 政府补助 is of 营业外收入, the others are of costs."""
    return line.get("measure", "").startswith("period_net_credit") or code.startswith("5301")
