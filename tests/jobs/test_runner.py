"""What one attempt does: once, in stages, with its originator's rights, and with an honest end."""

from __future__ import annotations

import threading

import pytest

from jobs.types import Pace
from tenants import leases
from tests.jobs.handlers import effect
from tests.jobs.world import World


def test_a_job_succeeds_with_its_stages_progress_and_result(world: World) -> None:
    job = world.enqueue("staged")
    world.run(job)
    row = world.row(job)
    assert row["state"] == "succeeded"
    assert row["result"] == {"by": "clerk", "stages": 3}
    assert row["progress"]["stages"] == ["s0", "s1", "s2"]
    assert (row["progress"]["done"], row["progress"]["total"]) == (3, 3)
    assert world.items(job) == world.stages(job) == ["s0", "s1", "s2"]
    assert world.broken() == []


def test_a_job_runs_with_the_rights_its_originator_has_when_it_runs(world: World) -> None:
    dismissed, promoted = world.enqueue("staged"), world.enqueue("staged")
    world.member(active=False)
    world.run(dismissed)
    assert world.row(dismissed)["problem"]["code"] == "job.originator_gone"
    assert world.items(dismissed) == []
    world.member(role="manager")
    world.run(promoted)
    assert (world.row(promoted)["state"], world.row(promoted)["result"]["by"]) == ("succeeded", "clerk")


