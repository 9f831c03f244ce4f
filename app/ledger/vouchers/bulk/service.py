"""Bulk acts on vouchers of one book with a fate for each item: drafting, review and posting.

Invariant: there is a fate for every item, in the order given; `atomic` means that one failure leaves no row, no number
and no opened period behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from app.books.types import BookScope
from app.ledger.periods import service as periods
from app.ledger.vouchers import errors, queries, rules, service
from app.ledger.vouchers.bulk.types import BulkItem, Fate
from app.ledger.vouchers.types import Draft
from infra.errors import Refusal


def draft(scope: BookScope, items: Sequence[BulkItem], *, atomic: bool) -> list[Fate]:
    """Draft many vouchers (批量制单); an external id that already carries the same voucher is `unchanged`."""
    with scope.connection.begin_nested() as savepoint:
        fates = _draft(scope, items)
        if atomic and any(fate.status == "failed" for fate in fates):
            savepoint.rollback()
            return _not_applied(fates)
    return fates


def _not_applied(fates: Sequence[Fate]) -> list[Fate]:
    return [fate if fate.status == "failed" else Fate("not_applied") for fate in fates]


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
        fates[index] = Fate("created", done.id)
    return [fates[index] for index in range(len(items))]


def _refused_alone(items: Sequence[BulkItem]) -> list[tuple[int, Refusal]]:
    """What is wrong with an item before the book is asked."""
    times = Counter(item.external_id for item in items if item.external_id)
    found: list[tuple[int, Refusal]] = []
    for index, item in enumerate(items):
        if item.refusal is not None:
            found.append((index, item.refusal))
        elif item.external_id and times[item.external_id] > 1:
            found.append((index, errors.DuplicateItem(external_id=item.external_id)))
    return found


def _known(scope: BookScope, drafts: dict[int, Draft]) -> dict[int, Fate]:
    """Items whose external id a voucher already carries: the same voucher is unchanged, another one fails."""
    wanted = {each.external_id: index for index, each in drafts.items() if each.external_id}
    fates = {}
    for row in queries.by_external_ids(scope, scope.book.id, list(wanted)):
        index = wanted[row["external_id"]]
        if _same(drafts[index], row):
            fates[index] = Fate("unchanged", row["id"])
        else:
            fates[index] = Fate("failed", row["id"], errors.ExternalIdTaken(external_id=row["external_id"]))
    return fates


def _same(asked: Draft, row: queries.Row) -> bool:
    lines = [rules.again(line)._replace(cash_item=None) for line in row["lines"]]
    meant = [line._replace(cash_item=None, items=tuple(sorted(line.items))) for line in asked.lines]
    return (asked.date, asked.word) == (row["date"], row["word"]) and meant == lines


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


def review(scope: BookScope, ids: Sequence[UUID], *, atomic: bool) -> list[Fate]:
    """Review many drafts (批量审核); what is reviewed already is `unchanged`."""
    with scope.connection.begin_nested() as savepoint:
        before = queries.states(scope, scope.book.id, ids)
        done = set(service.review_vouchers(scope, ids))
        fates = [_review_fate(one, before.get(one), one in done) for one in ids]
        if atomic and any(fate.status == "failed" for fate in fates):
            savepoint.rollback()
            return _not_applied(fates)
    return fates


def _review_fate(voucher_id: UUID, before: str | None, done: bool) -> Fate:
    if done:
        return Fate("reviewed", voucher_id)
    if before == "reviewed":
        return Fate("unchanged", voucher_id)
    return Fate("failed", voucher_id, _why_not(before, errors.ReviewerIsPreparer()))


def post(scope: BookScope, ids: Sequence[UUID], *, atomic: bool, review: bool = False) -> list[Fate]:
    """Post many vouchers (批量记账), with `review` the drafts among them too; what is posted already is `unchanged`."""
    with scope.connection.begin_nested() as savepoint:
        if review:
            service.review_vouchers(scope, ids)
        before = queries.states(scope, scope.book.id, ids)
        done = {each.id for each in service.post_vouchers(scope, [(scope.book.id, one) for one in ids])}
        fates = [_post_fate(one, before.get(one), one in done) for one in ids]
        if atomic and any(fate.status == "failed" for fate in fates):
            savepoint.rollback()
            return _not_applied(fates)
    return fates


def _post_fate(voucher_id: UUID, before: str | None, done: bool) -> Fate:
    if done:
        return Fate("posted", voucher_id)
    if before == "posted":
        return Fate("unchanged", voucher_id)
    return Fate("failed", voucher_id, _why_not(before, errors.VoucherNotReviewed()))


def _why_not(before: str | None, of_draft: Refusal) -> Refusal:
    if before is None:
        return errors.VoucherNotFound()
    if before == "posted":
        return errors.VoucherPosted()
    return of_draft if before == "draft" else errors.VoucherState(status=before)


def of_period(scope: BookScope, period: str) -> list[UUID]:
    """The vouchers of a period that are not posted yet, in the order of their numbers."""
    return [row.id for row in queries.unposted(scope, [scope.book.id], period)]
