"""Handlers for the tests. An effect is a row whose number is counted up, so that a second effect would be seen."""

from __future__ import annotations

import time

from infra.errors import Conflict
from jobs.runner import Handler, JobRun
from tenants.errors import Busy
from tenants.scope import TenantScope


class LedgerAsleep(Conflict):
    """A refusal of the tests' own."""

    code = "test.ledger_asleep"
    zh = "账簿 {book} 在休息。"
    en = "Ledger {book} is asleep."


def effect(scope: TenantScope, run: JobRun, subject: str) -> None:
    """Leave a mark."""
    scope.narrow([1])
    scope.run(
        "INSERT INTO tenant.job_item (book_id, job_id, seq, subject, fate, at)"
        " SELECT 1, :job_id, coalesce(max(seq), 0) + 1, :subject, 'created', now()"
        " FROM tenant.job_item WHERE job_id = :job_id",
        job_id=run.job_id,
        subject=subject,
    )


def staged(run: JobRun) -> None:
    """`count` stages, each leaves a mark, then takes `seconds` before it ends."""
    for number, stage in enumerate(run.plan(*(f"s{n}" for n in range(run.args.get("count", 3))))):

        def work(scope: TenantScope, stage: str = stage) -> None:
            effect(scope, run, stage)
            time.sleep(run.args.get("seconds", 0))

        run.do_stage(stage, work)
        run.progress("staged", number + 1, run.args.get("count", 3), "stages")
    run.result({"by": run.actor.name, "stages": run.args.get("count", 3)})


def refused(run: JobRun) -> None:
    """A mark in a finished stage, then a refusal inside the second."""
    run.plan("first", "second")
    run.do_stage("first", lambda scope: effect(scope, run, "first"))

    def second(scope: TenantScope) -> None:
        effect(scope, run, "second")
        raise LedgerAsleep(book="42")

    run.do_stage("second", second)


def clumsy(run: JobRun) -> None:
    """Fails for an internal reason until the n-th attempt."""
    run.plan("only")
    if run.attempt < run.args["until"]:
        raise ZeroDivisionError("secret: 4711")
    run.do_stage("only", lambda scope: effect(scope, run, "only"))


def busy(run: JobRun) -> None:
    """The database is busy at the first attempt."""
    if run.attempt == 1:
        raise Busy
    run.result({"attempt": run.attempt})


def entangled(run: JobRun) -> None:
    """Meets a deadlock in its stage, once."""
    run.plan("only")
    tries: list[str] = []

    def work(scope: TenantScope) -> None:
        effect(scope, run, "only")
        tries.append("only")
        if len(tries) == 1:
            scope.run("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    run.do_stage("only", work)
    run.result({"tries": len(tries)})


def greedy(run: JobRun) -> None:
    """Swallows every exception, as a handler should not."""
    run.plan("a", "b")
    for stage in ("a", "b"):
        try:
            run.do_stage(stage, lambda scope, stage=stage: (effect(scope, run, stage), time.sleep(0.6)))
        except Exception:
            run.result({"swallowed": True})


def patient(run: JobRun) -> None:
    """Looks up at a checkpoint every 50 ms, for up to 20 s, inside no stage."""
    run.plan("end")
    for _ in range(400):
        run.checkpoint()
        time.sleep(0.05)
    run.do_stage("end", lambda scope: effect(scope, run, "end"))


def hung(run: JobRun) -> None:
    """Hangs at its first attempt and reaches no checkpoint any more."""
    run.plan("only")
    if run.attempt == 1:
        time.sleep(600)
    run.do_stage("only", lambda scope: effect(scope, run, "only"))


def forgetful(run: JobRun) -> None:
    """Plans a stage it does not do."""
    run.plan("done", "forgotten")
    run.do_stage("done", lambda scope: effect(scope, run, "done"))


HANDLERS: dict[str, Handler] = {
    one.__name__: one for one in (staged, refused, clumsy, busy, entangled, greedy, patient, hung, forgetful)
}
