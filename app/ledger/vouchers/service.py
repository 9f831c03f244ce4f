"""The voucher desk (凭证): draft 制单, change, review 审核, post 记账, void 作废 and reverse 红字冲销, in bulk.

Every verb takes vouchers of any number of books at once and costs the same few statements. Locks are taken in the
house's order: book, period, counter, balances. A number comes from a counter row, never from `max + 1`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from app.books.types import BookScope
from app.ledger.accounts import queries as accounts
from app.ledger.balances import service as balances
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions.types import Item, ItemKey
from app.ledger.periods import service as periods
from app.ledger.vouchers import errors, queries, rules
from app.ledger.vouchers.acts import service as acts
from app.ledger.vouchers.chain import service as chain
from app.ledger.vouchers.chain.types import Link
from app.ledger.vouchers.rows import service as rows
from app.ledger.vouchers.rows.service import AccountMap
from app.ledger.vouchers.types import Draft, Drafted, Posted
from app.ledger.vouchers.words import rules as word_rules
from app.ledger.vouchers.words import service as words
from infra.db import constraint
from infra.errors import Violation
from infra.ids import encode, new_id
from tenants.scope import TenantScope

# Another person than its preparer is neither who drafted a voucher nor who changed it last.
# The rows are held before they are counted: one voided or changed a moment ago is left out and leaves no gap.
_POST = """
WITH held AS MATERIALIZED (
  SELECT v.book_id, v.id, v.date, v.word, v.number, v.part
    FROM unnest(cast(:books AS bigint[]), cast(:ids AS uuid[])) AS k (b, i)
    JOIN tenant.voucher v ON v.book_id = k.b AND v.id = k.i
    JOIN tenant.book b ON b.id = v.book_id
   WHERE (v.status = 'reviewed'
          OR (v.status = 'draft' AND :review
              AND (v.source_type = 'closing' OR (v.preparer <> :reviewer AND v.drafter IS DISTINCT FROM :reviewer)
                   OR b.settings -> 'review_by_other' IS DISTINCT FROM cast('true' AS jsonb))))
     AND CASE WHEN v.cashier IS NOT NULL OR v.source_type = 'closing' THEN true
              WHEN b.settings -> 'cashier_signature' = cast('true' AS jsonb) THEN NOT EXISTS (
                SELECT 1 FROM tenant.voucher_line l JOIN tenant.account a ON a.book_id = k.b AND a.id = l.account_id
                 WHERE l.book_id = k.b AND l.voucher_id = k.i AND a.cash)
              ELSE true END
     FOR UPDATE OF v
), chosen AS (
  SELECT v.book_id, v.id, h.seq + row_number() OVER of_book AS seq
    FROM held v JOIN tenant.ledger_head h ON h.book_id = v.book_id
  WINDOW of_book AS (PARTITION BY v.book_id ORDER BY v.date, v.word, v.number, v.part)
), done AS (
  UPDATE tenant.voucher v
     SET status = 'posted', reviewed_by = coalesce(v.reviewed_by, :actor), posted_by = :actor, posted_at = :now,
         review_rule = CASE WHEN v.status = 'draft' AND v.source_type = 'closing'
                            THEN 'closing:' || v.source_rule || '@' || v.note ELSE v.review_rule END,
         post_seq = c.seq, row_version = v.row_version + 1, updated_at = :now
    FROM chosen c
   WHERE v.book_id = c.book_id AND v.id = c.id
  RETURNING v.book_id, v.id, v.period, v.post_seq, v.word, v.content_hash
), counted AS (
  UPDATE tenant.number_counter c SET posted = c.posted + k.n
    FROM (SELECT book_id, period, word, count(*) AS n FROM done GROUP BY book_id, period, word ORDER BY 1, 2, 3) k
   WHERE c.book_id = k.book_id AND c.period = k.period AND c.word = k.word
)
SELECT book_id, id, period, post_seq, content_hash FROM done ORDER BY book_id, post_seq
"""
_REVIEW = """
UPDATE tenant.voucher v
   SET status = 'reviewed', reviewed_by = :actor, row_version = v.row_version + 1, updated_at = :now
  FROM unnest(cast(:books AS bigint[]), cast(:ids AS uuid[])) AS k (b, i)
 WHERE v.book_id = k.b AND v.id = k.i AND v.status = 'draft'
   AND (:same OR (v.preparer <> :reviewer AND v.drafter IS DISTINCT FROM :reviewer))
