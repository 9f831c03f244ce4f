"""The log of acts in the background and on the command line: checkpoints every hour, verification when asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.errors import HistoryChanged
from app.audit.checkpoints.types import Notary, Note
from app.audit.verification import service as verification
from app.audit.verification.types import CODES, Report
from infra.errors import Refusal
from infra.keystore import KeyMissing, KeyShredded
from infra.ports import Ports
from jobs.runner import JobRun
from tenants import registry
from tenants.errors import TenantUpgrading
from tenants.scope import TenantRef

log = logging.getLogger(__name__)


def anchor(run: JobRun) -> None:
    """Sign the firm's next checkpoint; a log that does not go on from the last one is an alarm and gets none."""
    try:
        note = checkpoints.anchor(Notary.of_firm(run.ports, run.tenant), run.tenant)
    except HistoryChanged as changed:
        log.critical("%s: the log of acts is not the one of its last checkpoint", run.tenant.schema)
        run.result({"code": changed.code, "params": changed.params}, partially=True)
    except KeyShredded as shredded:  # nobody signs for it any more; `verify` says so
        run.result({"code": shredded.code, "params": {}})
    else:
        run.result({"number": note.checkpoint.number if note else 0})


def anchor_cell(ports: Ports) -> Note | None:
    """Sign the next checkpoint over the newest ones of all firms."""
    found = [note for tenant in _firms(ports) if (note := _newest(ports, tenant))]
    return checkpoints.anchor_cell(Notary.of_cell(ports, registry.CELL), found)


def _newest(ports: Ports, tenant: TenantRef) -> Note | None:
    """A firm's newest checkpoint; a suspended firm has no jobs, so its next one is signed here."""
    notary = Notary.of_firm(ports, tenant)
    if tenant.state == "suspended":
        try:
            return checkpoints.anchor(notary, tenant)
        except (HistoryChanged, KeyMissing, KeyShredded) as refused:
            log.critical("%s: no further checkpoint: %s", tenant.schema, refused.code)
    return checkpoints.newest(notary)


def anchor_all(ports: Ports) -> dict[str, Any]:
    """Sign what is due of every firm and then of the cell, at once: the numbers, or the code of what refused."""
    done: dict[str, Any] = {}
    for tenant in _firms(ports):
        try:
            note = checkpoints.anchor(Notary.of_firm(ports, tenant), tenant)
            done[tenant.short_name] = note.checkpoint.number if note else 0
        except Refusal as refused:
            done[tenant.short_name] = refused.code
    note = anchor_cell(ports)
    return {"firms": done, "cell": note.checkpoint.number if note else 0, "locked": ports.anchors.locked}


def verify(ports: Ports, firm: str | None = None) -> list[Report]:
    """The reports on the cell's checkpoints and on every firm's log, or on one firm's; raises `TenantUnknown`.

    Whatever the registry says of a firm, one that a checkpoint of the cell has seen is verified or missed.
    """
    cell, seen = verification.verify_cell(Notary.of_cell(ports, registry.CELL))
    with ports.engine.connect() as connection:
        if firm is not None:
            return [cell, verify_firm(ports, registry.by_short_name(connection, firm), seen)]
        known = {Notary.of_firm(ports, one).of: one for one in registry.all_tenants(connection, states=registry.STATES)}
    for of in sorted(seen.keys() - known.keys()):
        cell.found("firm.missing", of)
    begun = [one for of, one in known.items() if one.state != "provisioning" or of in seen]
    return [cell, *(verify_firm(ports, one, seen) for one in begun)]


def verify_firm(ports: Ports, tenant: TenantRef, seen: dict[str, dict[int, str]]) -> Report:
    """The report on one firm's log; `seen` is what the cell's checkpoints named."""
    notary = Notary.of_firm(ports, tenant)
    named = seen.get(notary.of, {})
    hidden = tenant.state == "provisioning" and bool(named)  # no firm is provisioned twice
    try:
        report = verification.verify(notary, replace(tenant, state="suspended") if hidden else tenant, named)
    except TenantUpgrading:
        report = Report(tenant.short_name)
        report.found("firm.upgrading", tenant.schema)
    if hidden:
        report.found("firm.missing", notary.of)
    return report


def said(report: Report) -> Iterator[str]:
    """A report in lines of text."""
    state = "可信 sound" if report.sound else f"发现 {report.count} findings"
    seen = f"{report.lines} lines, {report.chains} chains, {report.checkpoints} checkpoints"
    seen += "，密钥已销毁 keys shredded" if report.shredded else ""
    yield f"{report.subject:<20} {state}: {seen}"
    for code, subject in report.findings:
        zh, en = CODES[code]
        yield f"    {code:<22} {zh} {en}: {subject}"


def _firms(ports: Ports) -> list[TenantRef]:
    with ports.engine.connect() as connection:
        return registry.all_tenants(connection, states=("active", "suspended", "upgrading"))
