"""Commands that prove: a book by its export, the log of acts by its checkpoints."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.ledger.proof import verifier
from app.ledger.proof.export.service import public_keys
from jobs import audit as audits
from jobs import proof
from jobs.console.terminal import PARTIAL, connected, show


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    help="Verify an exported book; needs neither a database nor a running stack.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """The stand-alone verifier as it is: exit status 0 sound, 2 unreadable, 3 when anything is found."""
    sys.exit(verifier.main(arguments))


@click.command("export-proof", help="Write a book's export for the verifier (证据包) to a file.")
@click.argument("firm_name", metavar="FIRM")
@click.argument("book_code", metavar="BOOK")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False))
def export_proof(firm_name: str, book_code: str, output: Path) -> None:
    """A file that was there is replaced only by a whole export."""
    draft = output.with_name(f".{output.name}.part")
    with draft.open("wb") as file:
        for piece in proof.export(connected(), firm_name, book_code):
            file.write(piece)
    draft.replace(output)
    click.echo(output)


@click.command("proof-keys", help="The public keys a firm signs with; write the fingerprint down elsewhere.")
@click.argument("firm_name", metavar="FIRM")
def proof_keys(firm_name: str) -> None:
    """As JSON, oldest first."""
    show(public_keys(proof.notary_of(connected(), firm_name)))


@click.group(help="The log of acts (操作日志): verify it, sign checkpoints over it.")
def audit() -> None:
    """The group of audit commands."""


@audit.command("verify", help="Recompute every chain and hold it against all checkpoints outside of the database.")
@click.option("--firm", "firm_name", metavar="FIRM", help="One firm only.")
@click.option("--json", "as_json", is_flag=True)
def audit_verify(firm_name: str | None, as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    reports = audits.verify(connected(), firm_name)
    sound = all(report.sound for report in reports)
    if as_json:
        show({"sound": sound, "reports": [report.as_json() for report in reports]})
    else:
        click.echo("\n".join(line for report in reports for line in audits.said(report)))
    sys.exit(0 if sound else PARTIAL)


@audit.command("anchor", help="Sign the checkpoints that are due now (检查点), of every firm and of the cell.")
def audit_anchor() -> None:
    """As JSON; exit status 3 when a firm's log does not go on from its last checkpoint."""
    done = audits.anchor_all(connected())
    show(done)
    sys.exit(PARTIAL if any(isinstance(result, str) for result in done["firms"].values()) else 0)
