"""Proof in the background and on the command line: signatures, exports, balances rebuilt and compared every night."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from app.books import queries as books
from app.books.errors import BookNotFound
from app.ledger.proof.export import service as exports
from app.ledger.proof.rebuild.service import Comparison, compare
from app.ledger.proof.signing.service import every_book, keep, sign, waiting
from app.ledger.proof.types import Notary, Unsigned
from infra.db import make_engine
from infra.ports import Ports
from jobs.runner import JobRun
from tenants import registry
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, TenantRef

log = logging.getLogger(__name__)

BATCH = 200


def _waiting(run: JobRun, books: list[int], after: tuple[int, int]) -> list[Unsigned]:
    with run.scope(read_only=True) as scope:
        return waiting(scope, books, after, BATCH)


def sign_seals(run: JobRun) -> None:
    """Sign what nobody signed yet in the books of `args`, or in all; `proof.seal_replaced` is named, never signed."""
    notary, replaced = Notary.of(run.ports, run.tenant), []
    with run.scope(read_only=True) as scope:
        books = run.args.get("books") or every_book(scope)
    after = (0, 0)
    while unsigned := _waiting(run, books, after):
        signed, refused = sign(notary, unsigned)
        with run.scope() as scope:
            keep(scope, books, signed)
        replaced += refused
        after = unsigned[-1][:2]
        run.checkpoint()
    if replaced:
        log.critical("%s: %d seals are not the ones signed before", run.tenant.schema, len(replaced))
    run.result({"replaced": replaced}, partially=bool(replaced))


def rebuild(run: JobRun) -> None:
    """Rebuild and compare every balance of the firm (余额重算核对); a difference is the job's result and an alarm."""
    (found,) = _compared(run.ports, [run.tenant])
    if found.differing:
        log.critical("%s: %d balances differ from their lines", run.tenant.schema, found.differing)
    run.result({"differences": found.differing, "first": found.first}, partially=bool(found.differing))


def compare_all(ports: Ports) -> dict[str, Comparison]:
    """The comparison of every active firm, one after the other, by short name."""
    with ports.engine.connect() as connection:
        tenants = registry.all_tenants(connection)
    return {tenant.short_name: found for tenant, found in zip(tenants, _compared(ports, tenants), strict=True)}


def _compared(ports: Ports, tenants: Sequence[TenantRef]) -> list[Comparison]:
    """By the login of backups: it reads and cannot write, and the policies, which would double the cost, pass it by."""
    engine = make_engine(ports.settings.database_backup_url or ports.settings.database_url, 1, "zhangfang-rebuild")
    found = []
    try:
        for tenant in tenants:
            with enter_tenant(engine, tenant, SYSTEM, ports.clock, read_only=True, statement_seconds=600) as scope:
                found.append(compare(scope))
    finally:
        engine.dispose()
    return found


def notary_of(ports: Ports, firm: str) -> Notary:
    """The notary of a firm by its short name."""
    with ports.engine.connect() as connection:
        return Notary.of(ports, registry.by_short_name(connection, firm))


def export(ports: Ports, firm: str, code: str) -> Iterator[bytes]:
    """The export of the book of a code, in pieces; raises `BookNotFound` or what the doors raise."""
    notary = notary_of(ports, firm)
    with enter_tenant(ports.engine, notary.tenant, SYSTEM, ports.clock) as scope:
        book = books.by_code(scope, code)
        if book is None:
            raise BookNotFound
        exports.prepare(scope, book, notary)
    return exports.export(notary, SYSTEM, book.uid)
