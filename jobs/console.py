"""`zhangfang`: the operator's command line, over the same services as the API.

Exit status: 0 ok, 1 failed, 2 usage, 3 partial (something was refused or found), 4 precondition (API-180).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from app.bootstrap import connect
from app.demo import service as demo_service
from app.demo.types import Result
from app.doctor.service import examine_all
from app.identity.firms.service import firms, open_requested
from app.identity.people.types import NewUser
from app.kernel.periods import Period
from app.ledger.proof import verifier
from app.ledger.proof.export.service import public_keys
from app.samples.service import generate
from app.standards.lint import chart_of, lint
from app.standards.loader import released
from infra.errors import Refusal, render
from infra.ports import Ports
from infra.settings import Settings
from jobs import audit as audits
from jobs import keys, operators, proof
from jobs.parse import parse_files, walls
from tenants.provisioning import upgrade_all, upgrade_platform

FAILED, PARTIAL, PRECONDITION = 1, 3, 4


def _ports() -> Ports:
    try:
        return connect(Settings.from_env(os.environ), os.environ)
    except KeyError as missing:
        click.echo(f"the setting {missing} is missing: start the stack (./run up) or set it", err=True)
        sys.exit(PRECONDITION)


def _plain(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=_plain))


@click.group(help="账房 Zhangfang: the command line of operators and support.")
def main() -> None:
    """The group of all commands."""


@main.command(help="Read invoice files and print what they say; nothing is stored.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def parse(files: tuple[Path, ...], as_json: bool) -> None:
    """Exit status 3 when a file cannot be trusted."""
    found, status = parse_files(files)
    if as_json:
        _json(found)
    else:
        for one in found:
            mark = "ok " if one["ok"] else "NO "
            click.echo(f"{mark} {one['file']}  {one['kind'] or '-'}  {one['number'] or '-'}  {one['gross'] or '-'}")
            for problem in one["problems"]:
                click.echo(f"      {problem['code']}: {problem['detail']}")
    sys.exit(status)


@main.command(help="Name the walls around the processes that read uploaded files on this machine.")
def sandbox() -> None:
    """Exit status 3 when only Python's own audit hook keeps the network out (docs/adr/0016)."""
    standing, closed = walls()
    _json({"walls": list(standing), "network_closed_by_kernel": closed})
    sys.exit(0 if closed else PARTIAL)


@main.command(help="Bring the control plane and every firm's schema to the newest revision.")
@click.option("--json", "as_json", is_flag=True)
def migrate(as_json: bool) -> None:
    """A firm that fails does not stop the others; exit status 3 tells that there was one."""
    ports = _ports()
    result = {
        "platform": upgrade_platform(ports.owner_engine),
        **upgrade_all(ports.engine, ports.owner_engine, ports.clock),
    }
    if as_json:
        _json(result)
    else:
        click.echo(f"platform at {result['platform']}, {result['upgraded']} firms upgraded, {result['failed']} failed")
    sys.exit(PARTIAL if result["failed"] else 0)


@main.group(help="Firms (代账公司).")
def firm() -> None:
    """The group of firm commands."""


@firm.command("create", help="Make a firm with its first owner, or complete one whose making was cut off.")
@click.argument("short_name")
@click.option("--name", required=True, help="The firm's full name.")
@click.option("--owner-email", required=True)
@click.option("--owner-name", required=True)
@click.option("--owner-password", envvar="ZHANGFANG_OWNER_PASSWORD", prompt=True, hide_input=True)
def firm_create(short_name: str, name: str, owner_email: str, owner_name: str, owner_password: str) -> None:
    """The password comes from the environment or a prompt, never from the argument list."""
    owner = {"email": owner_email, "name": owner_name, "password": owner_password}
    tenant = open_requested(_ports(), {"short_name": short_name, "name": name, "owner": owner})
    _json({"short_name": tenant.short_name, "name": tenant.name, "state": tenant.state, "revision": tenant.revision})