RETURNING v.id
"""
_UNREVIEW = """
UPDATE tenant.voucher SET status = 'draft', reviewed_by = NULL, review_rule = NULL, row_version = row_version + 1,
       updated_at = :now
 WHERE book_id = :book AND id = :id AND status = 'reviewed'
"""
_PARTS = """
SELECT v.id, v.period, v.word, v.number, v.status
  FROM unnest(cast(:ids AS uuid[])) AS k (i)
  JOIN tenant.voucher n ON n.book_id = :book AND n.id = k.i
  JOIN tenant.voucher v ON v.book_id = :book AND v.period = n.period AND v.word = n.word AND v.number = n.number
 ORDER BY v.period, v.word, v.number, v.part
   FOR UPDATE OF v
"""
_VOID = """
UPDATE tenant.voucher v
   SET status = 'void', source_id = NULL, reverses = NULL, external_id = NULL, row_version = v.row_version + 1,
       note = :note, updated_at = :now
  FROM unnest(cast(:ids AS uuid[])) AS k (i)
 WHERE v.book_id = :book AND v.id = k.i
"""
_COUNT_VOID = """
UPDATE tenant.number_counter c SET voided = c.voided + k.n
  FROM unnest(cast(:periods AS text[]), cast(:words AS text[]), cast(:counts AS integer[])) AS k (p, w, n)
 WHERE c.book_id = :book AND c.period = k.p AND c.word = k.w
"""
_CHANGE = """
UPDATE tenant.voucher SET date = :date, attachments = :attachments, note = :note, status = 'draft', reviewed_by = NULL,
       review_rule = NULL, cashier = NULL, hand_changed = true, prepared_by = :actor,
       preparer = :preparer, drafter = coalesce(drafter, preparer), row_version = row_version + 1, updated_at = :now
 WHERE book_id = :book AND id = :id
"""
_DROP_LINES = "DELETE FROM tenant.voucher_line WHERE book_id = :book AND voucher_id = :id"


BULK = 100  # vouchers; from here on a fresh plan is cheaper than a stale one


class Examined(NamedTuple):
    """Drafts held against their books: the accounts and items they use, each draft's violations and its word."""

    accounts: AccountMap
    items: Mapping[ItemKey, Item]
    violations: list[list[Violation]]
    words: list[str]


def examine(scope: TenantScope, drafts: Sequence[Draft]) -> Examined:
    """Hold drafts against the charts, items and words of their books; two queries for any number of drafts.

    Drafts of several books cost a third, for the words.
    """
    books = sorted({draft.book_id for draft in drafts})
    found = accounts.in_books(scope, books, (line.account for draft in drafts for line in draft.lines))
    named = {
        (draft.book_id, *item)
        for draft in drafts
        for line in draft.lines
        if (line.counterparty or line.items) and (account := found.get((draft.book_id, line.account)))
        for item in rules.named(line, account)
    }
    items = dimensions.items(scope, named)
    violations = [rules.check(draft, found, items) for draft in drafts]
    kept = words.of_books(scope, books)
    named_words: list[str] = []
    for draft, broken in zip(drafts, violations, strict=True):
        if draft.part > 1:
            draft = replace(draft, word=named_words[-1])
        word, unfit = word_rules.assign(draft, kept.get(draft.book_id, ()))
        named_words.append(word)
        broken += unfit
    return Examined(found, items, violations, named_words)


def draft_vouchers(scope: TenantScope, drafts: Sequence[Draft]) -> list[Drafted]:
    """Draft vouchers (制单) of any number of books, numbered in the order given.

    Raises `VoucherRejected` with every violation (pointers are prefixed by the draft's index when there are several),
    `PeriodClosed`, `SourceBooked`, `ExternalIdTaken`.
    """
    if not drafts:
        return []
    seen = examine(scope, drafts)
    _refuse(seen.violations)
    if len(drafts) >= BULK:
        scope.plan_anew()
    keys = [(draft.book_id, f"{draft.date:%Y-%m}", word) for draft, word in zip(drafts, seen.words, strict=True)]
    periods.reach(scope, ((book, period) for book, period, _ in keys))
    numbers = rows.take_numbers(scope, keys, [draft.part for draft in drafts])
    written = [Drafted(*key[:1], new_id(), *key[1:], number) for key, number in zip(keys, numbers, strict=True)]
    try:
        rows.insert_heads(scope, drafts, written)
    except IntegrityError as error:
        _explain(error, drafts)
        raise
    lines = [(draft.lines, done) for draft, done in zip(drafts, written, strict=True)]
    rows.insert_lines(scope, lines, seen.accounts, seen.items)
    acts.drafted(scope, written)
    return written


