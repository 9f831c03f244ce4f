"""The register of invoices (发票登记) and its verbs: upload, read again, recognise, register, book, dismiss.

Invariant: an invoice stands in a book once, by whatever road it came, and has at most one voucher that is not void.
Writers take the book's ledger head before they look anything up, so two imports of one book come one after the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.batches import service as batches
from app.batches.types import Item
from app.books.types import BookScope
from app.documents import queries as document_queries
from app.documents import service as documents
from app.documents.types import MOST_FILES, Document, Incoming, Stored, Vault
from app.invoices import errors, queries, rules
from app.invoices.models import invoice as table
from app.invoices.models import invoice_line
from app.invoices.parsing.types import Parsed, ParsedInvoice, Problem
from app.invoices.proposals import rules as proposals
from app.invoices.types import Copy, Entry, Fate, Invoice, Known, Meeting, Part, Upload
from app.kernel.jobs import RECOGNISE
from app.kernel.periods import Period
from app.ledger.accounts import queries as accounts
from app.ledger.periods import queries as period_queries
from app.ledger.periods import service as periods
from app.ledger.vouchers import service as vouchers
from app.sensitive.types import mask_citizen_numbers
from app.standards.loader import load
from app.standards.types import Standard, Taxpayer
from infra.errors import Violation
from infra.ids import encode
from tenants.outbox import enqueue

_MEET = """
UPDATE tenant.invoice i
   SET state = k.s, status = k.st, problems = i.problems || cast(k.p AS jsonb), row_version = i.row_version + 1
  FROM unnest(cast(:ids AS uuid[]), cast(:states AS text[]), cast(:statuses AS text[]), cast(:problems AS text[]))
       AS k (i, s, st, p)
 WHERE i.book_id = :book AND i.id = k.i
"""
_WHOLE_QUANTITY, _WHOLE_PRICE = 13, 12  # digits before the point that the columns of a line take
ITEMS_EACH = 1_000_000  # items of a job that a document has room for
MOST_LISTED = 100  # refused parts that a document's row names; the job's items name them all


def upload(scope: BookScope, vault: Vault, incoming: Sequence[Incoming]) -> tuple[UUID, list[Stored]]:
    """Keep files and ask for their recognition in one transaction; gives the job and what was kept.

    A file the book has already is recognised again; its invoices are duplicates then, unless the first job was lost.
    Raises `DocumentTooLarge`.
    """
    stored = documents.store(scope, vault, incoming)
    asked = Upload(scope.book.uid, tuple(Part(one.document_id, one.filename) for one in stored))
    return enqueue(scope, RECOGNISE, asked.args, book_id=scope.book.id), stored


def read_again(scope: BookScope) -> tuple[UUID, Upload]:
    """Ask for the recognition of the oldest documents that no job is going to read; gives the job and what it reads.

    Of two who ask at once the second finds the first one's job. Raises `NothingUnread`.
    """
    periods.lock_heads(scope, [scope.book.id])
    unread = document_queries.unread(scope, MOST_FILES)
    if not unread:
        raise errors.NothingUnread
    asked = Upload(scope.book.uid, tuple(Part(one.id, one.filename) for one in unread))
    acts = [Act("document.read_again", "document", encode("doc", one.id), {}, scope.book.id) for one in unread]
    audit.record(scope, acts)
    return enqueue(scope, RECOGNISE, asked.args, book_id=scope.book.id), asked


def recognise(scope: BookScope, job_id: UUID, place: int, document: Document, parsed: Parsed) -> list[Fate]:
    """Register what a document says, say what became of it, and write an item of the job for each of its parts.

    `place` is the document's place in the job, from 1 on; the items come in its order.
    """
    fates = register(scope, document.id, parsed.items)
    hidden = [replace(one, detail=mask_citizen_numbers(one.detail)) for one in parsed.refused]
    parsed, refused = replace(parsed, refused=tuple(hidden)), [asdict(one) for one in hidden]
    state = "rejected" if not parsed.items else "partly_recognised" if refused else "recognised"
    documents.set_state(scope, document.id, state, refused[:MOST_LISTED])
    batches.write_items(scope, job_id, _items(scope.book.id, place * ITEMS_EACH, parsed, fates))
    details = {"filename": parsed.file, "refused": len(refused), **Counter(fate.fate for fate in fates)}
    audit.record(scope, [Act("document.recognise", "document", encode("doc", document.id), details, scope.book.id)])
    return fates


def _items(book_id: int, first: int, parsed: Parsed, fates: Sequence[Fate]) -> list[Item]:
    items = [
        Item(
            book_id,
            first + fate.index,
            parsed.items[fate.index].number,
            fate.fate,
            "invoice",
            fate.invoice_id,
            _json(fate.problems),
        )
        for fate in fates
    ]
    return items + [
        Item(book_id, seq, one.file[:255], "needs_attention", problems=_json([Problem(one.code, one.detail)]))
        for seq, one in enumerate(parsed.refused, first + len(items))
    ]


def register(scope: BookScope, document_id: UUID, parsed: Sequence[ParsedInvoice]) -> list[Fate]:
    """Register invoices of one document and draft their vouchers, the same few statements for any number.

    A voucher that breaks a rule of the ledger leaves its invoice in need of attention and never fails the others.
    """
    periods.lock_heads(scope, [scope.book.id])
    firsts, copies = rules.fold(Invoice.of(one) for one in parsed)
    known = queries.known(scope, firsts)
    entries = _propose(scope, [invoice for key, (_, invoice) in firsts.items() if key not in known])
    _draft(scope, entries)
    _insert(scope, document_id, entries)
    met = {key: rules.meet(known[key], invoice) for key, (_, invoice) in firsts.items() if key in known}
    _move_on(scope, met.values())
    fates = {entry.invoice.key: _fate_of(firsts[entry.invoice.key][0], entry) for entry in entries}
    fates |= {key: _fate_of_met(firsts[key][0], meeting) for key, meeting in met.items()}
    every = [*fates.values(), *(_fate_of_copy(copy, fates[copy.key]) for copy in copies)]
    return sorted(every, key=lambda fate: fate.index)


def _propose(scope: BookScope, invoices: Iterable[Invoice], *, seen: bool = False) -> list[Entry]:
    book, standard = scope.book, load(scope.book.standard, scope.book.edition)
    months, leaves = _open_range(scope), _leaves(scope, standard)
    return [Entry(one, proposals.propose(book, standard, one, *months, seen=seen, leaves=leaves)) for one in invoices]


def _leaves(scope: BookScope, standard: Standard) -> dict[str, str]:
    """The book's code of each account of the standard that plays a role."""
    taxpayer = Taxpayer(scope.book.taxpayer)
    roles = {codes[taxpayer] for codes in standard.roles.values() if taxpayer in codes}
    return {role: code for (_, role), code in accounts.playing(scope, [scope.book.id], roles).items()}


