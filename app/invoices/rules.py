"""The register's own rules: when two copies are one invoice, and what a later copy may change; pure.

Invariant: the first copy of a number stays; a later one that agrees moves its status on and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.invoices import errors
from app.invoices.errors import problem
from app.invoices.parsing.types import ParsedLine, Party, Problem
from app.invoices.types import Copy, Invoice, Key, Known, Meeting
from app.kernel.money import show
from infra.errors import Violation

_RANK = {"normal": 0, "partly_reversed": 1, "reversed": 2, "void": 3}
_ONE_WIDTH = str.maketrans("（）", "()", " \u3000")


def fold(batch: Iterable[Invoice]) -> tuple[dict[Key, tuple[int, Invoice]], list[Copy]]:
    """A batch as distinct invoices with the place of their first copies, and the further copies.

    The first copy stays; it takes over the status of a later one that agrees and is further on (正常, 红冲, 作废).
    """
    firsts: dict[Key, tuple[int, Invoice]] = {}
    copies = []
    for index, invoice in enumerate(batch):
        if invoice.key not in firsts:
            firsts[invoice.key] = (index, invoice)
            continue
        place, first = firsts[invoice.key]
        contradiction = disagreement(first, invoice)
        copies.append(Copy(index, invoice.key, contradiction))
        if not contradiction:
            firsts[invoice.key] = (place, replace(first, status=later(first.status, invoice.status)))
    return firsts, copies


def later(status: str, other: str) -> str:
    """The status that is further on."""
    return max(status, other, key=lambda one: _RANK.get(one, 0))


def disagreement(first: Invoice, second: Invoice) -> str:
    """What two copies of one number contradict each other about: totals or parties; '' when they agree."""
    for name in ("net", "tax", "gross"):
        left, right = getattr(first, name), getattr(second, name)
        if left != right:
            return f"{name} {show(left)} / {show(right)}"
    for name in ("seller", "buyer"):
        left, right = getattr(first, name), getattr(second, name)
        if not same(left, right):
            ids = left.tax_id and right.tax_id and not _alike(left.tax_id, right.tax_id)
            return f"{name} {left.tax_id} / {right.tax_id}" if ids else f"{name} {left.name} / {right.name}"
    return ""


def same(left: Party, right: Party) -> bool:
    """Whether two parties are one by what is known of them: by their tax ids, or else by their names.

    The masked number of a natural person only says who is another; several people share a mask, and the name decides.
    """
    if left.tax_id and right.tax_id:
        if not _alike(left.tax_id, right.tax_id):
            return False
        if "*" not in left.tax_id + right.tax_id:
            return True
    return not left.name or not right.name or same_name(left.name, right.name)


def _alike(left: str, right: str) -> bool:
    return len(left) == len(right) and all(a == b or "*" in (a, b) for a, b in zip(left, right, strict=True))


def same_name(left: str, right: str) -> bool:
    """Whether two names are one, whatever the width of their brackets and the blanks in them."""
    return left.translate(_ONE_WIDTH) == right.translate(_ONE_WIDTH)


def meet(known: Known, invoice: Invoice) -> Meeting:
    """What a further copy does to a registered invoice; the first copy stays, and only its status moves on."""
    before = known.invoice.status
    if contradiction := disagreement(known.invoice, invoice):
        return Meeting(known, "needs_attention", known.state, before, (conflict(contradiction),))
    status = later(before, invoice.status)
    if status != "void" or before == "void":
        return Meeting(known, "duplicate", known.state, status)
    if known.booked:
        return Meeting(known, "needs_attention", "needs_attention", status, (problem(errors.VOIDED_AFTER_BOOKING),))
    return Meeting(known, "needs_attention", "not_booked", status, (problem(errors.VOID),))


def conflict(contradiction: str) -> Problem:
    """The problem of a copy that contradicts the first."""
    return problem(errors.CONFLICT, contradiction)


def broken(violations: Iterable[Violation]) -> tuple[Problem, ...]:
    """What the ledger says against a proposed voucher, as problems of its invoice."""
    return tuple(
        Problem(each.code, " ".join([each.path, *(f"{name}={value}" for name, value in each.params.items())])[:300])
        for each in violations
    )


def known_of(row: Mapping[str, Any]) -> Known:
    """A row as a registered invoice, with the lines the row carries."""
    invoice = Invoice(
        kind=row["kind"],
        code=row["code"],
        number=row["number"],
        issued_on=row["issued_on"],
        seller=Party(row["seller_name"], row["seller_tax_id"]),
        buyer=Party(row["buyer_name"], row["buyer_tax_id"]),
        net=row["net"],
        tax=row["tax"],
        gross=row["gross"],
        red=row["red"],
        special=row["special"],
        original_number=row["original_number"],
        status=row["status"],
        lines=tuple(_line(line) for line in row.get("lines", ())),
        problems=_doubts(row["problems"]),
    )
    return Known(
        id=row["id"],
        invoice=invoice,
        state=row["state"],
        document_id=row["document_id"],
        voucher_id=row["voucher_id"],
        voucher_status=row["voucher_status"],
        row_version=row["row_version"],
    )


def _line(row: Mapping[str, Any]) -> ParsedLine:
    return ParsedLine(
        name=row["name"],
        tax_code=row["tax_code"],
        specification="",
        unit="",
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        net=row["net"],
        tax_rate=row["tax_rate"],
        tax_rate_text="",
        tax=row["tax"],
    )


def _doubts(problems: Iterable[Mapping[str, str]]) -> tuple[Problem, ...]:
    """The parsers' doubts among the problems a row keeps; what the rules found is found anew."""
    return tuple(Problem(each["code"], each["detail"]) for each in problems if each["code"] in errors.PARSING)


def within(value: Decimal | None, whole_digits: int) -> Decimal | None:
    """A quantity or unit price, or None when it has more digits before the point than its column takes."""
    return value if value is None or abs(value) < Decimal(10) ** whole_digits else None
