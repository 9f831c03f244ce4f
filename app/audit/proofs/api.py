"""Routes of proofs: a line's way to a signed checkpoint, and the checkpoints, which an owner keeps outside."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, current_app

from app.audit import rules
from app.audit.checkpoints import queries as index
from app.audit.checkpoints.service import fetched
from app.audit.checkpoints.types import Notary
from app.audit.errors import CheckpointNotFound
from app.audit.proofs import service
from app.audit.schemas import CheckpointOut, ProofOut, ProofQuery
from app.audit.types import FIRM
from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.http.types import Gate
from app.kernel.permissions import Permission
from infra.files import FileNotThere
from tenants.scope import TenantScope

firm_blp = Blueprint("audit_proof", __name__, url_prefix="/v1/audit", tag_zh="日志证明")
book_blp = Blueprint("book_audit_proof", __name__, url_prefix="/v1/books/<book_id>/audit", tag_zh="账套日志证明")

NOTE = "text/plain"


def _notary(scope: TenantScope) -> Notary:
    gate: Gate = current_app.extensions[EXTENSION]
    return Notary.of_firm(gate.ports, scope.tenant)


def _proof(scope: TenantScope, chain: int, seq: int) -> dict[str, Any]:
    notary = _notary(scope)
    proof = service.prove(scope, notary, chain, seq)
    return {
        "chain": str(chain),
        "seq": seq,
        "previous": proof.line.prev.hex(),
        "hash": proof.line.hash.hex(),
        "body": rules.body(proof.line).decode(),
        "links": [digest.hex() for digest in proof.links],
        "place": proof.place,
        "size": proof.size,
        "path": [one.hex() for one in proof.path],
        "root": proof.root,
        "checkpoint": proof.checkpoint,
        "note": proof.note.decode(),
        "public_keys": {name: key.hex() for name, key in notary.signer.public_keys.items()},
    }


@firm_blp.route(
    "/proof",
    needs=Permission.AUDIT_READ,
    scope="firm",
    operation="audit_proof_read",
    summary_zh="公司操作日志的包含证明",
    summary_en="That a line of the firm's own chain lies under a signed checkpoint.",
)
@firm_blp.arguments(ProofQuery, location="query")
@firm_blp.response(200, ProofOut)
@firm_blp.alt_response(409, description="Not under a checkpoint yet")  # type: ignore[untyped-decorator]
def read_proof(scope: TenantScope, query: dict[str, Any]) -> dict[str, Any]:
    """A proof; raises `LineNotFound`, `NotAnchoredYet`."""
    return _proof(scope, FIRM, query["seq"])


@book_blp.route(
    "/proof",
    needs=Permission.AUDIT_READ,
    scope="book",
    operation="book_audit_proof_read",
    summary_zh="账套操作日志的包含证明",
    summary_en="That a line of the book's chain lies under a signed checkpoint.",
)
@book_blp.arguments(ProofQuery, location="query")
@book_blp.response(200, ProofOut)
@book_blp.alt_response(409, description="Not under a checkpoint yet")  # type: ignore[untyped-decorator]
def read_book_proof(scope: BookScope, query: dict[str, Any]) -> dict[str, Any]:
    """A proof; raises `LineNotFound`, `NotAnchoredYet`."""
    return _proof(scope, scope.book.id, query["seq"])


@firm_blp.route(
    "/checkpoints",
    needs=Permission.AUDIT_READ,
    scope="firm",
    operation="audit_checkpoints_list",
    summary_zh="检查点列表",
    summary_en="The firm's signed checkpoints, newest first; keep them outside of the product.",
)
@firm_blp.arguments(PageQuery, location="query")
@firm_blp.response(200, page_of(CheckpointOut))
def list_checkpoints(scope: TenantScope, query: dict[str, Any]) -> Response:
    """A page of checkpoints."""
    asked = pages.wanted(scope, query)
    found = index.page(scope, int(asked.after[0]) if asked.after else 2**31 - 1, asked.fetch)
    return pages.page(scope, asked, found, lambda row: [row["number"]])


@firm_blp.route(
    "/checkpoints/<number>",
    needs=Permission.AUDIT_READ,
    scope="firm",
    operation="audit_checkpoints_read",
    summary_zh="检查点原文",
    summary_en="A checkpoint as it lies in the store: what was signed, the signature, the heads of all chains.",
    export="checkpoint.export",
    produces=(NOTE,),
)
@firm_blp.response(200, {"type": "string"}, content_type=NOTE)  # type: ignore[arg-type]  # a document only
def read_checkpoint(scope: TenantScope, number: str) -> Response:
    """The bytes of a checkpoint; raises `CheckpointNotFound`."""
    if not re.fullmatch("[1-9][0-9]{0,7}", number, re.ASCII):
        raise CheckpointNotFound
    try:
        content = fetched(_notary(scope), int(number))
    except FileNotThere:
        raise CheckpointNotFound from None
    return Response(content, mimetype=NOTE)
