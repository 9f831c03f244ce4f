"""Review by rule (自动审核) of vouchers the system makes from sources (财会〔2024〕11号 Art. 17, 12号 Art. 21(1)).

Invariant: a version of a rule reviews only after a person with the permission approved it, says the same for ever, and
stands in the voucher it reviewed as `rule@version`; the log keeps what it looked at. What no rule passes waits for a
person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.money import show
from app.ledger.vouchers.models import review_rule as table
from app.ledger.vouchers.review_rules import errors, queries, rules
from app.ledger.vouchers.review_rules.types import Facts, Reviewed, ReviewRule, Wanted
from infra.ids import encode, new_id

MOST = 2000
"""How many drafts one call looks at; the caller asks again while vouchers are left."""

_REVIEW = """
UPDATE tenant.voucher v
   SET status = 'reviewed', reviewed_by = k.n, review_rule = k.r, row_version = v.row_version + 1, updated_at = :now
  FROM unnest(cast(:ids AS uuid[]), cast(:names AS text[]), cast(:rules AS text[])) AS k (i, n, r)
 WHERE v.book_id = :book AND v.id = k.i AND v.status = 'draft'
"""


def propose_rule(scope: BookScope, wanted: Wanted) -> tuple[UUID, int]:
    """Write the first version of a rule; it reviews nothing before it is approved."""
    rule_id = new_id()
    _insert(scope, rule_id, 1, wanted)
    return rule_id, 1


def propose_version(scope: BookScope, rule_id: UUID, wanted: Wanted) -> tuple[UUID, int]:
    """Write another version of a rule; the one that reviews now goes on until this one is approved.

    Raises `ReviewRuleNotFound`.
    """
    newest = queries.versions(scope, rule_id, lock=True)[0]
    _insert(scope, rule_id, newest.version + 1, wanted)
    return rule_id, newest.version + 1


def _insert(scope: BookScope, rule_id: UUID, version: int, wanted: Wanted) -> None:
    who = {"proposed_by": scope.actor.name, "proposer": scope.actor.key, "proposed_at": scope.now}
    row = {"book_id": scope.book.id, "id": rule_id, "version": version, "state": "proposed"}
    said = {**wanted._asdict(), "accounts": list(wanted.accounts)}
    scope.execute(insert(table).values(**row, **said, **who))
    limit = None if wanted.max_amount is None else show(wanted.max_amount)
    _log(scope, "review_rule.propose", rule_id, version, **{**said, "max_amount": limit})


def approve_version(scope: BookScope, rule_id: UUID, version: int) -> None:
    """Let a proposed version review from now on, in place of the one before.

    Raises `ReviewRuleNotFound`, `ReviewRuleState`, and `ApproverIsProposer` where the book asks for another reviewer.
    """
    known = queries.versions(scope, rule_id, lock=True)
    wanted = next((one for one in known if one.version == version), None)
    if wanted is None:
        raise errors.ReviewRuleNotFound
    if wanted.state != "proposed":
        raise errors.ReviewRuleState(state=wanted.state)
    if scope.book.settings.get("review_by_other", False) and wanted.proposer == scope.actor.key:
        raise errors.ApproverIsProposer
    _retire(scope, rule_id, [one.version for one in known if one.state == "active"])
    approved = {"state": "active", "approved_by": scope.actor.name, "approved_at": scope.now}
    _set(scope, rule_id, [version], approved)
    _log(scope, "review_rule.approve", rule_id, version)


def retire_rule(scope: BookScope, rule_id: UUID) -> None:
    """Let no version of a rule review any longer; raises `ReviewRuleNotFound`, `ReviewRuleState` when none does."""
    known = queries.versions(scope, rule_id, lock=True)
    left = [one.version for one in known if one.state != "retired"]
    if not left:
        raise errors.ReviewRuleState(state="retired")
    _retire(scope, rule_id, left)
    _log(scope, "review_rule.retire", rule_id, max(left))


def _retire(scope: BookScope, rule_id: UUID, versions: Sequence[int]) -> None:
    if versions:
        _set(scope, rule_id, versions, {"state": "retired", "retired_by": scope.actor.name, "retired_at": scope.now})


def _set(scope: BookScope, rule_id: UUID, versions: Sequence[int], values: dict[str, Any]) -> None:
    own = (table.c.book_id == scope.book.id) & (table.c.id == rule_id) & table.c.version.in_(versions)
    scope.execute(update(table).where(own).values(**values))


def review_by_rule(scope: BookScope, period: str) -> list[Reviewed]:
    """Review the drafts of a period that an active rule passes, at most `MOST` looked at; says which rule did it."""
    active = queries.active(scope)
    if not active:
        return []
    sources = sorted({rule.source_type for rule in active})
    drafts = queries.made_by_system(scope, period, sources, MOST)
    chosen = [(draft, rule) for draft in drafts if (rule := rules.reviewer(active, draft)) is not None]
    if not chosen:
        return []
    scope.run(
        _REVIEW,
        book=scope.book.id,
        ids=[draft.id for draft, _ in chosen],
        names=[rule.name for _, rule in chosen],
        rules=[_named(rule.id, rule.version) for _, rule in chosen],
        now=scope.now,
    )
    audit.record(scope, [_reviewed(scope, draft, rule) for draft, rule in chosen])
    return [Reviewed(draft.id, rule.id, rule.version) for draft, rule in chosen]


def _named(rule_id: UUID, version: int) -> str:
    return f"{encode('rrl', rule_id)}@{version}"


def _reviewed(scope: BookScope, draft: Facts, rule: ReviewRule) -> Act:
    inputs = {**draft._asdict(), "id": encode("vch", draft.id), "amount": show(draft.amount)}
    details = {"rule": _named(rule.id, rule.version), "inputs": {**inputs, "accounts": list(draft.accounts)}}
    return Act("voucher.review", "voucher", encode("vch", draft.id), details, scope.book.id)


def _log(scope: BookScope, action: str, rule_id: UUID, version: int, **details: Any) -> None:
    named = encode("rrl", rule_id)
    audit.record(scope, [Act(action, "review_rule", named, {"version": version, **details}, scope.book.id)])
