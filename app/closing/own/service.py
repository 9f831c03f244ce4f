"""Steps of a book's own (自定义结转): made, changed and taken away by whoever closes the book.

Invariant: a step is checked against the book's chart when it is written and again when it runs; what it wrote in a
period stays when the step goes.
"""

from __future__ import annotations

from typing import Any

import orjson

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.closing import errors
from app.closing.own import queries
from app.closing.own.queries import OwnRow
from app.closing.steps.own import rules
from app.closing.types import OwnLine, OwnStep
from app.ledger.periods import service as periods
from infra.ids import encode

MOST_STEPS = 50

_WRITE = """
INSERT INTO tenant.own_step AS s
       (book_id, code, number, title_zh, title_en, cycle, condition, lines, active, updated_at)
VALUES (:book, :code, :number, :title_zh, :title_en, :cycle, :condition, cast(:lines AS jsonb), :active, :now)
ON CONFLICT (book_id, code) DO UPDATE
   SET number = excluded.number, title_zh = excluded.title_zh, title_en = excluded.title_en, cycle = excluded.cycle,
       condition = excluded.condition, lines = excluded.lines, active = excluded.active,
       updated_at = excluded.updated_at, row_version = s.row_version + 1
RETURNING row_version
"""
_GONE = "DELETE FROM tenant.own_step WHERE book_id = :book AND code = :code"


def own_steps(scope: BookScope) -> list[OwnRow]:
    """Every step of the book's own, in order."""
    return queries.of_book(scope, scope.book.id)


def own_step(scope: BookScope, code: str, *, lock: bool = False) -> OwnRow:
    """One step of the book's own; `lock` holds the book's head, as a closing does. Raises `OwnStepNotFound`."""
    if lock:
        periods.lock_heads(scope, [scope.book.id])
    found = next((row for row in own_steps(scope) if row.step.id == code), None)
    if found is None:
        raise errors.OwnStepNotFound
    return found


def create_step(scope: BookScope, step: OwnStep) -> OwnRow:
    """Add a step; raises `OwnStepTaken`, `OwnStepRejected` with every broken rule."""
    periods.lock_heads(scope, [scope.book.id])
    known = own_steps(scope)
    if any(row.step.id == step.id for row in known):
        raise errors.OwnStepTaken(step=step.id)
    return _write(scope, step, known, "closing.create_step")


def change_step(scope: BookScope, step: OwnStep) -> OwnRow:
    """Replace a step; raises `OwnStepNotFound`, `OwnStepRejected` with every broken rule."""
    own_step(scope, step.id, lock=True)
    return _write(scope, step, own_steps(scope), "closing.change_step")


def delete_step(scope: BookScope, code: str) -> None:
    """Take a step away; its vouchers stay. Raises `OwnStepNotFound`."""
    own_step(scope, code, lock=True)
    scope.run(_GONE, book=scope.book.id, code=code)
    audit.record(scope, [_act(scope, "closing.delete_step", code)])


def _write(scope: BookScope, step: OwnStep, known: list[OwnRow], action: str) -> OwnRow:
    chart = queries.charts(scope, [scope.book.id])[scope.book.id]
    others = [row.step for row in known if row.step.id != step.id]
    violations = list(rules.check(step, chart, {other.number: other.title_zh for other in others}))
    if len(others) >= MOST_STEPS:
        violations.append(errors.STEP_TOO_MANY.at("", limit=MOST_STEPS))
    if violations:
        raise errors.OwnStepRejected(violations=violations, count=len(violations))
    values = {"title_zh": step.title_zh, "title_en": step.title_en, "cycle": step.cycle, "condition": step.condition}
    lines = orjson.dumps([_kept(line) for line in step.lines]).decode()
    written = scope.run(
        _WRITE,
        book=scope.book.id,
        code=step.id,
        number=step.number,
        lines=lines,
        active=step.active,
        now=scope.now,
        **values,
    )
    audit.record(scope, [_act(scope, action, step.id, number=step.number, lines=len(step.lines), **values)])
    return OwnRow(step, written.scalar_one())


def _kept(line: OwnLine) -> dict[str, Any]:
    numbers = {"share": f"{line.share:f}", "constant": f"{line.constant:f}"}
    return {**line._asdict(), **numbers, "items": [list(item) for item in line.items]}


def _act(scope: BookScope, action: str, code: str, **details: Any) -> Act:
    return Act(action, "own_step", code, {"book": encode("bk", scope.book.uid), **details}, scope.book.id)
