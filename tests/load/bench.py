"""`./run bench P1 P2 ... [--json] [--large]`: our cost against Postgres' own in one run, at two sizes tenfold apart.

It starts a stack of its own in a throw-away directory, so nobody's data are touched. Figures are CPU seconds of client
and Postgres together; see docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookRef
from app.bootstrap import connect
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.proof.rebuild.service import compare
from app.ledger.reports import service as reports
from app.ledger.statements import service as statements
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from infra.db import make_engine
from infra.local.stack import Stack
from infra.settings import Settings
from tenants.door import enter_tenant
from tenants.idempotency import Claim, Kept, claim, keep
from tenants.provisioning import provision, upgrade_platform
from tenants.scope import SYSTEM
from tests.factories.doors import Doors
from tests.load.lines import Lines
from tests.load.meter import Meter
from tests.load.newcomers import Newcomers
from tests.load.reference import Reference

BATCH = 2000
ALL = ("P1", "P2", "P3", "P4", "P5", "P6")
JANUARY = Period(2026, 1)
# OFFSET 0 keeps the planner from reading the whole chart for every balance, so the yardstick has its best plan.
_BALANCE_ROWS = """
SELECT a.code, b.dim_set_id, b.opening, b.debit, b.credit, b.transfer_debit, b.transfer_credit
  FROM (SELECT * FROM tenant.balance WHERE book_id = :book AND period = :period OFFSET 0) b
  JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
"""
_CLOSE_REF = """
WITH moved AS (
  SELECT b.book_id, b.account_id, b.dim_set_id, b.opening + b.debit - b.credit AS net
    FROM tenant.balance b JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
   WHERE b.book_id = ANY(cast(:books AS bigint[])) AND b.period = '2026-01' AND a.class = 'profit_and_loss'
), closed AS (
  UPDATE tenant.balance b SET credit = b.credit + m.net, transfer_credit = b.transfer_credit + m.net FROM moved m
   WHERE b.book_id = m.book_id AND b.period = '2026-01' AND b.account_id = m.account_id AND b.dim_set_id = m.dim_set_id
  RETURNING b.book_id
)
UPDATE tenant.period SET closed_by = 'ref' WHERE book_id = ANY(cast(:books AS bigint[])) AND period = '2026-01'
   AND book_id IN (SELECT book_id FROM closed)
