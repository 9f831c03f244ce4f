"""Commands that keep an installation going: migrate, firms, operators, the doctor."""

from __future__ import annotations

import sys

import click

from app.doctor.service import examine_all
from app.http.fields import Visible
from app.identity.firms.service import firms, open_requested
from jobs import operators, proof
from jobs.console.terminal import PARTIAL, Read, connected, show
from jobs.parse import walls
from tenants.provisioning import upgrade_all, upgrade_platform


@click.command(help="Bring the control plane and every firm's schema to the newest revision.")
@click.option("--json", "as_json", is_flag=True)
def migrate(as_json: bool) -> None:
    """A firm that fails does not stop the others; exit status 3 tells that there was one."""
    ports = connected()
    result = {
        "platform": upgrade_platform(ports.owner_engine),
        **upgrade_all(ports.engine, ports.owner_engine, ports.clock),
    }
    if as_json:
        show(result)
    else:
        click.echo(f"platform at {result['platform']}, {result['upgraded']} firms upgraded, {result['failed']} failed")
    sys.exit(PARTIAL if result["failed"] else 0)


@click.group(help="Firms (代账公司).")
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
    tenant = open_requested(connected(), {"short_name": short_name, "name": name, "owner": owner})
    show({"short_name": tenant.short_name, "name": tenant.name, "state": tenant.state, "revision": tenant.revision})


@firm.command("list", help="Every firm with its state and revision.")
def firm_list() -> None:
    """The first 1000 firms."""
    names = ("short_name", "name", "state", "revision")
    show([{name: getattr(one, name) for name in names} for one in firms(connected().engine, None, 1000)])


@click.command(help="Issue a token of the operator's plane (shown once), list them, or end those of a name.")
@click.argument("name", required=False, type=Read(Visible(100)))
@click.option("--role", type=click.Choice(operators.ROLES), default="operator", show_default=True)
@click.option("--end", is_flag=True, help="End every token of this name.")
def operator(name: str | None, role: str, end: bool) -> None:
    """No operator's token reads a firm's books."""
    if end and name is None:
        raise click.UsageError("say whose: operator NAME --end")
    ports = connected()
    if name is None:
        show(operators.listed(ports))
    else:
        show({"ended": operators.end(ports, name)} if end else operators.issue(ports, name, role))


@click.command(help="Check the invariants of every firm's books.")
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """Exit status 3 when anything is found."""
    report = examine_all(connected())
    if as_json:
        show(report)
    else:
        for one in report["firms"]:
            for check in one["checks"]:
                click.echo(f"{one['firm']:<20} {check['id']}  {check['title']}: {check['count']}")
    sys.exit(0 if report["ok"] else PARTIAL)


@click.command("rebuild-balances", help="Rebuild every firm's balances from posted lines and compare (余额重算核对).")
@click.option("--check", is_flag=True, required=True, help="Compare and write nothing; there is no other mode.")
@click.option("--json", "as_json", is_flag=True)
def rebuild_balances(check: bool, as_json: bool) -> None:
    """Exit status 3 when a balance differs."""
    compared = proof.compare_all(connected())
    if as_json:
        show({firm: found._asdict() for firm, found in compared.items()})
    else:
        for firm, found in compared.items():
            click.echo(f"{firm:<20} {found.differing}")
            for one in found.first:
                click.echo(f"    {one['book_id']} {one['subject']}: {one['detail']}")
    sys.exit(PARTIAL if any(found.differing for found in compared.values()) else 0)


@click.command(help="Name the walls around the processes that read uploaded files on this machine.")
def sandbox() -> None:
    """Exit status 3 when only Python's own audit hook keeps the network out (docs/adr/0016)."""
    standing, closed = walls()
    show({"walls": list(standing), "network_closed_by_kernel": closed})
    sys.exit(0 if closed else PARTIAL)
