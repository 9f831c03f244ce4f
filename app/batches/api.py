"""Routes of background work: jobs, their items, waiting and cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from app.batches import queries, service
from app.batches.errors import JobNotFound
from app.batches.queries import Row
from app.batches.schemas import ItemsQuery, JobItemOut, JobOut
from app.books.door import enter_granted
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.headers import language
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from infra.errors import render
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("jobs", __name__, url_prefix="/v1/jobs", tag_zh="任务")

_PREFIX = {"voucher": "vch", "invoice": "inv", "document": "doc"}


def job_out(row: Row) -> dict[str, Any]:
    """A job row with what is derived from it."""
    return {**row, "cancelable": row["state"] in ("queued", "running")}


@blp.route(
    "",
    needs=Permission.JOB_READ,
    scope="firm",
    operation="jobs_list",
    summary_zh="任务列表",
    summary_en="Background work the caller may read, newest first: each kind with a permission in its books.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(JobOut))
def list_jobs(scope: TenantScope, query: dict[str, Any]) -> Response:
    """A page of jobs."""
    asked = pages.wanted(scope, query)
    before = UUID(asked.after[0]) if asked.after else None
    found = queries.page(scope, before, asked.fetch)
    shown = JobOut(many=True).dump([job_out(row) for row in found])
    keys = {encode("job", row["id"]): str(row["id"]) for row in found}
    return pages.page(scope, asked, shown, lambda row: [keys[row["id"]]])


@blp.route(
    '/<id("job"):job_id>',
    needs=Permission.JOB_READ,
    scope="firm",
    operation="jobs_read",
    summary_zh="任务",
    summary_en="One job: its state, progress, result and problem.",
    refs=("path:job_id",),
)
@blp.response(200, JobOut)
def read_job(scope: TenantScope, job_id: UUID) -> dict[str, Any]:
    """One job; raises `JobNotFound`."""
    row = queries.find(scope, job_id)
    if row is None:
        raise JobNotFound
    return job_out(row)


@blp.route(
    '/<id("job"):job_id>/items',
    needs=Permission.JOB_READ,
    scope="firm",
    operation="job_items_list",
    summary_zh="任务明细",
    summary_en="What became of each item of a job.",
    refs=("path:job_id",),
)
@blp.arguments(ItemsQuery, location="query")
@blp.response(200, page_of(JobItemOut))
def list_items(scope: TenantScope, query: dict[str, Any], job_id: UUID) -> Response:
    """A page of items; raises `JobNotFound`."""
    job = queries.find(scope, job_id)
    if job is None:
        raise JobNotFound
    asked = pages.wanted(scope, query)
    enter_granted(scope)
    found = queries.items(scope, job, int(asked.after[0]) if asked.after else -1, asked.fetch)
    return pages.page(scope, asked, [_item_out(row) for row in found], lambda row: [row["seq"]])


def _item_out(row: Row) -> dict[str, Any]:
    prefix = _PREFIX.get(row["object_type"] or "")
    return {
        "seq": row["seq"],
        "book_id": encode("bk", row["book_uid"]),
        "subject": row["subject"],
        "fate": row["fate"],
        "object_type": row["object_type"],
        "object_id": encode(prefix, row["object_id"]) if prefix and row["object_id"] else None,
        "problems": [_problem_out(problem) for problem in row["problems"]],
    }


def _problem_out(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A coded problem with its sentence; params are texts, as everywhere in the API."""
    params = {name: str(value) for name, value in (problem.get("params") or {}).items()}
    said = {"params": params} if params else {}
    return {**problem, **said, "message": render(problem["code"], params, language())}


@blp.route(
    '/<id("job"):job_id>/cancel',
    methods=["POST"],
    needs=Permission.JOB_CANCEL,
    scope="firm",
    operation="jobs_cancel",
    summary_zh="取消任务",
    summary_en="Ask a job to stop at its next checkpoint: one's own, or one that one may start in its book.",
    refs=("path:job_id",),
    idempotent=True,
    again=service.check_told,
    audit="job.cancel",
)
@blp.response(200, JobOut)
def cancel_job(scope: TenantScope, job_id: UUID) -> dict[str, Any]:
    """The job after the request; raises `JobNotFound`, `PermissionMissing`, `JobNotCancelable`."""
    return job_out(service.cancel(scope, job_id))
