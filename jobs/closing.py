"""Background closing: chunks of books, each chunk one stage and one transaction."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from app.batches import service as batches
from app.closing.service import close_chunk
from app.kernel.periods import Period
from jobs.runner import JobRun

CHUNK = 50


def close(run: JobRun) -> None:
    """Close one period over the books of `args`; books of a chunk stand or fall by themselves."""
    uids = [UUID(uid) for uid in run.args["books"]]
    starts = range(0, len(uids), CHUNK)
    stages = run.plan(*(f"books-{start}" for start in starts))
    period = Period.parse(run.args["period"])
    for stage, start in zip(stages, starts, strict=True):
        chunk = uids[start : start + CHUNK]
        work = partial(close_chunk, job_id=run.job_id, uids=chunk, period=period, first=start)
        run.do_stage(stage, work, statement_seconds=300)
        run.progress("close", start + len(chunk), len(uids), "books")
    with run.scope(read_only=True) as scope:
        summary = batches.summary(scope, run.job_id)
    run.result(summary, partially=bool(set(summary["fates"]) - {"closed", "already_closed"}))
