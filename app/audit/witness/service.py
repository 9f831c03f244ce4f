"""The witness (见证): what was refused at the doors, every visit of an operator, and what was taken away as a file.

Invariant: a line lies on the chain of the book that the path names, itself or by a job of it, when this firm has that
book. Of refusals and visits it writes in a transaction of its own. What was answered to a visitor is not given away
without its line; a refusal stays the refusal it was, and one that cannot be written is said to the log of the process.
Of one caller it writes at most `MOST` refusals a minute, the next line naming how many were left out; of a visitor it
writes each, and only those for asking too often are counted like everybody's. Of a file it writes in the transaction
that made it: what cannot be written is not given away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from flask import request
from sqlalchemy import select

from app.audit.errors import VisitUnseen
from app.audit.service import Act, record
from app.books import queries as books
from app.books.types import BookScope
from app.http import intake
from app.http.types import Operation, Sight, Taking
from infra.ids import decode
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.models import job
from tenants.scope import TenantRef, TenantScope

log = logging.getLogger(__name__)

MOST = 20
"""Refusals of one caller that are written in a minute, by one process."""
_MINUTE = 60_000_000_000  # in nanoseconds of the monotonic clock
_CALLERS = 10_000
"""Callers remembered at a time; the oldest is forgotten first."""


class Witness:
    """What the gate calls after a refusal, and after a visit."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._told: dict[str, tuple[int, int, int]] = {}

    def __call__(self, ports: Ports, sight: Sight) -> None:
        """Write the line; raises `VisitUnseen` when it cannot, of what a visitor was answered."""
        tenant = sight.caller.tenant
        if tenant is None:
            return
        visitor = sight.caller.actor.kind == "visitor"
        capped = sight.refusal is not None and (not visitor or sight.refusal.status == 429)
        left_out = self._left_out(f"{tenant.id} {sight.caller.actor.key}") if capped else 0
        if left_out is None:
            return
        try:
            _write(ports, tenant, sight, left_out)
        except Exception as error:  # whatever it is
            log.warning("an access was not written down: %s", type(error).__name__)
            if sight.refusal is None:
                raise VisitUnseen from error

    def _left_out(self, caller: str) -> int | None:
        """How many refusals were left out since the caller's last line, or None when this one is left out too."""
        now = time.monotonic_ns()
        with self._one:
            began, written, left_out = self._told.pop(caller, (now, 0, 0))
            if now - began >= _MINUTE:
                began, written = now, 0
            full = written >= MOST
            self._told[caller] = (began, written, left_out + 1) if full else (began, written + 1, 0)
            if len(self._told) > _CALLERS:
                self._told.pop(next(iter(self._told)))
            return None if full else left_out


def _write(ports: Ports, tenant: TenantRef, sight: Sight, left_out: int) -> None:
    with enter_tenant(
        ports.engine,
        tenant,
        sight.caller.actor,
        ports.clock,
        request_id=sight.request_id,
        statement_seconds=3,
        origin=sight.origin,
        keyring=ports.keyring,
        even_suspended=True,
    ) as scope:
        record(scope, [_act(sight, left_out, _book(scope, sight.path))])


def _book(scope: TenantScope, path: Mapping[str, Any]) -> int | None:
    """The book of this firm that the path names or whose job it names: who looks after it finds there who came."""
    if "job_id" in path:
        found: int | None = scope.execute(select(job.c.book_id).where(job.c.id == path["job_id"])).scalar_one_or_none()
        return found
    uid = decode("bk", str(path.get("book_id", "")))
    return books.id_of(scope, uid) if uid else None


def _act(sight: Sight, left_out: int, book_id: int | None) -> Act:
    details = _request(sight.operation, sight.path)
    if sight.refusal is None:
        details |= _asked(sight.operation)
        return Act("break_glass.visit", "operation", sight.operation.name, details, book_id)
    details |= {"code": sight.refusal.code, "needs": sight.operation.needs.value}
    details |= {"left_out": left_out} if left_out else {}
    return Act("access.denied", "operation", sight.operation.name, details, book_id)


def _request(operation: Operation, path: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for: the address and the objects it names."""
    return {
        "method": operation.method,
        "path": request.url_rule.rule if request and request.url_rule else "",
        "objects": {name: str(value)[:200] for name, value in path.items()},
    }


def _asked(operation: Operation) -> dict[str, Any]:
    """What the query wants; of what is refused it is not kept, or a stranger would write into the log by asking."""
    return {"asked": intake.asked(operation) if request else {}}


def taken(scope: TenantScope, taking: Taking) -> None:
    """Let a file that leaves have its line: which report, of which period, in which format, asked how (Art. 32)."""
    operation = taking.operation
    assert operation.export  # noqa: S101  (the type checker's: only these are told of)
    book_id = scope.book.id if isinstance(scope, BookScope) else None
    details = _request(operation, taking.path) | _asked(operation) | {"media": taking.media}
    record(scope, [Act(operation.export, "operation", operation.name, details, book_id)])
