"""Shredding (密钥销毁): the keys of a firm destroyed for good, and a signed certificate of it.

Invariant: what can be told of the keys is written down before the first of them goes, and from then on no process opens
anything of the firm, whatever copy of its keys or rows is put back.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from app.sensitive.shredding.types import Certificate
from app.sensitive.two_persons.types import Proposal
from infra.crypto import PLATFORM
from infra.files import FileExists
from infra.ports import Ports
from infra.signing import Signer
from tenants.scope import TenantRef


def shred(ports: Ports, tenant: TenantRef, approved: Proposal) -> Certificate:
    """Destroy every key of a firm; the certificate lies in the object store too, and the first one stands.

    It may be cut off anywhere and run again. Raises `files.unavailable`; other processes close within a minute.
    """
    key = str(tenant.id)
    record = ports.keyring.store.shred(key, _text(_begun(ports, tenant, approved)))
    ports.keyring.forget(key)
    statement = _text({**json.loads(record), "keys_left": 0, "finished_at": ports.clock().isoformat()})
    signer = Signer(ports.files, ports.keyring.platform(), PLATFORM)
    made = Certificate(statement.decode(), signer.public_keys[signer.fingerprint].hex(), signer.sign(statement).hex())
    with suppress(FileExists):
        ports.files.put(_object(tenant), _text(made._asdict()), content_type="application/json", new=True)
    return certificate(ports, tenant)


def certificate(ports: Ports, tenant: TenantRef) -> Certificate:
    """The certificate of a shredded firm; raises `files.not_found`."""
    return Certificate(**json.loads(ports.files.get(_object(tenant))))


def _begun(ports: Ports, tenant: TenantRef, approved: Proposal) -> dict[str, Any]:
    keys = [
        {"version": one.version, "object": one.object_key, "key_ids": list(one.key_ids), "sha256": one.sha256}
        for one in ports.keyring.store.stored(str(tenant.id))
    ]
    return {
        "firm": {"id": str(tenant.id), "short_name": tenant.short_name, "name": tenant.name},
        "proposal": str(approved.id),
        "reason": approved.reason,
        "proposed": {"by": approved.proposer, "token": approved.proposed_by, "at": approved.proposed_at.isoformat()},
        "approved": {
            "by": approved.approver,
            "token": approved.approved_by,
            "at": (approved.approved_at or ports.clock()).isoformat(),
        },
        "begun_at": ports.clock().isoformat(),
        "keys": keys,
    }


def _object(tenant: TenantRef) -> str:
    return f"certificates/{tenant.id}.json"


def _text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode()