def _open_range(scope: BookScope) -> tuple[Period, Period]:
    """The first and the last month that may be written into, the open ones held so that nobody closes them now."""
    reached = period_queries.of_book(scope, scope.book.id)
    held = period_queries.lock(scope, [(one.book_id, one.period) for one in reached if one.state == "open"])
    still = sorted(one.period for one in held.values() if one.state == "open")
    first = Period.parse(still[0]) if still else Period.parse(reached[-1].period).plus(1)
    return first, first.plus(periods.AHEAD - 1)


def _draft(scope: BookScope, entries: Iterable[Entry]) -> None:
    """Draft the proposed vouchers in the order of their dates; an entry whose voucher is refused says why."""
    asked = [(entry, entry.proposal.draft) for entry in entries if entry.proposal.draft]
    taken = queries.sources(scope, [proposals.source_id(entry.invoice.key) for entry, _ in asked])
    for entry, _ in asked:
        if voucher_id := taken.get(proposals.source_id(entry.invoice.key)):
            _set_aside(entry, [errors.problem(errors.SOURCE_BOOKED, encode("vch", voucher_id))])
    asked = [(entry, draft) for entry, draft in asked if entry.proposal.draft]
    violations = vouchers.examine(scope, [draft for _, draft in asked]).violations
    for (entry, _), found in zip(asked, violations, strict=True):
        if found:
            _set_aside(entry, rules.broken(found))
    good = sorted(((e, draft) for e, draft in asked if e.proposal.draft), key=lambda pair: pair[1].date)
    for (entry, _), drafted in zip(good, vouchers.draft_vouchers(scope, [draft for _, draft in good]), strict=True):
        entry.voucher_id = drafted.id


def _set_aside(entry: Entry, why: Iterable[Problem]) -> None:
    problems = (*why, *entry.proposal.problems)
    entry.proposal = replace(entry.proposal, state="needs_attention", problems=problems, draft=None)


def _insert(scope: BookScope, document_id: UUID, entries: Collection[Entry]) -> None:
    if not entries:
        return
    common = {"book_id": scope.book.id, "document_id": document_id, "created_at": scope.now}
    scope.execute(insert(table), [{**common, **_face(entry.invoice), **_outcome(entry)} for entry in entries])
    lines = [line for entry in entries for line in _lines(scope.book.id, entry)]
    if lines:
        scope.execute(insert(invoice_line), lines)


