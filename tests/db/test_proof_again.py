"""What was sealed can be made again: statements byte for byte, balances from their lines, signatures every night."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.errors import BookNotFound
from app.closing import service as closing
from app.kernel.jobs import REBUILD, SIGN
from app.ledger.proof.signing import service as signing
from app.ledger.statements.service import snapshot
from infra.ports import Ports
from infra.queue import Message
from jobs.console.__main__ import main
from jobs.registry import HANDLERS, NIGHTLY
from jobs.runner import run_job
from jobs.types import PACE
from tenants.outbox import enqueue
from tests.db.proof_desk import JANUARY, ROOT, Desk, desk, story
from tests.factories.breakage import post, receipt, sale

__all__ = ["desk"]


def run_night(ports: Ports, desk: Desk, job_type: str) -> dict[str, Any]:
    """What a job of the night leaves behind: its state and its result."""
    with desk.doors.firm() as scope:
        job_id = enqueue(scope, job_type, {})
    run_job(ports, HANDLERS, Message(desk.doors.tenant.id, job_id, 1), "test", PACE)
    with desk.doors.firm() as scope:
        row = scope.run("SELECT state, result FROM tenant.job WHERE id = :id", id=job_id).one()
    return {"state": row.state, **row.result}


def test_every_night_balances_are_rebuilt_and_what_differs_is_the_jobs_result(ports: Ports, desk: Desk) -> None:
    assert set(NIGHTLY) <= set(HANDLERS)
    before = run_night(ports, desk, REBUILD)
    book = story(desk.doors)
    assert run_night(ports, desk, REBUILD) == before
    desk.break_rows(
        book,
        "UPDATE tenant.balance SET debit = debit + 1, credit = credit + 1 WHERE book_id = %(book)s"
        " AND period = '2026-02' AND account_id = (SELECT min(id) FROM tenant.account"
        " WHERE book_id = %(book)s AND code = '1002')",
    )
    after = run_night(ports, desk, REBUILD)
    assert (after["state"], after["differences"]) == ("partially_succeeded", before["differences"] + 1)


def test_every_night_what_nobody_signed_is_signed(ports: Ports, desk: Desk) -> None:
    book = story(desk.doors)
    run_night(ports, desk, SIGN)
    with desk.doors.book(book.uid) as scope:
        assert signing.waiting(scope, [book.id]) == []
        found = scope.run("SELECT number FROM tenant.seal_signature WHERE book_id = :book ORDER BY 1", book=book.id)
        assert list(found.scalars()) == [1, 2]


AGAIN = """
import hashlib, json, os, sys
from uuid import UUID
from app.bootstrap import connect
from app.books.door import enter_book
from app.kernel.jobs import REBUILD, SIGN
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.statements.service import snapshot
from infra.settings import Settings
from tenants import registry
from tenants.door import enter_tenant
from tenants.scope import SYSTEM
ports = connect(Settings.from_env(os.environ), os.environ)
with ports.engine.connect() as connection:
    tenant = registry.by_short_name(connection, sys.argv[1])
with enter_tenant(ports.engine, tenant, SYSTEM, ports.clock, read_only=True) as firm:
    book = enter_book(firm, UUID(sys.argv[2]), Permission.LEDGER_READ)
    for name, content in snapshot(book, [book.book], Period.parse(sys.argv[3]))[book.book.id].items():
        text = book.run("SELECT cast(cast(:c AS jsonb) AS text)", c=json.dumps(content)).scalar_one()
        print(name, hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["0", "42"])
def test_statements_made_again_in_another_process_are_the_bytes_that_were_sealed(
    desk: Desk, environment: dict[str, str], seed: str
) -> None:
    book = story(desk.doors)  # March was posted after both closes, and changes nothing in them
    with desk.doors.book(book.uid) as scope:
        sealed = scope.run("SELECT period, statements FROM tenant.closing_seal WHERE book_id = :book", book=book.id)
        seals = {row.period: dict(row.statements) for row in sealed}
    assert set(seals) == {"2026-01", "2026-02"}
    for period, statements in seals.items():
        made = subprocess.run(
            [sys.executable, "-c", AGAIN, desk.doors.tenant.short_name, str(book.uid), period],
            env={**environment, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert dict(line.split() for line in made.stdout.splitlines()) == statements


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=6))
def test_statements_made_again_later_are_the_bytes_that_were_kept(
    desk: Desk, vouchers: list[tuple[int, int, bool]]
) -> None:
    book = desk.doors.new_book()
    with desk.doors.book(book.uid) as scope:
        for day, fen, sold in vouchers:
            lines = sale(f"{D(fen) / 100:.2f}", "0.13") if sold else receipt(f"{D(fen) / 100:.2f}")
            post(scope, date(2026, 1, day), *lines)
        closing.close_period(scope, JANUARY)
        post(scope, date(2026, 2, 1), *sale("77.00", "1.00"))
        kept = scope.run(
            "SELECT statement, content::text FROM tenant.statement_snapshot WHERE book_id = :book", book=book.id
        )
        before = {row.statement: row.content for row in kept}
        again = snapshot(scope, [book], JANUARY)[book.id]
        text = "SELECT cast(cast(:c AS jsonb) AS text)"
        assert {name: scope.run(text, c=json.dumps(content)).scalar_one() for name, content in again.items()} == before


def test_the_commands_export_verify_and_compare(desk: Desk, environment: dict[str, str], tmp_path: Path) -> None:
    book, firm = story(desk.doors), desk.doors.tenant.short_name

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, words, env=environment)

    path = tmp_path / "proof.ndjson"
    assert command("export-proof", firm, book.code, "-o", str(path)).exit_code == 0
    (key,) = json.loads(command("proof-keys", firm).stdout)
    well = command("verify", str(path), "--key", key["fingerprint"], "--json")
    assert (well.exit_code, json.loads(well.stdout)["sound"]) == (0, True)
    assert command("verify", str(path), "--key", "00" * 32).exit_code == 3
    assert command("verify", str(tmp_path / "nothing")).exit_code == 2
    compared = command("rebuild-balances", "--check", "--json")
    assert (compared.exit_code == 0) == (not any(one["differing"] for one in json.loads(compared.stdout).values()))
    assert command("rebuild-balances").exit_code == 2
    assert isinstance(command("export-proof", firm, "no such book", "-o", str(path)).exception, BookNotFound)
