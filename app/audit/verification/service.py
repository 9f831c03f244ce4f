"""Verification (日志验证): a firm's whole log recomputed and held against every checkpoint outside of the database.

Invariant: it reads and never heals. Nothing a database login can write decides what the checkpoints said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from app.audit.checkpoints import queries as checkpoints
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints.types import Notary
from app.audit.types import Head, Line
from app.audit.verification import rules
from app.audit.verification.types import Report
from infra.keystore import KeyMissing, KeyShredded
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, TenantRef, TenantScope

_LINES = """
SELECT seq, prev, hash, id, book_id, at, actor, actor_name, on_behalf, session, address, agent, action, object_type,
       object_id, reason, details, personal, request_id
  FROM tenant.audit_event ORDER BY chain, seq
"""
_HEADS = "SELECT chain, seq, hash FROM tenant.audit_head ORDER BY chain"
_BOOKS = "SELECT id, uid FROM tenant.book"
_SECONDS = 3600


def verify(notary: Notary, tenant: TenantRef, seen_by_cell: Mapping[int, str] = MappingProxyType({})) -> Report:
    """Verify a firm's log; `seen_by_cell` are the digests of its checkpoints that the cell's checkpoints named."""
    report, ports = Report(tenant.short_name), notary.ports
    witnesses = _witnesses(report, notary)
    with enter_tenant(
        *(ports.engine, tenant, SYSTEM, ports.clock),
        read_only=True,
        one_snapshot=True,
        statement_seconds=_SECONDS,
        even_suspended=True,
    ) as scope:
        index = checkpoints.index(scope)
        _compare(report, "checkpoint.index", witnesses.entries, index)
        for number in sorted(witnesses.entries.keys() - index.keys()):
            report.found("checkpoint.index", number)
        chains(scope, report, witnesses, ports.clock())
    digests = {number: entry.digest for number, entry in witnesses.entries.items()}
    _compare(report, "checkpoint.cell", digests, seen_by_cell)
    return report


def chains(scope: TenantScope, report: Report, witnesses: rules.Witnesses, now: datetime) -> None:
    """Recompute every chain of the firm and whose it is; the transaction sees all its books from here on."""
    scope.narrow(checkpoints.EVERY_BOOK)
    ends = rules.check_lines(report, _lines(scope), witnesses, now)
    rules.check_heads(report, (Head(row.chain, row.seq, bytes(row.hash)) for row in scope.run(_HEADS)), ends.last)
    rules.check_books(report, {row.id: row.uid for row in scope.run(_BOOKS)}, ends.first)


def alone(scope: TenantScope) -> Report:
    """The chains of a firm by themselves, as they stand in the database and without any checkpoint."""
    report = Report(scope.tenant.short_name)
    chains(scope, report, rules.Witnesses(report, "", {}), scope.now)
    return report


def verify_cell(notary: Notary) -> tuple[Report, dict[str, dict[int, str]]]:
    """Verify a cell's checkpoints; the digests they name, by the firm (`firm:<id>`) and the number."""
    report = Report(notary.of)
    seen: dict[str, dict[int, str]] = {}
    for name, number, digest in _witnesses(report, notary).leaves():
        seen.setdefault(name, {})[number] = digest
    return report, seen


def _lines(scope: TenantScope) -> Iterator[Line]:
    return (Line._make(row) for row in scope.stream(_LINES))


def _witnesses(report: Report, notary: Notary) -> rules.Witnesses:
    """Every checkpoint of the store by the number in its key, the first version of each."""
    anchors = notary.ports.anchors
    witnesses = rules.Witnesses(report, notary.of, _public_keys(report, notary))
    for key, kept in anchors.history(notary.folder).items():
        number = int(key.rpartition("/")[2])
        if kept.hidden or kept.copies != 1:
            report.found("checkpoint.replaced", number)
        try:
            witnesses.take(number, notes.read(anchors.read(kept) if kept.copies else b""))
        except ValueError:
            report.found("checkpoint.unreadable", number)
    return witnesses


def _public_keys(report: Report, notary: Notary) -> Mapping[str, bytes] | None:
    """Who may have signed; None where the keys are no more, and only the cell's checkpoints still vouch for these."""
    try:
        return notary.signer.public_keys
    except KeyShredded:
        report.shredded = True
    except KeyMissing:
        report.found("keys.missing", notary.owner)
    return None


def _compare(report: Report, code: str, kept: Mapping[int, object], named: Mapping[int, object]) -> None:
    """Hold what somebody else remembers of the checkpoints against the store."""
    for number, remembered in named.items():
        if number not in kept:
            report.found("checkpoint.missing", number)
        elif kept[number] != remembered:
            report.found(code, number)
