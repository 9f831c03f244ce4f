"""One embedded stack per run, one database per worker, one firm per session and fresh books per test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import connect
from infra import roles
from infra.local.postgres import Postgres
from infra.local.stack import Stack
from infra.ports import Ports
from infra.settings import Settings
from tenants.provisioning import provision, upgrade_platform
from tenants.scope import TenantRef
from tests.factories.doors import Doors

SERVERLESS = ("tests/unit", "tests/content", "tests/house", "tests/local", "tests/jobs", "tests/attack/test_files",
              "tests/attack/test_sandbox", "tests/attack/test_egress")  # fmt: skip
_VARIABLES = "ZHANGFANG_TEST_DATABASES"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-openapi` renews docs/openapi.json from the routes."""
    parser.addoption("--write-openapi", action="store_true", help="write docs/openapi.json anew")


def pytest_configure(config: pytest.Config) -> None:
    """Start the stack in the controlling process; workers find it in their environment."""
    if hasattr(config, "workerinput") or (config.args and all(str(a).startswith(SERVERLESS) for a in config.args)):
        return
    workers = int(getattr(config.option, "numprocesses", 0) or 0)
    own = {name: value for name, value in os.environ.items() if name == "ZHANGFANG_POSTGRES_BIN"}
    stack = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-test-")), environ=own)
    settings = stack.start()
    config.add_cleanup(stack.destroy)
    server = Postgres(stack.state, _port(settings["DATABASE_URL"]), stack.postgres_bin)
    passwords = {role: stack.state.secret(role) for role in roles.URL_NAMES}
    for number in range(max(workers, 1)):
        roles.prepare(server.admin_url, f"zhangfang_gw{number}", passwords)
    os.environ.update(settings)
    os.environ[_VARIABLES] = server.admin_url


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


@pytest.fixture(scope="session")
def environment(worker_id: str) -> dict[str, str]:
    """The settings of this worker: its own database, Valkey database and bucket."""
    worker = "gw0" if worker_id == "master" else worker_id
    settings = {**os.environ, "TRIPWIRE_SHARE": "1"}
    for name in roles.URL_NAMES.values():
        settings[name] = settings[name].rpartition("/")[0] + f"/zhangfang_{worker}"
    settings["REDIS_URL"] = settings["REDIS_URL"].rpartition("/")[0] + f"/{int(worker[2:])}"
    settings["S3_BUCKET"] = f"zhangfang-{worker}"
    settings["RATE_LIMITS"] = "roomy*1000"  # a whole run of tests is one impatient caller
    return settings


@pytest.fixture(scope="session")
def admin_url(environment: dict[str, str]) -> str:
    """The superuser's URL into this worker's database, for breaking things on purpose."""
    database = environment["DATABASE_URL"].rpartition("/")[2]
    return environment[_VARIABLES].rpartition("/")[0] + f"/{database}"


@pytest.fixture(scope="session")
def ports(environment: dict[str, str]) -> Iterator[Ports]:
    """The open ports of this worker, its control plane at head."""
    opened = connect(Settings.from_env(environment), environment)
    upgrade_platform(opened.owner_engine)
    yield opened
    opened.engine.dispose()
    opened.owner_engine.dispose()


@pytest.fixture(scope="session")
def firm(ports: Ports) -> TenantRef:
    """A firm shared by the tests of this worker; books are what they keep apart."""
    tenant = provision(ports.engine, ports.owner_engine, "firm-a", "甲代账公司", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return tenant


@pytest.fixture
def doors(ports: Ports, firm: TenantRef) -> Doors:
    """The doors of the shared firm, entered as the system unless a test says otherwise."""
    return Doors(ports, firm)
