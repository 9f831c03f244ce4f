"""A small room with one route of each kind, to try the wrapper on: its only effect is a line in the audit table."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from flask import Response, g
from marshmallow import fields
from sqlalchemy import text

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.fields import Money, ObjectId, PeriodKey, Text
from app.http.pages import PageQuery
from app.http.replies import created, rows, tagged
from app.http.schemas import RequestSchema, ResponseSchema, page_of
from app.http.types import PUBLIC, Visit
from app.kernel.permissions import Permission
from infra.errors import Conflict
from infra.ids import new_id

blp = Blueprint("probes", __name__, url_prefix="/v1/books/<book_id>/probes", tag_zh="探针")
open_blp = Blueprint("open-probes", __name__, url_prefix="/v1/probes", tag_zh="探针")


class ProbeTaken(Conflict):
    """What the probe refuses."""

    code = "probe.taken"
    zh = "探针 {memo} 已存在。"
    en = "The probe {memo} is taken."


class Line(RequestSchema):
    """A line."""

    amount = Money(required=True)


class ProbeIn(RequestSchema):
    """A probe."""

    memo = Text(50, required=True, memo=True)
    lines = fields.List(fields.Nested(Line), load_default=list)


class ProbePatch(RequestSchema):
    """What may change of a probe."""

    memo = Text(50)


class ProbeOut(ResponseSchema):
    """A probe."""

    id = ObjectId("prb", required=True)
    memo = fields.String(required=True)


class ProbeQuery(PageQuery):
    """A list of probes."""

    period = PeriodKey(load_default=None)


class UploadIn(RequestSchema):
    """A file."""

    file = fields.Raw(required=True)


def _write(scope: BookScope, memo: str) -> uuid.UUID:
    probe_id = new_id()
    audit.record(scope, [Act("probe", "probe", str(probe_id), {"memo": memo}, scope.book.id)])
    return probe_id


def _told(operation: str, needs: Permission = Permission.VOUCHER_READ) -> dict[str, Any]:
    return {"needs": needs, "scope": "book", "operation": operation, "summary_zh": "探针", "summary_en": "Probe."}


@blp.route("", methods=["POST"], idempotent=True, once=("secret",), **_told("probes_create", Permission.VOUCHER_DRAFT))
@blp.arguments(ProbeIn)
@blp.response(201, ProbeOut)
def create(scope: BookScope, payload: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """Write a probe."""
    probe_id = _write(scope, payload["memo"])
    if payload["memo"] == "slow":
        scope.run("select pg_sleep(0.3)")
    if payload["memo"] == "taken":
        raise ProbeTaken(memo="taken")
    if payload["memo"] == "sum":
        return rows({"sum": sum((line["amount"] for line in payload["lines"]), Decimal(0)), "secret": "s"}, 201), {}
    return created({"id": probe_id, "memo": payload["memo"]}, f"/probes/{probe_id}", 1, "probe")


@blp.route("", **_told("probes_list"))
@blp.arguments(ProbeQuery, location="query")
@blp.response(200, page_of(ProbeOut))
def list_probes(scope: BookScope, query: dict[str, Any]) -> Response:
    """The probes of a book."""
    asked = pages.wanted(scope, query)
    found = scope.run(
        """
        select cast(object_id as uuid) as id, details ->> 'memo' as memo from tenant.audit_event
         where book_id = :book_id and action = 'probe' and (cast(:after as text) is null or object_id > :after)
         order by object_id limit :limit
        """,
        book_id=scope.book.id,
        after=asked.after[0] if asked.after else None,
        limit=asked.fetch,
    )
    return pages.page(scope, asked, found.mappings().all(), lambda row: [str(row["id"])], ProbeOut(many=True).dump)


@blp.route('/<id("prb"):probe_id>', **_told("probes_read"))
@blp.response(200, ProbeOut)
def read(scope: BookScope, probe_id: uuid.UUID) -> tuple[Any, dict[str, str]]:
    """A probe at version 7."""
    return tagged({"id": probe_id, "memo": "read"}, 7, "probe")


@blp.route('/<id("prb"):probe_id>', methods=["PATCH"], if_match=True, **_told("probes_update"))
@blp.arguments(ProbePatch)
@blp.response(200, ProbeOut)
def change(scope: BookScope, payload: dict[str, Any], probe_id: uuid.UUID) -> tuple[Any, dict[str, str]]:
    """Change a probe that is at version 7."""
    etags.match(7, "probe")
    return tagged({"id": probe_id, "memo": payload["memo"]}, 8, "probe")


@blp.route("/sql/<statement>", **_told("probes_sql"))
@blp.response(204)
def run_sql(scope: BookScope, statement: str) -> None:
    """Run a statement that fails."""
    scope.connection.execute(text(statement))


@blp.route("/writes", **_told("probes_sneak"))
@blp.response(204)
def sneak(scope: BookScope) -> None:
    """A GET that tries to write."""
    _write(scope, "sneaked")


@blp.route("/act", methods=["POST"], **_told("probes_act"))
@blp.response(200, ProbeOut)
def act(scope: BookScope) -> dict[str, Any]:
    """An act without a body and without a key."""
    return {"id": _write(scope, "act"), "memo": "act"}


@blp.route("/files", methods=["POST"], limits={"max_bytes": 1000}, idempotent=True, **_told("probes_upload"))
@blp.arguments(UploadIn, location="files")
@blp.response(201, ProbeOut)
def upload(scope: BookScope, files: dict[str, Any]) -> dict[str, Any]:
    """A file's name becomes a probe; the first attempt at `again` meets a deadlock."""
    content = files["file"].read().decode()
    if content == "again" and not g.pop("met", False):
        g.met = True
        scope.run("do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$")
    return {"id": _write(scope, files["file"].filename), "memo": content}


@open_blp.route(
    "/broken", needs=PUBLIC, scope="public", operation="probes_broken", summary_zh="坏", summary_en="Broken."
)
@open_blp.response(204)
def broken(visit: Visit) -> None:
    """A defect."""
    raise RuntimeError("secret detail at /srv/zhangfang/app.py")
