"""Commands about keys: list, rotate, wrap again, retire, destroy."""

from __future__ import annotations

import os
from uuid import UUID

import click

from app.http.fields import Reason
from app.identity.oauth.keys.service import withdraw
from jobs import keys
from jobs.console.terminal import Read, connected, show


@click.group(help="Keys of firms (密钥): rotate, wrap again, destroy.")
def key() -> None:
    """The group of key commands."""


@key.command("list", help="The versions of a firm's keys, as they lie wrapped in the store.")
@click.argument("firm_name", metavar="FIRM")
def key_list(firm_name: str) -> None:
    """As JSON, oldest first."""
    ports = connected()
    show(keys.stored(ports, keys.firm_of(ports, firm_name)))


@key.command("rotate", help="Give a firm a new key (密钥轮换), or the installation a new root key or signing key.")
@click.option("--firm", "firm_name", help="The firm's short name.")
@click.option("--root", is_flag=True, help="The root key; then run: key rewrap --all.")
@click.option("--id-tokens", is_flag=True, help="The key of ID tokens may have got out: withdraw it at once.")
def key_rotate(firm_name: str | None, root: bool, id_tokens: bool) -> None:
    """What older keys sealed still opens; a firm's fields are sealed again in the background."""
    if sum((bool(firm_name), root, id_tokens)) != 1:
        raise click.UsageError("say one of --firm NAME, --root, --id-tokens")
    ports = connected()
    if firm_name:
        show({"firm": firm_name, "version": keys.rotate(ports, keys.firm_of(ports, firm_name))})
    elif id_tokens:
        show({"id_token_key": withdraw(ports, ports.clock())})
    else:
        show({"root_key": f"{ports.keyring.store.root.rotate():08x}"})


@key.command("rewrap", help="Wrap keys by the newest root key; safe to stop and to run again.")
@click.option("--firm", "firm_name", help="The firm's short name.")
@click.option("--all", "every", is_flag=True, help="Every firm and the installation itself.")
def key_rewrap(firm_name: str | None, every: bool) -> None:
    """As JSON: how many objects were written."""
    if bool(firm_name) == every:
        raise click.UsageError("say --firm NAME or --all")
    ports = connected()
    holders = [str(keys.firm_of(ports, firm_name).id)] if firm_name else ports.keyring.store.tenants()
    show({"keys": len(holders), "written": sum(keys.rewrap(ports, holders).values())})


@key.command("retire-root", help="Destroy the older root keys; refused while one of them wraps anything.")
def key_retire_root() -> None:
    """Backups of the key store that are older than the last rewrap are worthless from then on."""
    show({"retired": connected().keyring.store.retire_root()})


@key.command("shred", help="Destroy a firm's keys for good (密钥销毁): one operator proposes, another approves.")
@click.option("--firm", "firm_name", help="Propose it for this firm.")
@click.option("--reason", type=Read(Reason(500)), help="Why, as it will stand in the certificate.")
@click.option("--approve", "proposal", type=click.UUID, help="Approve this proposal of another operator.")
def key_shred(firm_name: str | None, reason: str | None, proposal: UUID | None) -> None:
    """Who acts is known by an operator's token, from the environment or a prompt, never from the argument list."""
    if (proposal is None) != bool(firm_name and reason):
        raise click.UsageError("say --firm NAME --reason TEXT, or --approve ID")
    ports = connected()
    token = os.environ.get("ZHANGFANG_OPERATOR_TOKEN") or click.prompt("Operator token", hide_input=True)
    operator = keys.operator_of(ports, token)
    if proposal is not None:
        show(keys.approve_shredding(ports, operator, proposal)._asdict())
    else:
        made = keys.propose_shredding(ports, operator, keys.firm_of(ports, str(firm_name)), str(reason))
        show({"proposal": str(made.id), "expires_at": made.expires_at.isoformat()})