def _face(one: Invoice) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "code": one.code,
        "number": one.number,
        "issued_on": one.issued_on,
        "seller_name": one.seller.name,
        "seller_tax_id": one.seller.tax_id,
        "buyer_name": one.buyer.name,
        "buyer_tax_id": one.buyer.tax_id,
        "net": one.net,
        "tax": one.tax,
        "gross": one.gross,
        "red": one.red,
        "special": one.special,
        "original_number": one.original_number,
        "status": one.status,
    }


def _outcome(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "direction": entry.proposal.direction,
        "business": entry.proposal.business,
        "state": entry.proposal.state,
        "problems": _json(entry.proposal.problems),
        "voucher_id": entry.voucher_id,
    }


def _lines(book_id: int, entry: Entry) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(entry.invoice.lines, 1):
        yield {
            "book_id": book_id,
            "invoice_id": entry.id,
            "line_no": number,
            "name": line.name,
            "tax_code": line.tax_code,
            "quantity": rules.within(line.quantity, _WHOLE_QUANTITY),
            "unit_price": rules.within(line.unit_price, _WHOLE_PRICE),
            "net": line.net,
            "tax_rate": line.tax_rate,
            "tax": line.tax,
        }


def _json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"code": one.code, "detail": one.detail} for one in problems]


def _move_on(scope: BookScope, met: Iterable[Meeting]) -> None:
    """Write the states and statuses that further copies have moved on."""
    moved = [m for m in met if (m.state, m.status) != (m.known.state, m.known.invoice.status)]
    if moved:
        scope.run(
            _MEET,
            book=scope.book.id,
            ids=[m.known.id for m in moved],
            states=[m.state for m in moved],
            statuses=[m.status for m in moved],
            problems=[json.dumps(_json(m.problems)) for m in moved],
        )


def _fate_of(index: int, entry: Entry) -> Fate:
    fate = "created" if entry.proposal.state == "booked" else "needs_attention"
    return Fate(index, fate, entry.id, entry.voucher_id, entry.proposal.problems)


def _fate_of_met(index: int, met: Meeting) -> Fate:
    return Fate(index, met.fate, met.known.id, met.known.voucher_id, met.problems)


def _fate_of_copy(copy: Copy, first: Fate) -> Fate:
    if copy.contradiction:
        conflict = (rules.conflict(copy.contradiction),)
        return Fate(copy.index, "needs_attention", first.invoice_id, first.voucher_id, conflict)
    return Fate(copy.index, "duplicate", first.invoice_id, first.voucher_id)


def open_invoice(scope: BookScope, invoice_id: UUID) -> Known:
    """A registered invoice with its lines, held for a change; raises `InvoiceNotFound`."""
    periods.lock_heads(scope, [scope.book.id])
    return rules.known_of(queries.one(scope, invoice_id, lock=True))


def book_invoice(scope: BookScope, invoice_id: UUID) -> UUID:
    """Draft the voucher of an invoice whose cause is cured or that somebody has looked at, or whose voucher was voided.

    Raises `InvoiceNotFound`, `InvoiceBooked`, or `InvoiceNotBookable` with every reason.
    """
    known = open_invoice(scope, invoice_id)
    if known.booked:
        raise errors.InvoiceBooked
    (entry,) = _propose(scope, [known.invoice], seen=True)
    entry.id = known.id
    _draft(scope, [entry])
    if entry.voucher_id is None:
        why = [Violation(each.code, "", {"detail": each.detail}) for each in entry.proposal.problems]
        raise errors.InvoiceNotBookable(violations=why, count=len(why))
    _rewrite(scope, known, _outcome(entry), "invoice.book", {"voucher": encode("vch", entry.voucher_id)})
    return entry.voucher_id


def dismiss(scope: BookScope, invoice_id: UUID, reason: str) -> None:
    """Decide that an invoice is not booked, and say why; raises `InvoiceNotFound` or `InvoiceBooked`."""
    known = open_invoice(scope, invoice_id)
    if known.booked and known.state == "booked":
        raise errors.InvoiceBooked
    problems = _json([errors.problem(errors.DISMISSED, reason), *known.invoice.problems])
    _rewrite(scope, known, {"state": "not_booked", "problems": problems}, "invoice.dismiss", {"reason": reason})


def _rewrite(
    scope: BookScope, known: Known, values: Mapping[str, Any], action: str, details: Mapping[str, Any]
) -> None:
    row = (table.c.book_id == scope.book.id) & (table.c.id == known.id)
    scope.execute(update(table).where(row).values(**values, row_version=known.row_version + 1))
    audit.record(scope, [Act(action, "invoice", encode("inv", known.id), details, scope.book.id)])
