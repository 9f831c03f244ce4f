"""A Postgres and a Valkey of their own, because these tests stop and empty them; two idle firms for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.stack import Stack
from infra.ports import Ports
from tenants import provisioning
from tenants.scope import TenantRef
from tests.jobs.world import World, hire, open_ports


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    running = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-jobs-")), parts={"postgres", "valkey"}, environ={})
    running.start()
    yield running
    running.destroy()


@pytest.fixture(scope="session")
def ports(stack: Stack) -> Iterator[Ports]:
    opened = open_ports(stack.settings)
    provisioning.upgrade_platform(opened.owner_engine)
    yield opened
    opened.engine.dispose()
    opened.owner_engine.dispose()


@pytest.fixture(scope="session")
def firms(ports: Ports) -> list[TenantRef]:
    names = ("first", "second")
    return [provisioning.provision(ports.engine, ports.owner_engine, name, name, ports.clock) for name in names]


@pytest.fixture
def world(stack: Stack, ports: Ports, firms: list[TenantRef]) -> World:
    for firm in firms:
        with ports.owner_engine.begin() as connection:
            tables = ", ".join(f"{firm.schema}.{table}" for table in ("job", "job_stage", "job_item", "outbox"))
            connection.exec_driver_sql(f"TRUNCATE {tables}")
        hire(ports, firm)
    ports.redis.flushall()
    return World(stack, ports, firms[0])


@pytest.fixture
def other(stack: Stack, ports: Ports, firms: list[TenantRef], world: World) -> World:
    """The second firm."""
    return World(stack, ports, firms[1])