"""

Row = dict[str, Any]


@dataclass
class World:
    """A firm on a fresh stack and the meter of its Postgres."""

    doors: Doors
    meter: Meter
    owner_url: str

    def book(self) -> BookRef:
        """A fresh book of a general taxpayer."""
        return self.doors.new_book(start_period=JANUARY)

    def post(self, book: BookRef, count: int) -> None:
        """Draft, review and post so many vouchers of four lines, as a bulk import does: in batches, each with its
        idempotency row and audit line."""
        for first in range(0, count, BATCH):
            drafts = [_draft(book, first + n) for n in range(min(BATCH, count - first))]
            with self.doors.book(book.uid) as scope:
                key = Claim(scope.actor.key, "POST bench", f"{book.uid}-{first}", b"bench")
                claim(scope, key)
                done = vouchers.draft_vouchers(scope, drafts)
                vouchers.post_vouchers(scope, [(d.book_id, d.id) for d in done], review=True)
                audit.record(scope, [Act("voucher.import", "book", str(book.uid), {"count": len(done)}, book.id)])
                keep(scope, key, Kept(200, {}, b"{}"))


def _draft(book: BookRef, number: int) -> Draft:
    customer = f"客户{number % 50:03d}"
    return Draft(
        book.id,
        date(2026, 1, number % 31 + 1),
        (
            Line("1122", "销售商品", debit=Decimal("113.00"), counterparty=customer),
            Line("5001", "销售商品", credit=Decimal("100.00")),
            Line("22210107", "销售商品", credit=Decimal("12.00")),
            Line("530109" if number % 2 else "5051", "销售商品", credit=Decimal("1.00")),
        ),
        external_id=f"b{number}",
    )


def p1(world: World, size: int) -> Row:
    """Bulk posting."""
    reference = Reference(world.owner_url)
    ref = world.meter.median(lambda: reference.post(size))
    reference.close()
    ours = world.meter.median(lambda: world.post(world.book(), size))
    return _row("P1", "cpu ms per voucher", size, ref.cpu / size * 1000, ours.cpu / size * 1000, 1.5)


def p2(world: World, size: int) -> Iterator[Row]:
    """One voucher drafted, reviewed and posted in a transaction of its own, against one statement and its commit."""
    book, reference, numbers = world.book(), Reference(world.owner_url), itertools.count(1)
    world.post(book, size)
    reference.begin()

    def ours() -> None:
        number = next(numbers)
        draft = replace(_draft(book, number), external_id=f"one-{number}")
        with world.doors.book(book.uid) as scope:
            (done,) = vouchers.draft_vouchers(scope, [draft])
            vouchers.review_vouchers(scope, [done.id])
            vouchers.post_vouchers(scope, [(book.id, done.id)])

    costs = world.meter.turns({"ref": lambda: reference.one(next(numbers)), "ours": ours})
    reference.close()
    for kind in ("wall", "cpu"):
        ref, cost = (getattr(costs[name], kind) * 1000 for name in ("ref", "ours"))
        yield _row("P2", f"{kind} ms per voucher posted alone", size, ref, cost, 2)


def p3(world: World, size: int) -> Iterator[Row]:
    """Reading a trial balance and the statements, against the bare query of the same rows."""
    book = world.book()
    world.post(book, size)
    with world.doors.book(book.uid, read_only=True) as scope:
        work: dict[str, Callable[[], object]] = {
            "ref": lambda: scope.run(_BALANCE_ROWS, book=book.id, period=str(JANUARY)).all(),
            "trial balance": lambda: reports.trial_balance(scope, book, JANUARY),
            "balance sheet": lambda: statements.statements(scope, book, JANUARY, only=("balance_sheet",)),
            "income statement": lambda: statements.statements(scope, book, JANUARY, only=("income_statement",)),
        }
        costs = world.meter.compare(work)
    for name in list(work)[1:]:
        yield _row("P3", f"cpu ms per {name}", size, costs["ref"] * 1000, costs[name] * 1000, 3)


def p4(world: World, size: int, vouchers_each: int) -> Row:
    """Carrying forward and closing many books, against one set-based statement over the same balances."""
    books = [world.book() for _ in range(size)]
    for book in books:
        world.post(book, vouchers_each)
    ids = [book.id for book in books]

    def reference() -> None:
        with world.doors.firm() as scope:
            scope.narrow(ids)
            with scope.connection.begin_nested() as savepoint:
                scope.run(_CLOSE_REF, books=ids)
                savepoint.rollback()

    def ours() -> None:
        with world.doors.firm() as scope:
            scope.narrow(ids)
            outcomes = closing.close_books(scope, books, JANUARY)
            assert all(outcome.fate == "closed" for outcome in outcomes)

    ref, cost = world.meter.median(reference), world.meter.once(ours)
    return _row("P4", f"cpu s per {size} books of {vouchers_each} vouchers", size, ref.cpu, cost.cpu, 0.5)


def p5(world: World, size: int) -> Iterator[Row]:
    """Rebuilding and comparing every balance of a firm of twenty books, against the plain sums over the same lines."""
    ports = world.doors.ports
    tenant = provision(ports.engine, ports.owner_engine, f"bench-{size}", "测试代账公司", ports.clock)
    doors = Doors(ports, tenant)
    lines = Lines(world.owner_url, tenant.schema)
    lines.fill([doors.new_book(start_period=JANUARY).id for _ in range(20)], size)
    backups = make_engine(ports.settings.database_backup_url, 1)

    def ours() -> None:
        with enter_tenant(backups, tenant, SYSTEM, ports.clock, read_only=True) as scope:
            assert compare(scope).differing == 0

    costs = {"ref": world.meter.median(lines.sums), "ours": world.meter.median(ours)}
    lines.close()
    backups.dispose()
    for kind in ("cpu", "wall"):
        ref, cost = (getattr(costs[name], kind) for name in ("ref", "ours"))
        yield _row("P5", f"{kind} s to rebuild and compare balances of lines", size, ref, cost, 2)


def p6(newcomers: Newcomers, firms: int) -> Iterator[Row]:
    """A new book with its chart, and a new firm's schema against its bare DDL, when so many firms stand."""
    newcomers.grow_to(firms)
    for unit, ref, ours, goal in newcomers.costs():
        yield _row("P6", unit, firms, ref, ours, goal)


