"""The relay is fair between firms, quick when nudged, alone in front, and never stopped by one firm."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.identity.tokens.service import issue
from infra import queue
from jobs.relay import Relay
from jobs.types import Pace
from tenants import leases
from tests.jobs.world import World

SLOW = Pace(sweep=30, reconcile=30, firm_jobs=100)


def test_a_firm_with_much_work_leaves_room_for_the_others(world: World, other: World) -> None:
    for _ in range(20):
        world.enqueue("staged")
    small = other.enqueue("staged")
    relay = Relay(world.ports, Pace(firm_jobs=3), threading.Event())
    for _ in range(3):
        relay.sweep([world.firm, other.firm])
    assert len(world.waiting()) == 4
    assert world.waiting()[-1] == str(small)


def test_what_runs_counts_and_what_has_ended_makes_room(world: World) -> None:
    jobs = [world.enqueue("staged") for _ in range(4)]
    relay = Relay(world.ports, Pace(firm_jobs=2), threading.Event())
    with world.scope() as scope:
        leases.request_cancel(scope, jobs[0])
    relay.sweep([world.firm])
    assert world.waiting() == [str(jobs[1]), str(jobs[2])]
    with world.scope() as scope:
        assert leases.claim(scope, jobs[1], 1, "test", 60)
    relay.sweep([world.firm])
    assert len(world.waiting()) == 2
    world.run(jobs[2])
    relay.sweep([world.firm])
    assert world.waiting()[-1] == str(jobs[3])


def test_two_relays_at_once_send_each_message_once(world: World) -> None:
    jobs = {str(world.enqueue("staged")) for _ in range(30)}
    relays = [Relay(world.ports, SLOW, threading.Event()) for _ in range(2)]
    threads = [threading.Thread(target=relay.sweep, args=([world.firm],)) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.waiting()) == 30
    assert set(world.waiting()) == jobs


def test_one_relay_leads_and_the_next_follows_when_it_is_gone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "jobs.relay")
    with world.relay(Pace(sweep=0.2)):
        world.until(lambda: caplog.messages == ["leading"])
        with world.relay(Pace(sweep=0.1)):
            time.sleep(0.5)
            assert caplog.messages == ["leading"]
    with world.relay(Pace(sweep=0.1)):
        world.until(lambda: caplog.messages == ["leading", "leading"])


def test_a_nudge_makes_it_quick(world: World) -> None:
    with world.relay(SLOW):
        time.sleep(0.5)
        job = world.enqueue("staged")
        queue.nudge(world.ports.redis, [world.firm.id])
        world.until(lambda: world.waiting() == [str(job)], 10)


def test_a_relay_whose_database_connections_are_cut_goes_on(world: World) -> None:
    with world.relay():
        time.sleep(0.5)
        with world.ports.owner_engine.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
        _cut_connections(world)
        job = world.enqueue("staged")
        world.until(lambda: world.waiting() == [str(job)])


def _cut_connections(world: World) -> None:
    with world.ports.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )


def test_a_firm_in_trouble_does_not_stop_the_others(world: World, other: World) -> None:
    world.enqueue("staged")
    job = other.enqueue("staged")
    with world.ports.owner_engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {world.firm.schema}.outbox RENAME TO hidden")
    try:
        relay = Relay(world.ports, Pace(), threading.Event())
        relay.reconcile([world.firm, other.firm])
        relay.sweep([world.firm, other.firm])
        assert world.waiting() == [str(job)]
    finally:
        with world.ports.owner_engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {world.firm.schema}.hidden RENAME TO outbox")


def test_what_waits_in_the_queue_is_not_sent_again(world: World) -> None:
    world.enqueue("staged")
    relay = Relay(world.ports, Pace(), threading.Event())
    for _ in range(3):
        relay.sweep([world.firm])
        relay.reconcile([world.firm])
    assert len(world.waiting()) == 1


def test_the_tokens_that_ended_long_ago_are_cleared_and_all_others_kept(world: World) -> None:
    whose = {"tenant_id": world.firm.id, "name": "", "role": ""}
    now, ended = datetime.now(UTC), {"session": (170, 190), "access": (6, 8)}
    kept, gone = set(), set()
    with world.ports.engine.begin() as connection:
        for kind, (few, many) in ended.items():
            for days in (few, many):
                issued = issue(connection, kind, now - timedelta(days=days), timedelta(0), **whose)
                (kept if days == few else gone).add(issued.id)
        revoked = issue(connection, "session", now - timedelta(days=200), timedelta(days=300), **whose)
        connection.execute(
            text("UPDATE platform.token SET revoked_at = :at WHERE id = :id"),
            {"at": now - timedelta(days=190), "id": revoked.id},
        )
        kept.add(issue(connection, "session", now - timedelta(days=200), timedelta(days=300), **whose).id)
    Relay(world.ports, SLOW, threading.Event()).tidy([world.firm])
    with world.ports.engine.connect() as connection:
        left = set(connection.execute(text("SELECT id FROM platform.token")).scalars())
    assert kept <= left and not left & {*gone, revoked.id}


def test_what_was_sent_long_ago_is_forgotten_and_what_waits_is_kept(world: World) -> None:
    sent, waiting = world.enqueue("staged"), world.enqueue("staged")
    with world.scope() as scope:
        scope.run("UPDATE tenant.outbox SET created_at = created_at - interval '31 days'")
        scope.run("UPDATE tenant.outbox SET sent_at = created_at WHERE job_id = :job", job=sent)
        scope.run(
            "INSERT INTO tenant.idempotency_key (principal, route, key, fingerprint, status, headers, body, created_at)"
            " VALUES ('user:1', 'POST /', 'old', '', 200, '{}', '', now() - interval '31 days')"
        )
    Relay(world.ports, SLOW, threading.Event()).tidy([world.firm])
    with world.scope() as scope:
        assert list(scope.run("SELECT job_id FROM tenant.outbox").scalars()) == [waiting]
        assert scope.run("SELECT count(*) FROM tenant.idempotency_key").scalar_one() == 0