def _refuse(violations: Sequence[list[Violation]]) -> None:
    if not any(violations):
        return
    several = len(violations) > 1
    every = [
        Violation(v.code, f"/{index}{v.path}" if several else v.path, v.params)
        for index, of_draft in enumerate(violations)
        for v in of_draft
    ]
    raise errors.VoucherRejected(violations=every, count=len(every))


def _explain(error: IntegrityError, drafts: Sequence[Draft]) -> None:
    name = constraint(error)
    if name == "voucher_source_uq":
        raise errors.SourceBooked from error
    if name == "voucher_reverses_uq":
        raise errors.AlreadyReversed from error
    if name == "voucher_external_uq":
        raise errors.ExternalIdTaken(external_id=drafts[0].external_id if len(drafts) == 1 else "") from error


def post_vouchers(scope: TenantScope, chosen: Sequence[tuple[int, UUID]], *, review: bool = False) -> list[Posted]:
    """Post vouchers (记账) of any number of books, given as (book id, voucher id); posting cannot be undone.

    Drafts are posted only when `review` says that the same act reviews them, and then by the rule of every review: not
    by who drafted them or changed them last where the book takes another person. What is posted already is left alone,
    so a repeated call changes nothing. Where the book asks for the cashier's signature (出纳签字), vouchers with cash
    lines are posted only with it; the month end's own move no cash. What the month end made is reviewed by its rule:
    the voucher names the step and the edition of the law it worked by (财会〔2024〕11号 Art. 17). The database checks
    each voucher's balance, period and review once more and seals it with the hash of its content.
    """
    if not chosen:
        return []
    books = sorted({book for book, _ in chosen})
    heads = periods.lock_heads(scope, books)
    done = scope.run(
        _POST,
        books=[book for book, _ in chosen],
        ids=[voucher_id for _, voucher_id in chosen],
        review=review,
        reviewer=scope.actor.key,
        actor=scope.actor.name,
        now=scope.now,
    ).all()
    if not done:
        return []
    chain.extend(scope, heads, [Link(row.book_id, row.post_seq, row.content_hash) for row in done])
    balances.post(scope, [row.book_id for row in done], [row.id for row in done])
    posted = [Posted(row.book_id, row.id, row.period, row.post_seq) for row in done]
    acts.posted(scope, posted)
    return posted


def review_vouchers(scope: BookScope, ids: Sequence[UUID]) -> list[UUID]:
    """Review drafts (审核); returns those that were, the others were not drafts of somebody else.

    Who drafted a voucher or changed it last may review it only where the book's setting `review_by_other` is off.
    """
    same = not scope.book.settings.get("review_by_other", False)
    found = scope.run(
        _REVIEW,
        books=[scope.book.id] * len(ids),
        ids=list(ids),
        actor=scope.actor.name,
        reviewer=scope.actor.key,
        now=scope.now,
        same=same,
    )
    reviewed = [row.id for row in found]
    acts.reviewed(scope, reviewed)
    return reviewed


def unreview_voucher(scope: BookScope, voucher_id: UUID) -> None:
    """Take a review back (反审核); raises `VoucherNotFound`, `VoucherPosted` or `VoucherState`."""
    row = open_row(scope, voucher_id)
    if row["status"] != "reviewed":
        raise errors.VoucherState(status=row["status"])
    take_review_back(scope, row)


def take_review_back(scope: BookScope, row: queries.Row) -> None:
    """Take the review of a locked voucher back where it has one and is not posted: it was of something else."""
    if row["status"] == "reviewed":
        scope.run(_UNREVIEW, book=scope.book.id, id=row["id"], now=scope.now)
        acts.one(scope, "voucher.unreview", row["id"], reviewed_by=row["reviewed_by"])