@firm.command("list", help="Every firm with its state and revision.")
def firm_list() -> None:
    """The first 1000 firms."""
    names = ("short_name", "name", "state", "revision")
    _json([{name: getattr(one, name) for name in names} for one in firms(_ports().engine, None, 1000)])


@main.command(help="Issue a token of the operator's plane (shown once), list them, or end those of a name.")
@click.argument("name", default="")
@click.option("--role", type=click.Choice(operators.ROLES), default="operator", show_default=True)
@click.option("--end", is_flag=True, help="End every token of this name.")
def operator(name: str, role: str, end: bool) -> None:
    """No operator's token reads a firm's books."""
    ports = _ports()
    if end:
        _json({"ended": operators.end(ports, name)})
    else:
        _json(operators.issue(ports, name, role) if name else operators.listed(ports))


@main.command(help="Check the invariants of every firm's books.")
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    report = examine_all(_ports())
    if as_json:
        _json(report)
    else:
        for one in report["firms"]:
            for check in one["checks"]:
                click.echo(f"{one['firm']:<20} {check['id']}  {check['title']}: {check['count']}")
    sys.exit(0 if report["ok"] else PARTIAL)


@main.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    help="Verify an exported book; needs neither a database nor a running stack.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """The stand-alone verifier as it is: exit status 0 sound, 2 unreadable, 3 when anything is found."""
    sys.exit(verifier.main(arguments))


@main.command("export-proof", help="Write a book's export for the verifier (证据包) to a file.")
@click.argument("firm_name", metavar="FIRM")
@click.argument("book_code", metavar="BOOK")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False))
def export_proof(firm_name: str, book_code: str, output: Path) -> None:
    """A file that was there is replaced only by a whole export."""
    draft = output.with_name(f".{output.name}.part")
    with draft.open("wb") as file:
        for piece in proof.export(_ports(), firm_name, book_code):
            file.write(piece)
    draft.replace(output)
    click.echo(output)


@main.command("proof-keys", help="The public keys a firm signs with; write the fingerprint down elsewhere.")
@click.argument("firm_name", metavar="FIRM")
def proof_keys(firm_name: str) -> None:
    """As JSON, oldest first."""
    _json(public_keys(proof.notary_of(_ports(), firm_name)))


@main.group(help="The log of acts (操作日志): verify it, sign checkpoints over it.")
def audit() -> None:
    """The group of audit commands."""


@audit.command("verify", help="Recompute every chain and hold it against all checkpoints outside of the database.")
@click.option("--firm", "firm_name", metavar="FIRM", help="One firm only.")
@click.option("--json", "as_json", is_flag=True)
def audit_verify(firm_name: str | None, as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    reports = audits.verify(_ports(), firm_name)
    sound = all(report.sound for report in reports)
    if as_json:
        _json({"sound": sound, "reports": [report.as_json() for report in reports]})
    else:
        click.echo("\n".join(line for report in reports for line in audits.said(report)))
    sys.exit(0 if sound else PARTIAL)


@audit.command("anchor", help="Sign the checkpoints that are due now (检查点), of every firm and of the cell.")
def audit_anchor() -> None:
    """As JSON; exit status 3 when a firm's log does not go on from its last checkpoint."""
    done = audits.anchor_all(_ports())
    _json(done)
    sys.exit(PARTIAL if any(isinstance(result, str) for result in done["firms"].values()) else 0)


@main.group(help="Keys of firms (密钥): rotate, wrap again, destroy.")
def key() -> None:
    """The group of key commands."""


@key.command("list", help="The versions of a firm's keys, as they lie wrapped in the store.")
@click.argument("firm_name", metavar="FIRM")
def key_list(firm_name: str) -> None:
    """As JSON, oldest first."""
    ports = _ports()
    _json(keys.stored(ports, keys.firm_of(ports, firm_name)))


