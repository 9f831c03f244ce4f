"""The demo: one command shows the main job on the running stack."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app.demo import service
from app.demo.types import Result
from app.identity.people.types import NewUser
from jobs.console.terminal import FAILED, connected, show
from tenants.provisioning import upgrade_platform


@click.command(help="The main job on the running stack: books, invoices, vouchers, closed month.")
@click.option("--books", default=12, show_default=True, type=click.IntRange(1, 2000))
@click.option("--invoices", default=40, show_default=True, type=click.IntRange(1, 5000), help="Invoices a book.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--exit", "leave", is_flag=True, help="Taken for the sake of ./run; the command always ends.")
def demo(books: int, invoices: int, as_json: bool, leave: bool) -> None:
    """Exit status 1 when a book is not closed, not balanced or not as worked out independently."""
    ports = connected()
    upgrade_platform(ports.owner_engine)
    owner = NewUser("owner@demo.example", "示范所有者", _password())
    result = service.run(ports, books, invoices, owner, lambda line: click.echo(line, err=True))
    show(_as_json(result)) if as_json else _as_table(result)
    click.echo(f"log in as owner@demo.example of the firm demo; the password is in {_password_file()}", err=True)
    sys.exit(0 if result.ok else FAILED)


def _password_file() -> Path:
    return Path(os.environ.get("ZHANGFANG_STATE", ".state")) / "secrets" / "demo_owner_password"


def _password() -> str:
    path = _password_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(18).hex())
    return path.read_text()


def _as_json(result: Result) -> dict[str, Any]:
    totals = {name: sum(getattr(line, name) for line in result.books) for name in ("documents", "vouchers")}
    return {"books": [asdict(line) for line in result.books], "totals": {**totals, "seconds": round(result.seconds, 1)}}


def _as_table(result: Result) -> None:
    click.echo(f"{'documents':>9} {'vouchers':>8} {'attention':>9} {'closed':>6} {'balanced':>8} {'profit':>14}  book")
    for line in result.books:
        marks = [("yes" if mark else "NO") for mark in (line.closed, line.balanced and line.as_expected)]
        click.echo(
            f"{line.documents:>9} {line.vouchers:>8} {line.needs_attention:>9} {marks[0]:>6} {marks[1]:>8}"
            f" {line.net_profit:>14,.2f}  {line.name} ({line.taxpayer})"
        )
    total = _as_json(result)["totals"]
    click.echo(f"{total['documents']:>9} {total['vouchers']:>8}  in {total['seconds']} s")
