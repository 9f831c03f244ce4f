"""Routes of proof: a book's export for the stand-alone verifier, and the public keys it is signed with."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, current_app

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.types import Gate
from app.kernel.permissions import Permission
from app.ledger.proof.export import service
from app.ledger.proof.schemas import ProofKeysOut
from app.ledger.proof.types import Notary
from tenants.door import enter_tenant

blp = Blueprint("proof", __name__, url_prefix="/v1/books/<book_id>", tag_zh="存证与验证")

NDJSON = "application/x-ndjson"


def _notary(scope: BookScope) -> Notary:
    gate: Gate = current_app.extensions[EXTENSION]
    return Notary.of(gate.ports, scope.tenant)


@blp.route(
    "/proof",
    needs=Permission.BOOK_EXPORT,
    scope="book",
    operation="proof_export",
    summary_zh="导出证据包",
    summary_en="The whole book for `zhangfang verify`: vouchers, chain, seals, signatures, statements kept; logged.",
    rate_class="heavy",
    step_up=True,
    audit="proof.export",
    produces=(NDJSON,),
)
@blp.response(200, {"type": "string", "format": "binary"}, content_type=NDJSON)  # type: ignore[arg-type]  # a document only
def export_proof(scope: BookScope) -> Response:
    """The export, streamed by a transaction of its own: the one of this request ends before the first byte."""
    notary = _notary(scope)
    ports = notary.ports
    with enter_tenant(
        *(ports.engine, scope.tenant, scope.actor, ports.clock), request_id=scope.request_id, origin=scope.origin
    ) as firm:
        service.prepare(firm, scope.book, notary)
    name = quote(f"{scope.book.code}_proof.ndjson")
    return Response(
        service.export(notary, scope.actor, scope.book.uid),
        mimetype=NDJSON,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@blp.route(
    "/proof-keys",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="proof_keys_list",
    summary_zh="签名公钥与指纹",
    summary_en="The firm's public keys and fingerprints, to be written down outside and given to the verifier.",
)
@blp.response(200, ProofKeysOut)
def list_proof_keys(scope: BookScope) -> dict[str, Any]:
    """The public keys."""
    return {"keys": service.public_keys(_notary(scope))}
