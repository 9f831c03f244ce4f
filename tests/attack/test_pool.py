"""A-POOL: no firm's context is left on a connection, whatever happens in between, directly or behind PgBouncer.

Each disturbance is made in fifty firms that have equal books; a row of a wrong firm anywhere fails the run. That the
run can fail is shown by session-level settings behind the same pooler, which do read wrong firms.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.ports import Ports
from tests.attack import pgbouncer
from tests.attack.pool_field import SCENARIOS, Field, Home, settle
from tests.attack.pool_requests import application

for _part in ("pool_scenarios", "pool_lines"):
    import_module(f"tests.attack.{_part}")

FIRMS, FEW, ENOUGH = 50, 12, 100_000
WAYS = ("direct", "pooled")
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def homes(ports: Ports, request: pytest.FixtureRequest) -> list[Home]:
    """Fifty firms, or a dozen where the long tests are not asked for: each costs the making of its schema."""
    return settle(ports, FEW if "not long" in str(request.config.option.markexpr) else FIRMS)


@pytest.fixture(scope="module")
def pooled_url(environment: dict[str, str]) -> Iterator[str]:
    """The test database behind a pooler in transaction mode."""
    url = environment["DATABASE_URL"]
    place = Path(tempfile.mkdtemp(prefix="zhangfang-pooler-"))
    with pgbouncer.pooler(url, place, {urlsplit(url).username or "": pgbouncer.password(url)}) as through:
        yield through


@pytest.fixture(scope="module")
def fields(ports: Ports, homes: list[Home], pooled_url: str, environment: dict[str, str]) -> Iterator[list[Field]]:
    opened = [Field(url, ports.clock, homes) for url in (environment["DATABASE_URL"], pooled_url)]
    for field in opened:
        field.app = application(ports, field)
    yield opened
    for field in opened:
        field.close()


def attacked(name: str, field: Field, way: str, homes: list[Home], record: Record, enough: int = 1) -> None:
    """A scenario in firms by one way, round after round until there were enough transactions."""
    before = field.transactions
    while field.transactions - before < enough:
        field.attack(SCENARIOS[name], random.sample(homes, len(homes)))
    wrong, field.wrong = field.wrong, []
    record("count", (f"A-POOL transactions, {way}", field.transactions - before))
    record("count", (f"A-POOL wrong firms read, {way}", len(wrong)))
    assert wrong == [], way


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_firm_reads_itself_alone_after_a_disturbance(
    name: str, fields: list[Field], homes: list[Home], record_property: Record
) -> None:
    record_property("count", (f"A-POOL scenarios in {len(homes)} firms each", 1))
    shuffled = random.sample(homes, len(homes))
    for field, way, some in zip(fields, WAYS, (shuffled[::2], shuffled[1::2]), strict=True):
        attacked(name, field, way, some, record_property)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_firm_reads_itself_alone_after_very_many(
    name: str, fields: list[Field], homes: list[Home], record_property: Record
) -> None:
    for field, way in zip(fields, WAYS, strict=True):
        attacked(name, field, way, homes, record_property, ENOUGH // len(SCENARIOS) // len(WAYS) + 1)


def test_there_are_as_many_scenarios_and_transactions_as_were_asked_for(homes: list[Home]) -> None:
    assert len(SCENARIOS) >= 24
    assert len({home.tenant.schema for home in homes}) == len(homes) >= FEW
    assert len({canary for home in homes for canary in home.canaries}) == 2 * len(homes)


def test_the_pooler_itself_counted_what_went_through_it(fields: list[Field], pooled_url: str) -> None:
    _, pooled = fields
    before, ours = pgbouncer.transactions(pooled_url), pooled.transactions
    pooled.check(*pooled.homes[:2])
    assert pgbouncer.transactions(pooled_url) - before >= pooled.transactions - ours > 0


def told_the_session(url: str, homes: list[Home]) -> int:
    """How many of the firms read another one's row when each client says SET to its session, as one must never."""
    wrong = 0
    with psycopg.connect(url) as one, psycopg.connect(url) as two:
        for mine, others in zip(homes, homes[1:] + homes[:1], strict=True):
            for client, home in ((one, mine), (two, others)):
                client.execute(f"SET search_path = {home.tenant.schema}".encode())
                client.execute(f"SET app.tenant = '{home.tenant.schema}'".encode())
                client.execute(b"SET app.book_from = '1'; SET app.book_to = '1'")
                client.commit()
            found = one.execute("SELECT name_en FROM account WHERE code = '1001'").fetchall()
            wrong += found != [(mine.canaries[0],)]
            one.commit()
    return wrong


def test_a_session_that_is_told_its_firm_reads_wrong_firms_behind_the_pooler(
    homes: list[Home], environment: dict[str, str], record_property: Record
) -> None:
    url = environment["DATABASE_URL"]
    place = Path(tempfile.mkdtemp(prefix="zhangfang-pooler-"))
    with pgbouncer.pooler(url, place, {urlsplit(url).username or "": pgbouncer.password(url)}) as through:
        wrong = told_the_session(through, homes)
    record_property("count", ("A-POOL control: wrong firms read where SET is said to the session", wrong))
    assert (told_the_session(url, homes), wrong > len(homes) // 2) == (0, True)
