"""The witness (见证): what was refused at the doors, and every visit of an operator, in a transaction of its own.

Invariant: it never changes an answer. What it cannot write it says to the log of the process; and of one caller it
writes at most `MOST` refusals a minute, the next line naming how many were left out.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from flask import request

from app.audit.service import Act, record
from app.http.types import Sight
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import TenantRef

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
        """Write the line; never raises, because the answer is made already."""
        tenant = sight.caller.tenant
        if tenant is None:
            return
        left_out = self._left_out(f"{tenant.id} {sight.caller.actor.key}") if sight.refusal else 0
        if left_out is None:
            return
        try:
            _write(ports, tenant, sight, left_out)
        except Exception as error:  # whatever it is: a refusal stays the refusal it was
            log.warning("an access was not written down: %s", type(error).__name__)

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
        record(scope, [_act(sight, left_out)])


def _act(sight: Sight, left_out: int) -> Act:
    details: dict[str, Any] = {
        "method": sight.operation.method,
        "path": request.url_rule.rule if request and request.url_rule else "",
        "objects": {name: str(value)[:200] for name, value in sight.path.items()},
    }
    if sight.refusal is None:
        return Act("break_glass.visit", "operation", sight.operation.name, details)
    details |= {"code": sight.refusal.code, "needs": sight.operation.needs.value}
    return Act(
        "access.denied", "operation", sight.operation.name, details | ({"left_out": left_out} if left_out else {})
    )