def test_a_message_that_comes_five_times_runs_the_job_once(world: World) -> None:
    job = world.enqueue("staged", seconds=0.1)
    runs = [threading.Thread(target=world.run, args=(job,)) for _ in range(5)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    world.run(job)
    assert world.items(job) == ["s0", "s1", "s2"]
    assert (world.row(job)["attempt"], world.row(job)["fence"]) == (1, 1)


def test_a_message_of_another_attempt_or_of_an_unknown_job_does_nothing(world: World) -> None:
    job = world.enqueue("staged")
    world.run(job, attempt=2)
    world.run(world.firm.id)
    assert world.row(job)["state"] == "queued"
    assert world.items(job) == []


def test_a_refusal_fails_the_job_with_its_code_and_leaves_no_part_of_its_stage(world: World) -> None:
    job = world.enqueue("refused")
    world.run(job)
    row = world.row(job)
    assert row["state"] == "failed"
    assert row["problem"] == {"code": "test.ledger_asleep", "params": {"book": "42"}, "detail": "账簿 42 在休息。"}
    assert world.items(job) == world.stages(job) == ["first"]
    assert world.broken() == []


def test_a_refusal_that_passes_is_tried_again(world: World) -> None:
    job = world.enqueue("busy")
    world.run(job)
    assert world.row(job)["state"] == "queued"
    world.run(job, attempt=2)
    assert world.row(job)["result"] == {"attempt": 2}


def test_a_stage_that_meets_a_deadlock_is_done_again_within_the_attempt(world: World) -> None:
    job = world.enqueue("entangled")
    world.run(job)
    assert (world.row(job)["result"], world.row(job)["attempt"]) == ({"tries": 2}, 1)
    assert world.items(job) == ["only"]


def test_an_internal_error_is_tried_again_and_then_fails_without_telling_why(world: World) -> None:
    lucky, unlucky = (world.enqueue("clumsy", max_attempts=2, until=n) for n in (2, 3))
    for job in (lucky, unlucky):
        world.run(job)
        assert (world.row(job)["state"], world.row(job)["problem"]) == ("queued", None)
        world.run(job, attempt=2)
    assert world.row(lucky)["state"] == "succeeded"
    problem = world.row(unlucky)["problem"]
    assert problem["code"] == "job.failed"
    assert problem["params"]["request_id"].startswith("req_")
    assert "4711" not in str(dict(world.row(unlucky)))


def test_each_further_attempt_waits_longer(world: World) -> None:
    job = world.enqueue("clumsy", until=9)
    waits = []
    for attempt in (1, 2, 3):
        world.run(job, attempt, pace=Pace(backoff=100))
        with world.scope() as scope:
            waits.append(
                scope.run(
                    "SELECT round(extract(epoch FROM queued_at - now()) / 100)::int FROM tenant.job WHERE id = :id",
                    id=job,
                ).scalar_one()
            )
    assert waits == [1, 2, 4]


def test_a_type_nobody_knows_waits_for_a_newer_worker_and_fails_in_the_end(world: World) -> None:
    job = world.enqueue("from.the.future", max_attempts=2)
    world.run(job)
    assert world.row(job)["state"] == "queued"
    world.run(job, attempt=2)
    assert world.row(job)["problem"]["code"] == "job.unknown_type"


def test_a_handler_that_forgets_a_planned_stage_does_not_succeed(world: World) -> None:
    job = world.enqueue("forgetful", max_attempts=1)
    world.run(job)
    assert world.row(job)["problem"]["code"] == "job.failed"


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_at_a_checkpoint(world: World) -> None:
    waiting, running = world.enqueue("staged"), world.enqueue("staged", count=9, seconds=0.15)
    with world.scope() as scope:
        assert leases.request_cancel(scope, waiting) == "cancelled"
        assert leases.request_cancel(scope, world.firm.id) is None
    run = threading.Thread(target=world.run, args=(running,))
    run.start()
    world.until(lambda: world.stages(running))
    with world.scope() as scope:
        assert leases.request_cancel(scope, running) == "cancel_requested"
        assert leases.request_cancel(scope, running) == "cancel_requested"
    run.join()
    world.run(waiting)
    assert [world.row(job)["state"] for job in (waiting, running)] == ["cancelled", "cancelled"]
    assert world.items(waiting) == []
    assert 0 < len(world.items(running)) < 9
    assert world.items(running) == world.stages(running)
    with world.scope() as scope:
        assert leases.request_cancel(scope, running) == "cancelled"
    assert world.broken() == []


def test_a_cancellation_that_comes_after_the_last_stage_comes_too_late(world: World) -> None:
    job = world.enqueue("staged", count=1, seconds=0.4)
    run = threading.Thread(target=world.run, args=(job,))
    run.start()
    world.until(lambda: world.row(job)["state"] == "running")
    with world.scope() as scope:
        leases.request_cancel(scope, job)
    run.join()
    assert world.row(job)["state"] == "succeeded"


def test_a_worker_that_is_asked_to_stop_gives_the_job_back_unused(world: World) -> None:
    job = world.enqueue("patient")
    world.run(job, stopping=lambda: True)
    row = world.row(job)
    assert (row["state"], row["attempt"], row["fence"]) == ("queued", 0, 1)


def test_a_job_past_its_deadline_ends_at_a_checkpoint_and_is_not_begun_again(world: World) -> None:
    running, waiting = world.enqueue("patient"), world.enqueue("staged")
    world.sql("UPDATE tenant.job SET deadline = now() + interval '0.4 s' WHERE id = :id", id=running)
    world.sql("UPDATE tenant.job SET deadline = now() - interval '1 s' WHERE id = :id", id=waiting)
    world.run(running)
    world.run(waiting)
    for job in (running, waiting):
        assert world.row(job)["problem"]["code"] == "job.deadline_passed"
        assert world.items(job) == []


THEFTS = {
    "claimed by another": "UPDATE tenant.job SET fence = fence + 1 WHERE id = :id",
    "reclaimed by the relay": "UPDATE tenant.job SET state = 'queued' WHERE id = :id",
}


@pytest.mark.parametrize("theft", THEFTS.values(), ids=THEFTS.keys())
def test_an_effect_is_refused_when_the_lease_was_lost_in_between(world: World, theft: str) -> None:
    job = world.enqueue("greedy")
    run = threading.Thread(target=world.run, args=(job,))
    run.start()
    world.until(lambda: world.row(job)["state"] == "running")
    world.sql(theft, id=job)
    run.join()
    assert world.items(job) == world.stages(job) == []
    assert world.row(job)["finished_at"] is None


def test_the_heartbeat_keeps_a_lease_that_is_shorter_than_the_stage(world: World) -> None:
    job = world.enqueue("staged", count=1, seconds=4)
    pace = Pace(lease=2, heartbeat=0.2)
    run = threading.Thread(target=world.run, args=(job,), kwargs={"pace": pace})
    run.start()
    while run.is_alive():
        with world.scope() as scope:
            assert leases.reclaim(scope) == []
        run.join(0.1)
    assert (world.row(job)["state"], world.row(job)["attempt"]) == ("succeeded", 1)


def test_a_lease_that_ran_out_is_reclaimed_and_after_the_last_attempt_the_job_fails(world: World) -> None:
    job, asked = world.enqueue("staged", max_attempts=2), world.enqueue("staged")
    with world.scope() as scope:
        assert leases.claim(scope, job, 1, "dead", -1)
        assert leases.claim(scope, asked, 1, "dead", -1)
        leases.request_cancel(scope, asked)
    with world.scope() as scope:
        assert leases.reclaim(scope) == [job]
        assert leases.claim(scope, job, 2, "dead too", -1)
    with world.scope() as scope:
        assert leases.reclaim(scope) == []
    assert world.row(job)["problem"]["code"] == "job.attempts_exhausted"
    assert world.row(asked)["state"] == "cancelled"


def test_what_a_stopped_worker_holds_locked_delays_no_other_job_and_its_unfinished_stage_not_even_its_own(
    world: World,
) -> None:
    locked, staged, free = (world.enqueue("staged") for _ in range(3))
    with world.scope() as scope:
        assert all(leases.claim(scope, job, 1, "dead", -1) for job in (locked, staged, free))
    with world.scope() as stopped, world.scope() as scope:
        leases.hold(stopped, locked, 1)
        leases.add_stage(stopped, staged, 1, "s0")
        assert set(leases.reclaim(scope)) == {staged, free}


def test_the_plan_of_the_first_attempt_stays_and_its_finished_stages_are_not_done_again(world: World) -> None:
    job = world.enqueue("staged", count=3)
    with world.scope() as scope:
        claim = leases.claim(scope, job, 1, "dead", 60)
        assert claim is not None
        leases.heartbeat(scope, job, claim.fence, -1, {"stages": ["s0", "s1"]})
        leases.add_stage(scope, job, claim.fence, "s0")
    with world.scope() as scope:
        leases.reclaim(scope)
    world.run(job, attempt=2)
    assert world.row(job)["state"] == "succeeded"
    assert world.items(job) == ["s1"]
    assert world.stages(job) == ["s0", "s1"]
    assert world.broken() == []


def test_inv_10_sees_a_missing_and_an_unplanned_stage(world: World) -> None:
    missing, unplanned = world.enqueue("staged"), world.enqueue("staged")
    world.run(missing)
    world.run(unplanned)
    world.sql("""UPDATE tenant.job SET progress = '{"stages": ["s0", "s1", "s2", "s9"]}' WHERE id = :id""", id=missing)
    with world.scope() as scope:
        leases.add_stage(scope, unplanned, 1, "stray")
    assert {row.id for row in world.broken()} == {missing, unplanned}


def test_a_job_that_ended_never_changes_again(world: World) -> None:
    job = world.enqueue("staged")
    world.run(job)
    before = dict(world.row(job))
    with world.scope() as scope:
        assert leases.heartbeat(scope, job, 1, 60) is None
        assert not leases.finish(scope, job, 1, "failed")
        assert leases.requeue(scope, job, 1, 0) is None
        assert leases.reclaim(scope) == []
        assert leases.request_cancel(scope, job) == "succeeded"
        with pytest.raises(leases.LeaseLost):
            leases.hold(scope, job, 1)
    assert dict(world.row(job)) == before


def test_the_tests_effect_would_show_a_second_time(world: World) -> None:
    job = world.enqueue("staged", count=1)
    world.run(job)
    with world.scope() as scope:

        class Run:
            job_id = job

        effect(scope, Run, "s0")
    assert world.items(job) == ["s0", "s0"]