@key.command("rotate", help="Give a firm a new key (密钥轮换), or the installation a new root key.")
@click.option("--firm", "firm_name", help="The firm's short name.")
@click.option("--root", is_flag=True, help="The root key; then run: key rewrap --all.")
def key_rotate(firm_name: str | None, root: bool) -> None:
    """What older keys sealed still opens; a firm's fields are sealed again in the background."""
    if bool(firm_name) == root:
        raise click.UsageError("say --firm NAME or --root")
    ports = _ports()
    if firm_name:
        _json({"firm": firm_name, "version": keys.rotate(ports, keys.firm_of(ports, firm_name))})
    else:
        _json({"root_key": f"{ports.keyring.store.root.rotate():08x}"})


@key.command("rewrap", help="Wrap keys by the newest root key; safe to stop and to run again.")
@click.option("--firm", "firm_name", help="The firm's short name.")
@click.option("--all", "every", is_flag=True, help="Every firm and the installation itself.")
def key_rewrap(firm_name: str | None, every: bool) -> None:
    """As JSON: how many objects were written."""
    if bool(firm_name) == every:
        raise click.UsageError("say --firm NAME or --all")
    ports = _ports()
    holders = [str(keys.firm_of(ports, firm_name).id)] if firm_name else ports.keyring.store.tenants()
    _json({"keys": len(holders), "written": sum(keys.rewrap(ports, holders).values())})


@key.command("retire-root", help="Destroy the older root keys; refused while one of them wraps anything.")
def key_retire_root() -> None:
    """Backups of the key store that are older than the last rewrap are worthless from then on."""
    _json({"retired": _ports().keyring.store.retire_root()})


@key.command("shred", help="Destroy a firm's keys for good (密钥销毁): one operator proposes, another approves.")
@click.option("--firm", "firm_name", help="Propose it for this firm.")
@click.option("--reason", help="Why, as it will stand in the certificate.")
@click.option("--approve", "proposal", type=click.UUID, help="Approve this proposal of another operator.")
def key_shred(firm_name: str | None, reason: str | None, proposal: UUID | None) -> None:
    """Who acts is known by an operator's token, from the environment or a prompt, never from the argument list."""
    if (proposal is None) != bool(firm_name and reason):
        raise click.UsageError("say --firm NAME --reason TEXT, or --approve ID")
    ports = _ports()
    token = os.environ.get("ZHANGFANG_OPERATOR_TOKEN") or click.prompt("Operator token", hide_input=True)
    operator = keys.operator_of(ports, token)
    if proposal is not None:
        _json(keys.approve_shredding(ports, operator, proposal)._asdict())
    else:
        made = keys.propose_shredding(ports, operator, keys.firm_of(ports, str(firm_name)), str(reason))
        _json({"proposal": str(made.id), "expires_at": made.expires_at.isoformat()})


@main.command("rebuild-balances", help="Rebuild every firm's balances from posted lines and compare (余额重算核对).")
@click.option("--check", is_flag=True, required=True, help="Compare and write nothing; there is no other mode.")
@click.option("--json", "as_json", is_flag=True)
def rebuild_balances(check: bool, as_json: bool) -> None:
    """Exit status 3 when a balance differs."""
    compared = proof.compare_all(_ports())
    if as_json:
        _json({firm: found._asdict() for firm, found in compared.items()})
    else:
        for firm, found in compared.items():
            click.echo(f"{firm:<20} {found.differing}")
            for one in found.first:
                click.echo(f"    {one['book_id']} {one['subject']}: {one['detail']}")
    sys.exit(PARTIAL if any(found.differing for found in compared.values()) else 0)


@main.group(help="The content: standards, statements, parameters of law.")
def content() -> None:
    """The group of content commands."""


