"""Invoices (发票) as the register keeps them, what is proposed for one, and what became of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from app.invoices.parsing.types import ParsedInvoice, ParsedLine, Party, Problem
from app.ledger.vouchers.types import Draft
from app.sensitive.types import mask_citizen_numbers
from infra.ids import new_id

Key = tuple[str, str]
"""Code (发票代码, '' for digital ones) and number: what an invoice is known by in a book."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What the register keeps of an invoice's face, whatever file it came in; `problems` are the parser's doubts.

    Invariant: no citizen's number in it is whole; the file alone, which is kept sealed, says that.
    """

    kind: str
    code: str
    number: str
    issued_on: date
    seller: Party
    buyer: Party
    net: Decimal
    tax: Decimal
    gross: Decimal
    red: bool
    special: bool
    original_number: str | None
    status: str
    lines: tuple[ParsedLine, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, parsed: ParsedInvoice) -> Invoice:
        """The face of an invoice that was read from a file, the identity numbers of natural persons masked."""
        face = cls(**{each.name: getattr(parsed, each.name) for each in fields(cls)})
        return replace(
            face,
            seller=_masked(face.seller),
            buyer=_masked(face.buyer),
            lines=tuple(replace(line, name=mask_citizen_numbers(line.name)) for line in face.lines),
            problems=tuple(replace(each, detail=mask_citizen_numbers(each.detail)) for each in face.problems),
        )

    @property
    def key(self) -> Key:
        """Code and number."""
        return self.code, self.number


def _masked(party: Party) -> Party:
    return Party(mask_citizen_numbers(party.name), mask_citizen_numbers(party.tax_id))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the rules make of an invoice: a draft voucher, or the problems that stand against one.

    `state` is `booked`, `needs_attention` or `not_booked`; problems of a booked invoice are warnings. `business` names
    the business kinds of its lines, the largest first.
    """

    direction: str
    state: str
    problems: tuple[Problem, ...]
    business: str = ""
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Another copy of an invoice in the same batch; `contradiction` says what it differs in, '' when it agrees."""

    index: int
    key: Key
    contradiction: str


@dataclass(slots=True)
class Entry:
    """One invoice on its way into the register."""

    invoice: Invoice
    proposal: Proposal
    id: UUID = field(default_factory=new_id)
    voucher_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An invoice the register has: its face, its state, and its voucher with the state that is in."""

    id: UUID
    invoice: Invoice
    state: str
    document_id: UUID
    voucher_id: UUID | None
    voucher_status: str | None
    row_version: int

    @property
    def booked(self) -> bool:
        """Whether a voucher stands for it; a void one does not."""
        return self.voucher_id is not None and self.voucher_status != "void"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a further copy does to a registered invoice: its own fate, the invoice's state and status, and why."""

    known: Known
    fate: str
    state: str
    status: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one invoice of a batch: `created` (with a voucher), `duplicate` or `needs_attention` + why."""

    index: int
    fate: str
    invoice_id: UUID
    voucher_id: UUID | None
    problems: tuple[Problem, ...] = ()


class Part(NamedTuple):
    """One document of an upload, under the name it came with this time."""

    document_id: UUID
    filename: str


@dataclass(frozen=True, slots=True)
class Upload:
    """What a job is to recognise: documents of one book; each is one stage, named by its place."""

    book: UUID
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Upload:
        """The upload that a job's arguments name."""
        parts = (Part(UUID(each["document"]), each["filename"]) for each in args["parts"])
        return cls(UUID(args["book"]), tuple(parts))

    @property
    def args(self) -> dict[str, Any]:
        """The arguments of the job."""
        parts = [{"document": str(part.document_id), "filename": part.filename} for part in self.parts]
        return {"book": str(self.book), "parts": parts}

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the job, in order."""
        return tuple(str(place) for place in range(1, len(self.parts) + 1))
