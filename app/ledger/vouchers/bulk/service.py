"""Bulk acts on vouchers of one book with a fate for each item: drafting, review, signing, posting and voiding.

Invariant: there is a fate for every item, in the order given; `atomic` means that one failure leaves no row, no number
and no opened period behind. An item that is named twice has no fate of its own and fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from app.books.types import BookScope
from app.ledger.periods import service as periods
from app.ledger.vouchers import errors, queries, rules, service
from app.ledger.vouchers.bulk.types import BulkItem, Fate
from app.ledger.vouchers.queries import State
from app.ledger.vouchers.signatures import service as signatures
from app.ledger.vouchers.types import Draft
from infra.errors import Refusal
from infra.ids import encode

Fates = Mapping[UUID, Fate]


def draft(scope: BookScope, items: Sequence[BulkItem], *, atomic: bool) -> list[Fate]:
    """Draft many vouchers (批量制单); an external id that already carries the same voucher is `unchanged`."""
    return _whole_or_partly(scope, atomic, lambda: _draft(scope, items))


def _whole_or_partly(scope: BookScope, atomic: bool, act: Callable[[], list[Fate]]) -> list[Fate]:
    with scope.connection.begin_nested() as savepoint:
        fates = act()
        if atomic and any(fate.status == "failed" for fate in fates):
            savepoint.rollback()
            return [fate if fate.status == "failed" else Fate("not_applied") for fate in fates]
    return fates


def _draft(scope: BookScope, items: Sequence[BulkItem]) -> list[Fate]:
    fates: dict[int, Fate] = {}
    for index, refusal in _refused_alone(items):
        fates[index] = Fate("failed", refusal=refusal)
    left = {index: item.draft for index, item in enumerate(items) if index not in fates and item.draft}
    fates |= _known(scope, left)
    left = {index: each for index, each in left.items() if index not in fates}
    for index, refusal in _refused_by_book(scope, left):
        fates[index] = Fate("failed", refusal=refusal)
    good = [index for index in left if index not in fates]
    for index, done in zip(good, service.draft_vouchers(scope, [left[i] for i in good]), strict=True):
        fates[index] = Fate("created", done.id, version=1)
    return [fates[index] for index in range(len(items))]


def _refused_alone(items: Sequence[BulkItem]) -> list[tuple[int, Refusal]]:
    """What is wrong with an item before the book is asked."""
    external_ids = Counter(item.external_id for item in items if item.external_id)
    client_refs = Counter(item.client_ref for item in items if item.client_ref)
    found: list[tuple[int, Refusal]] = []
    for index, item in enumerate(items):
        if item.external_id and external_ids[item.external_id] > 1:
            found.append((index, errors.DuplicateItem(named=item.external_id)))
        elif item.client_ref and client_refs[item.client_ref] > 1:
            found.append((index, errors.DuplicateItem(named=item.client_ref)))
        elif item.refusal is not None:
            found.append((index, item.refusal))
    return found


def _known(scope: BookScope, drafts: dict[int, Draft]) -> dict[int, Fate]:
    """Items whose external id a voucher already carries: the same voucher is unchanged, another one fails."""
    wanted = {each.external_id: index for index, each in drafts.items() if each.external_id}
    fates = {}
    for row in queries.by_external_ids(scope, scope.book.id, list(wanted)):
        index = wanted[row["external_id"]]
        if _same(drafts[index], row):
            fates[index] = Fate("unchanged", row["id"], version=row["row_version"])
        else:
            fates[index] = Fate("failed", row["id"], errors.ExternalIdTaken(external_id=row["external_id"]))
    return fates


def _same(asked: Draft, row: queries.Row) -> bool:
    lines = [rules.again(line)._replace(cash_item=None) for line in row["lines"]]
    meant = [line._replace(cash_item=None, items=tuple(sorted(line.items))) for line in asked.lines]
    return asked.date == row["date"] and asked.word in ("", row["word"]) and meant == lines


def _refused_by_book(scope: BookScope, drafts: dict[int, Draft]) -> list[tuple[int, Refusal]]:
    violations = service.examine(scope, list(drafts.values())).violations
    closed: dict[str, Refusal] = {}
    for period in sorted({f"{each.date:%Y-%m}" for each in drafts.values()}):
        try:
            periods.reach(scope, [(scope.book.id, period)])
        except Refusal as refusal:
            closed[period] = refusal
    found: list[tuple[int, Refusal]] = []
    for (index, each), broken in zip(drafts.items(), violations, strict=True):
        if broken:
            found.append((index, errors.VoucherRejected(violations=broken, count=len(broken))))
        elif f"{each.date:%Y-%m}" in closed:
            found.append((index, closed[f"{each.date:%Y-%m}"]))
    return found


def _acted(scope: BookScope, ids: Sequence[UUID], atomic: bool, act: Callable[[list[UUID]], Fates]) -> list[Fate]:
    """The fate of each of these vouchers after an act over those that are named once."""
    times = Counter(ids)
    once = [one for one in ids if times[one] == 1]

    def fates() -> list[Fate]:
        found = act(once)
        twice = {
            one: Fate("failed", one, errors.DuplicateItem(named=encode("vch", one))) for one in ids if times[one] > 1
        }
        return [twice.get(one) or found[one] for one in ids]

    return _whole_or_partly(scope, atomic, fates)


def review(scope: BookScope, ids: Sequence[UUID], *, atomic: bool) -> list[Fate]:
    """Review many drafts (批量审核); what is reviewed already is `unchanged`."""

    def act(chosen: list[UUID]) -> Fates:
        before = queries.states(scope, scope.book.id, chosen)
        done = set(service.review_vouchers(scope, chosen))
        return {
            one: _fate(one, before.get(one), one in done, "reviewed", errors.ReviewerIsPreparer()) for one in chosen
        }

    return _acted(scope, ids, atomic, act)


def post(scope: BookScope, ids: Sequence[UUID], *, atomic: bool, review: bool = False) -> list[Fate]:
    """Post many vouchers (批量记账), with `review` the drafts among them too; what is posted already is `unchanged`."""

    def act(chosen: list[UUID]) -> Fates:
        if review:
            service.review_vouchers(scope, chosen)
        before = queries.states(scope, scope.book.id, chosen)
        done = {each.id for each in service.post_vouchers(scope, [(scope.book.id, one) for one in chosen])}
        return {one: _fate(one, before.get(one), one in done, "posted", errors.VoucherNotReviewed()) for one in chosen}

    return _acted(scope, ids, atomic, act)


def void(scope: BookScope, ids: Sequence[UUID], reason: str, *, atomic: bool) -> list[Fate]:
    """Void many unposted vouchers (批量作废), with the other parts of their numbers; what is void is `unchanged`."""

    def act(chosen: list[UUID]) -> Fates:
        before = queries.states(scope, scope.book.id, chosen)
        done = set(service.void_vouchers(scope, chosen, reason))
        return {one: _fate(one, before.get(one), one in done, "voided", errors.VoucherPosted()) for one in chosen}

    return _acted(scope, ids, atomic, act)


def sign(scope: BookScope, ids: Sequence[UUID], *, atomic: bool) -> list[Fate]:
    """Sign many vouchers as the cashier (批量出纳签字); what is signed already is `unchanged`."""

    def act(chosen: list[UUID]) -> Fates:
        before = queries.states(scope, scope.book.id, chosen)
        refusals = signatures.sign_vouchers(scope, chosen)
        after = queries.states(scope, scope.book.id, chosen)
        return {
            one: Fate("failed", one, refusal)
            if refusal
            else Fate("signed" if after[one] != before[one] else "unchanged", one, version=after[one].version)
            for one, refusal in refusals.items()
        }

    return _acted(scope, ids, atomic, act)


_SETTLED = {"reviewed": "reviewed", "posted": "posted", "voided": "void"}


def _fate(voucher_id: UUID, before: State | None, done: bool, word: str, of_draft: Refusal) -> Fate:
    """The fate of a voucher: done, there already, or why not; `of_draft` is what holds a draft back."""
    if before is None:
        return Fate("failed", voucher_id, errors.VoucherNotFound())
    if done:
        return Fate(word, voucher_id, version=before.version + 1)
    if before.status == _SETTLED[word]:
        return Fate("unchanged", voucher_id, version=before.version)
    return Fate("failed", voucher_id, _why_not(before.status, word, of_draft))


def _why_not(before: str, word: str, of_draft: Refusal) -> Refusal:
    if before == "posted":
        return errors.VoucherPosted()
    if before == "draft" or (word == "voided" and before == "reviewed"):
        return of_draft
    if before == "reviewed" and word == "posted":
        return errors.CashierMissing()
    return errors.VoucherState(status=before)


def of_period(scope: BookScope, period: str) -> list[UUID]:
    """The vouchers of a period that are not posted yet, in the order of their numbers."""
    return [row.id for row in queries.unposted(scope, [scope.book.id], period)]
