"""How steps are run: their vouchers drafted and posted, and what they read and wrote kept beside the period.

Invariant: a step's voucher and the row that says so are written in one transaction; running what did not change since
writes no voucher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.closing import errors
from app.closing.types import Plan, Reads, StepPlan, StepVoucher
from app.kernel.money import show
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Drafted, Source
from app.standards.loader import load
from infra.errors import Violation, render
from tenants.scope import TenantScope

# A step's own row says what it read; a row `step.case` what was booked for the case, and by which posted voucher.
_KEEP = """
INSERT INTO tenant.closing_step (book_id, period, step, voucher_id, facts, at)
SELECT b, p, s, v, cast(f AS jsonb), :now
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[]), cast(:steps AS text[]), cast(:vouchers AS uuid[]),
              cast(:facts AS text[])) AS k (b, p, s, v, f)
ON CONFLICT (book_id, period, step) DO UPDATE
   SET voucher_id = excluded.voucher_id, facts = excluded.facts, at = excluded.at
"""

Chosen = Sequence[tuple[Plan, StepPlan]]


def refusals(scope: TenantScope, chosen: Chosen) -> dict[int, list[Violation]]:
    """The books whose own or given lines the voucher desk would refuse now, by id, with why.

    The lines the month end works out itself always pass; what people wrote was right when they wrote it.
    """
    asked = [(plan, voucher) for plan, step in chosen for voucher in step.vouchers if not voucher.waived]
    if not asked:
        return {}
    seen = vouchers.examine(scope, [_draft(plan, voucher) for plan, voucher in asked])
    found: dict[int, list[Violation]] = {}
    for (plan, voucher), broken in zip(asked, seen.violations, strict=True):
        for one in broken:
            message = render(one.code, one.params)
            refused = errors.STEP_REFUSED.at(f"/steps/{voucher.step}", step=voucher.summary, message=message)
            found.setdefault(plan.facts.book.id, []).append(refused)
    return found


def write(scope: TenantScope, chosen: Chosen, *, post: bool) -> list[Drafted]:
    """Draft what these steps ask for, post it when told to, and keep what each read and wrote.

    One voucher desk call for any number of books; a step that has nothing to do and never had leaves no trace.
    """
    asked = [(plan, voucher) for plan, step in chosen for voucher in step.vouchers]
    drafted = vouchers.draft_vouchers(scope, [_draft(plan, voucher) for plan, voucher in asked])
    if post:
        vouchers.post_vouchers(scope, [(done.book_id, done.id) for done in drafted], review=True)
    rows: dict[tuple[int, str], tuple[Plan, UUID | None, str]] = {}
    for plan, step in chosen:
        if step.vouchers or step.status in ("done", "stale"):
            rows[plan.facts.book.id, step.id] = (plan, None, _read(step.reads))
    for (plan, voucher), done in zip(asked, drafted, strict=True):
        booked = _figures(voucher.figures)
        rows[plan.facts.book.id, voucher.rule] = (plan, done.id if post else None, booked)
    _keep(scope, rows)
    return drafted


def _keep(scope: TenantScope, rows: Mapping[tuple[int, str], tuple[Plan, UUID | None, str]]) -> None:
    scope.run(
        _KEEP,
        now=scope.now,
        books=[book for book, _ in rows],
        steps=[step for _, step in rows],
        periods=[str(plan.facts.period) for plan, _, _ in rows.values()],
        vouchers=[voucher_id for _, voucher_id, _ in rows.values()],
        facts=[facts for _, _, facts in rows.values()],
    )


def _draft(plan: Plan, voucher: StepVoucher) -> Draft:
    facts = plan.facts
    standard = load(facts.book.standard, facts.book.edition)
    return Draft(
        facts.book.id,
        voucher.on,
        voucher.lines,
        source=Source("closing", str(facts.period), f"{voucher.rule}#{voucher.run}"),
        transfer=voucher.transfer,
        note=f"{standard.id}-{standard.edition} {standard.fingerprint[:12]}",
        waived=voucher.waived,
    )


def _read(reads: Reads) -> str:
    return orjson.dumps({"read": dict(reads)}).decode()


def _figures(figures: Mapping[str, Any]) -> str:
    return orjson.dumps({name: show(amount) for name, amount in sorted(figures.items())}).decode()