def change_voucher(scope: BookScope, voucher_id: UUID, draft: Draft) -> None:
    """Replace date (within its period), note and lines of an unposted voucher; a review is taken back by it.

    Who changes a voucher is its preparer (制单人) from then on: nobody may review what it wrote over another's name.
    What says the same as before changes nothing, neither the review nor the preparer.
    Raises `VoucherNotFound`, `VoucherPosted`, `VoucherState`, `ReversalFixed`, `VoucherRejected`, `PeriodClosed`.
    """
    row = open_row(scope, voucher_id)
    difference = row["source_type"] == "correction" and row["source_rule"] == "difference"
    if row["reverses"] is not None or difference:
        raise errors.ReversalFixed
    if f"{draft.date:%Y-%m}" != row["period"]:
        raise errors.VoucherState(status=row["status"])
    seen = examine(scope, [replace(draft, word=row["word"])])
    _refuse(seen.violations)
    periods.reach(scope, [(scope.book.id, row["period"])])
    if rules.says_the_same(row, draft, seen.accounts):
        return
    scope.run(
        _CHANGE,
        book=scope.book.id,
        id=voucher_id,
        date=draft.date,
        attachments=draft.attachments,
        note=draft.note,
        actor=scope.actor.name,
        preparer=scope.actor.key,
        now=scope.now,
    )
    scope.run(_DROP_LINES, book=scope.book.id, id=voucher_id)
    done = Drafted(scope.book.id, voucher_id, row["period"], row["word"], row["number"])
    rows.insert_lines(scope, [(draft.lines, done)], seen.accounts, seen.items)
    acts.changed(scope, row, draft)


def void_voucher(scope: BookScope, voucher_id: UUID, reason: str) -> None:
    """Void an unposted voucher (作废): it keeps its number, says so, and frees its source.

    A number split over several vouchers (5-1/3) is one business and is voided whole. Raises `VoucherNotFound`,
    `VoucherPosted` (also for another part of its number) or `VoucherState`.
    """
    open_row(scope, voucher_id)
    if not void_vouchers(scope, [voucher_id], reason):
        raise errors.VoucherPosted


def void_vouchers(scope: BookScope, ids: Sequence[UUID], reason: str) -> list[UUID]:
    """Void those of these vouchers that are unposted, each with all parts of its number; returns every one voided."""
    numbers: dict[tuple[str, str, int], list[Row[Any]]] = {}
    for row in scope.run(_PARTS, book=scope.book.id, ids=list(ids)):
        numbers.setdefault((row.period, row.word, row.number), []).append(row)
    chosen = {
        row.id: (row.period, row.word)
        for of_number in numbers.values()
        if all(row.status in ("draft", "reviewed") for row in of_number)
        for row in of_number
    }
    if not chosen:
        return []
    periods.reach(scope, {(scope.book.id, period) for period, _ in chosen.values()})
    scope.run(_VOID, book=scope.book.id, ids=list(chosen), note=reason, now=scope.now)
    counts = sorted(Counter(chosen.values()).items())
    scope.run(
        _COUNT_VOID,
        book=scope.book.id,
        periods=[key[0] for key, _ in counts],
        words=[key[1] for key, _ in counts],
        counts=[count for _, count in counts],
    )
    acts.each(scope, "voucher.void", chosen, reason=reason)
    return list(chosen)


def reverse_voucher(scope: BookScope, voucher_id: UUID, on: date) -> Drafted:
    """Draft the red voucher (红字冲销) of a posted one: the same lines on the same sides, negative.

    The summary is the one 会计基础工作规范 Art. 51(5) prescribes. Raises `VoucherNotFound`, `VoucherState` when it is
    not posted or is itself a reversal, `AlreadyReversed`, `PeriodClosed`.
    """
    row = locked_row(scope, voucher_id)
    if row["status"] != "posted" or row["reverses"] is not None:
        raise errors.VoucherState(status=row["status"])
    summary = rules.summary_of("注销", row)
    lines = tuple(rules.red(rules.again(line), summary) for line in row["lines"])
    draft = Draft(scope.book.id, on, lines, row["word"], reverses=voucher_id, transfer=row["transfer"], waived=True)
    (red,) = draft_vouchers(scope, [draft])
    acts.one(scope, "voucher.reverse", voucher_id, by=encode("vch", red.id))
    return red


def locked_row(scope: BookScope, voucher_id: UUID) -> queries.Row:
    """The locked row of a voucher with its lines; raises `VoucherNotFound`."""
    row = queries.one(scope, scope.book.id, voucher_id, lock=True)
    if row is None:
        raise errors.VoucherNotFound
    return row


def open_row(scope: BookScope, voucher_id: UUID) -> queries.Row:
    """The locked row of a voucher that may still change; raises `VoucherNotFound`, `VoucherPosted`, `VoucherState`."""
    row = locked_row(scope, voucher_id)
    if row["status"] == "posted":
        raise errors.VoucherPosted
    if row["status"] == "void":
        raise errors.VoucherState(status="void")
    return row
