"""What may break does: workers die, stop and hang, Redis forgets and goes away, and each effect is there once."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
from pathlib import Path

from rq import Callback, Queue

from infra import queue
from tenants import leases
from tests.jobs.world import World

UNDISTURBED = ["s0", "s1", "s2"]


def _assert_as_undisturbed(world: World, job: object) -> None:
    row = world.ended(job)
    assert row["state"] == "succeeded"
    assert row["result"] == {"by": "clerk", "stages": 3}
    assert world.items(job) == world.stages(job) == UNDISTURBED
    assert world.broken() == []


def test_jobs_go_through_relay_and_worker(world: World) -> None:
    jobs = [world.enqueue("staged") for _ in range(10)]
    with world.relay(), world.worker():
        for job in jobs:
            _assert_as_undisturbed(world, job)
            assert world.row(job)["attempt"] == 1
        world.until(lambda: not world.ports.redis.keys("rq:job:*"))
        assert world.waiting() == []


def test_a_worker_killed_mid_stage_leaves_the_rows_of_an_undisturbed_run(world: World) -> None:
    job = world.enqueue("staged", seconds=0.8)
    with world.relay():
        with world.worker() as worker:
            world.until(lambda: world.stages(job) == ["s0"])
            worker.send_signal(signal.SIGKILL)
        assert world.row(job)["state"] == "running"
        with world.worker():
            _assert_as_undisturbed(world, job)
    assert world.row(job)["attempt"] == 2


def test_a_stopped_worker_that_wakes_late_changes_nothing(world: World) -> None:
    job = world.enqueue("staged", seconds=1.5)
    with world.relay(), world.worker() as first:
        world.until(lambda: world.stages(job) == ["s0"])
        world.until(lambda: _stopped_between_heartbeats(world, first))
        with world.worker():
            world.until(lambda: world.row(job)["attempt"] == 2)
            first.send_signal(signal.SIGCONT)
            _assert_as_undisturbed(world, job)
            with world.scope() as scope:
                fences = scope.run("SELECT fence FROM tenant.job_stage WHERE job_id = :id ORDER BY at", id=job)
                first_fence, *_, last_fence = fences.scalars()
                assert (first_fence, last_fence) == (1, world.row(job)["fence"])


def _stopped_between_heartbeats(world: World, worker: subprocess.Popen[bytes]) -> bool:
    worker.send_signal(signal.SIGSTOP)
    status = Path(f"/proc/{worker.pid}/status")
    world.until(lambda: "State:\tT" in status.read_text())
    time.sleep(0.1)  # for what Postgres was already asked
    with world.scope() as scope:
        if scope.run("SELECT 1 FROM tenant.job FOR NO KEY UPDATE SKIP LOCKED").first():
            return True
    worker.send_signal(signal.SIGCONT)
    return False


def test_a_worker_whose_job_hangs_beyond_its_lease_ends_itself(world: World) -> None:
    job = world.enqueue("hung")
    with world.relay():
        with world.worker() as worker:
            world.until(lambda: "stages" in world.row(job)["progress"])
            world.sql("UPDATE tenant.job SET lease_until = now() - interval '1 s', fence = fence + 1")
            assert worker.wait(40) == 75
        with world.worker():
            world.ended(job)
    assert world.items(job) == ["only"]


def test_a_worker_that_is_asked_to_end_does_so_and_another_goes_on(world: World) -> None:
    job = world.enqueue("staged", seconds=0.5)
    with world.relay():
        with world.worker() as worker:
            world.until(lambda: world.stages(job) == ["s0"])
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0
        assert world.row(job)["state"] == "queued"
        with world.worker() as worker:
            _assert_as_undisturbed(world, job)
            assert world.row(job)["attempt"] == 1
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0


def test_flushall_loses_nothing(world: World) -> None:
    jobs = [world.enqueue("staged", seconds=0.05) for _ in range(8)]
    with world.relay():
        world.until(world.waiting)
        world.ports.redis.flushall()
        with world.worker():
            for job in jobs:
                world.until(lambda job=job: world.row(job)["attempt"])
                world.ports.redis.flushall()
            for job in jobs:
                _assert_as_undisturbed(world, job)


def test_a_message_that_is_lost_between_the_queue_and_the_claim_is_sent_again(world: World) -> None:
    job = world.enqueue("staged")
    with world.relay():
        world.until(world.waiting)
        world.ports.redis.delete("rq:queue:zhangfang")
        world.until(lambda: world.waiting() == [str(job)])


def test_a_message_that_is_marked_as_sent_and_never_pushed_is_sent_again(world: World) -> None:
    job = world.enqueue("staged")
    with world.scope() as scope:
        assert leases.take_due(scope, 4) == [(job, 1)]
    with world.relay():
        world.until(lambda: world.waiting() == [str(job)])


def test_while_redis_is_away_work_is_taken_and_afterwards_it_is_done(world: World) -> None:
    (valkey,) = (child for child in world.stack.children if child.process.name == "valkey")
    with world.relay(), world.worker():
        first = world.enqueue("staged")
        _assert_as_undisturbed(world, first)
        valkey.stop()
        try:
            jobs = [world.enqueue("staged") for _ in range(3)]
            with world.scope() as scope:
                assert leases.request_cancel(scope, jobs.pop()) == "cancelled"
            time.sleep(1.5)
        finally:
            valkey.start()
            valkey.await_ready()
        for job in jobs:
            _assert_as_undisturbed(world, job)


def test_a_pickled_message_is_refused_and_the_worker_lives_on(world: World, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    plain = Queue(queue.QUEUE, connection=world.ports.redis, serializer="json")
    Queue(queue.QUEUE, connection=world.ports.redis, serializer="pickle").enqueue(os.mkdir, str(trace))
    plain.enqueue("os.mkdir", str(trace))
    abort = Callback("os.abort")
    plain.enqueue("os.mkdir", on_success=abort, on_failure=abort, kwargs={"tenant_id": str(trace)})
    world.ports.redis.hset("rq:job:bomb", mapping={"data": pickle.dumps(_Bomb(str(trace)))})
    world.ports.redis.rpush("rq:queue:zhangfang", "bomb", "no-such-message")
    world.ports.redis.lpush(queue.NUDGES, pickle.dumps(_Bomb(str(trace))), "no uuid")
    job = world.enqueue("staged")
    with world.relay(), world.worker() as worker:
        _assert_as_undisturbed(world, job)
        assert worker.poll() is None
        world.until(lambda: not world.ports.redis.exists("rq:queue:zhangfang:intermediate"))
    assert not trace.exists()


class _Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def test_a_message_that_names_another_firms_job_does_nothing(world: World, other: World) -> None:
    job = world.enqueue("staged")
    other.run(job)
    assert world.row(job)["state"] == "queued"