@content.command("lint", help="Accounts and cash-flow items a statement reads twice or not at all (重复/遗漏取数).")
@click.option("--json", "as_json", is_flag=True)
def content_lint(as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    found = [
        {"standard": one.id, "edition": one.edition, **asdict(finding)}
        for one in released()
        for finding in lint(one, chart_of(one))
    ]
    if as_json:
        _json(found)
    else:
        for row in found:
            click.echo(
                f"{row['standard']} {row['edition']} {row['statement']}: {row['kind']} {row['code']} {row['lines']}"
            )
        click.echo(f"{len(found)} findings in {len(released())} standards")
    sys.exit(PARTIAL if found else 0)


_ABOUT = ("code", "name", "tax_id", "taxpayer", "industry", "standard", "start_period", "location")


@main.command(help="Write a believable month of files for N companies, with the books that must come out of it.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--books", default=3, show_default=True, type=click.IntRange(1, 2000))
@click.option("--invoices", default=40, show_default=True, type=click.IntRange(1, 5000), help="Invoices a book.")
@click.option("--period", default="2026-09", show_default=True)
@click.option("--seed", default=1, show_default=True)
def samples(folder: Path, books: int, invoices: int, period: str, seed: int) -> None:
    """The same seed writes the same bytes."""
    for book in generate(seed, books, invoices, Period.parse(period)):
        place = folder / f"{book.code} {book.name}"
        place.mkdir(parents=True, exist_ok=True)
        for file in book.files:
            (place / file.name).write_bytes(file.content)
        about = {name: str(getattr(book, name)) for name in _ABOUT} | {"opening": [asdict(o) for o in book.opening]}
        expected = {"book": about, "vouchers_by_hand": [asdict(v) for v in book.vouchers], **asdict(book.expected)}
        (place / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2, default=_plain))
        click.echo(f"{place}: {len(book.files)} files")


@main.command(help="The main job on the running stack: books, invoices, vouchers, closed month.")
@click.option("--books", default=12, show_default=True, type=click.IntRange(1, 2000))
@click.option("--invoices", default=40, show_default=True, type=click.IntRange(1, 5000), help="Invoices a book.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--exit", "leave", is_flag=True, help="Taken for the sake of ./run; the command always ends.")
def demo(books: int, invoices: int, as_json: bool, leave: bool) -> None:
    """Exit status 1 when a book is not closed, not balanced or not as worked out independently."""
    ports = _ports()
    upgrade_platform(ports.owner_engine)
    owner = NewUser("owner@demo.example", "示范所有者", _demo_password())
    result = demo_service.run(ports, books, invoices, owner, lambda line: click.echo(line, err=True))
    _json(_demo_json(result)) if as_json else _demo_table(result)
    click.echo(f"log in as owner@demo.example of the firm demo; the password is in {_password_file()}", err=True)
    sys.exit(0 if result.ok else FAILED)


def _password_file() -> Path:
    return Path(os.environ.get("ZHANGFANG_STATE", ".state")) / "secrets" / "demo_owner_password"


def _demo_password() -> str:
    path = _password_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(18).hex())
    return path.read_text()


def _demo_json(result: Result) -> dict[str, Any]:
    totals = {name: sum(getattr(line, name) for line in result.books) for name in ("documents", "vouchers")}
    return {"books": [asdict(line) for line in result.books], "totals": {**totals, "seconds": round(result.seconds, 1)}}


def _demo_table(result: Result) -> None:
    click.echo(f"{'documents':>9} {'vouchers':>8} {'attention':>9} {'closed':>6} {'balanced':>8} {'profit':>14}  book")
    for line in result.books:
        marks = [("yes" if mark else "NO") for mark in (line.closed, line.balanced and line.as_expected)]
        click.echo(
            f"{line.documents:>9} {line.vouchers:>8} {line.needs_attention:>9} {marks[0]:>6} {marks[1]:>8}"
            f" {line.net_profit:>14,.2f}  {line.name} ({line.taxpayer})"
        )
    total = _demo_json(result)["totals"]
    click.echo(f"{total['documents']:>9} {total['vouchers']:>8}  in {total['seconds']} s")


def run() -> None:
    """The entry point: a refusal is one line and a status, never a traceback."""
    try:
        main()
    except Refusal as refusal:
        click.echo(f"{refusal.code}: {refusal.message()} {refusal.message('en')}", err=True)
        for one in refusal.violations:
            click.echo(f"  {one.path}: {render(one.code, one.params)} {render(one.code, one.params, 'en')}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    run()