def _row(bench: str, unit: str, size: int, ref: float, ours: float, goal: float) -> Row:
    """One line; the goal of P1, P2 and P3 is a ratio, of P4 CPU seconds at 100 books, of P5 seconds at 4 million
    lines, of P6 milliseconds for a book and a ratio for a firm."""
    ratio = round(ours / ref, 2) if ref else None
    return {
        "id": bench,
        "unit": unit,
        "size": size,
        "ref": round(ref, 4),
        "ours": round(ours, 4),
        "ratio": ratio,
        "goal": goal,
    }


def run(
    wanted: list[str],
    sizes: tuple[int, int],
    books: tuple[int, int],
    each: int,
    lines: tuple[int, int],
    firms: tuple[int, int],
) -> list[Row]:
    """Every wanted benchmark at both sizes."""
    rows: list[Row] = []
    with _world() as world:
        world.post(world.book(), 200)  # caches warm, connections open
        newcomers = Newcomers(world.doors, world.meter)
        benches: dict[str, tuple[tuple[int, int], Callable[[int], Iterable[Row]]]] = {
            "P1": (sizes, lambda n: [p1(world, n)]),
            "P2": (sizes, lambda n: p2(world, n)),
            "P3": (sizes, lambda n: p3(world, n)),
            "P4": (books, lambda n: [p4(world, n, each)]),
            "P5": (lines, lambda n: p5(world, n)),
            "P6": (firms, lambda n: p6(newcomers, n)),
        }
        for bench in sorted(wanted):
            for size in benches[bench][0]:
                _say(f"{bench} at {size}")
                rows += benches[bench][1](size)
    return rows


@contextmanager
def _world() -> Iterator[World]:
    stack = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-bench-")), environ={}, progress=_say)
    environment = stack.start()
    try:
        ports = connect(Settings.from_env(environment), environment)
        upgrade_platform(ports.owner_engine)
        tenant = provision(ports.engine, ports.owner_engine, "bench", "测试代账公司", ports.clock)
        with ports.engine.connect() as connection:
            backend = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        postmaster = int((Path("/proc") / str(backend) / "stat").read_text().rpartition(")")[2].split()[1])
        yield World(Doors(ports, tenant), Meter(postmaster), environment["DATABASE_OWNER_URL"])
        ports.engine.dispose()
        ports.owner_engine.dispose()
    finally:
        stack.destroy()


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")


def main() -> None:
    """Parse the words, measure, print."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("ids", nargs="*", default=list(ALL), help=", ".join(ALL))
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--large",
        action="store_true",
        help="P1 to P3 at 10,000 and 100,000 vouchers; P4 of 10,000 each; P5 at 4 million lines; P6 among 300 firms",
    )
    parser.add_argument("--tiny", action="store_true", help="a try-out of the benchmark itself")
    asked = parser.parse_args()
    sizes, books, each, lines, firms = (1000, 10_000), (10, 100), 100, (20_000, 200_000), (3, 30)
    if asked.large:
        sizes, each, lines, firms = (10_000, 100_000), 10_000, (400_000, 4_000_000), (30, 300)
    if asked.tiny:
        sizes, books, each, lines, firms = (20, 200), (1, 10), 5, (400, 4000), (1, 10)
    rows = run(asked.ids or list(ALL), sizes, books, each, lines, firms)
    if asked.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    for row in rows:
        sys.stdout.write(
            "{id} {size:>7} {unit:<40} ref {ref:<9} ours {ours:<9} ratio {ratio} (goal {goal})\n".format(**row)
        )


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main()
