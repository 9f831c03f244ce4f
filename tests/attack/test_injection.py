"""A-SQL: no text of a request becomes part of a statement, whatever it says and wherever it stands.

Each request goes up to its commit and is rolled back there. An ordinary run asks a sample, the same every time; with
`--all` every payload is put into every place.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, event, text

from app.http import gate
from app.http.openapi import DOCUMENT
from infra.ports import Ports
from tenants.naming import checked
from tenants.provisioning import provision
from tests.attack.injections import MARK, PAYLOADS, Place, found, places, twin
from tests.bola.matrix import Matrix
from tests.bola.operations import Operation
from tests.bola.principals import Principal
from tests.bola.store import changed, checksums
from tests.bola.world import build

SAMPLE, SHARDS = 200, 8
LEFT_BY_A_REFUSAL = re.compile(r"audit_|token$|login|attempt|chain|challenge|witness")
"""Tables in which a refusal may leave a line: that it was refused, and that somebody tried."""

_CHANGES = re.compile(
    r"\b(?:insert into|(?<!for )(?<!key )update|delete from)\s+(?:[\w\"]+\.)?(?!set\b)\"?(\w+)", re.IGNORECASE
)

Case = tuple[Operation, Place, str]


@dataclass
class Attack:
    """A world, every case against it, and what the database heard meanwhile."""

    matrix: Matrix
    cases: list[Case]
    heard: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    _writing: dict[Connection, set[str]] = field(default_factory=dict)

    def principal(self, operation: Operation) -> Principal:
        """Who may do nearly everything: the maker of the firm, or an operator in their plane."""
        if operation.scope == "ops":
            return self.matrix.world.principals["ops_provisioner"]
        return Principal("maker", "A", "owner", None, self.matrix.world.firms["A"].maker.secret)

    def listen(self, connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        """Keep a statement that has the mark in its text, and the tables that one means to change."""
        if MARK in statement:
            self.heard.append(statement)
        self._writing.setdefault(connection, set()).update(_CHANGES.findall(statement))

    def begin(self, connection: Connection) -> None:
        """Forget what a transaction before this one did."""
        self._writing.pop(connection, None)

    def look(self, connection: Connection) -> None:
        """Note, before a commit, what it would change."""
        self.written |= self._writing.pop(connection, set())

    def ask(self, case: Case) -> list[str]:
        """What is wrong with how a case is answered."""
        operation, place, payload = case
        ask = self.matrix.cells.ask(operation, self.matrix.recipes[operation.name], "A1")
        sent = place.put(ask, operation, payload)
        if sent is None:
            return []
        who = self.principal(operation)
        self.heard.clear()
        self.written.clear()
        answer = self.matrix.asker.send(who, sent, rehearse=True)
        wrong = [f"answers {answer.status}"] if answer.status >= 500 else []
        wrong += [f"says {statement[:200]!r} to the database" for statement in self.heard]
        if answer.status >= 400:
            wrong += [f"is refused and writes {name}" for name in self.written if not LEFT_BY_A_REFUSAL.search(name)]
        else:
            wrong += self._beside(case, answer.status, found(answer.body))
        return [f"{operation.name} {place.where}:{place.name} {payload!r} {one}" for one in wrong]

    def _beside(self, case: Case, status: int, rows: int) -> list[str]:
        """Another kind of answer than to a harmless text of the same length."""
        operation, place, payload = case
        ask = self.matrix.cells.ask(operation, self.matrix.recipes[operation.name], "A1")
        harmless = place.put(ask, operation, twin(payload))
        assert harmless is not None
        answer = self.matrix.asker.send(self.principal(operation), harmless, rehearse=True)
        if (answer.status, found(answer.body)) != (status, rows):
            return [f"gives {status} with {rows} rows, beside {answer.status} with {found(answer.body)}"]
        return []


@pytest.fixture(scope="module")
def canary(admin_url: str) -> Iterator[Callable[[], int]]:
    """How often the canary has sung; whatever a transaction does, a sequence does not go back."""
    engine = create_engine(admin_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            f"CREATE SCHEMA {MARK}",
            f"CREATE SEQUENCE {MARK}.songs",
            f"CREATE FUNCTION {MARK}.sing() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS "
            f"$$ SELECT nextval('{MARK}.songs') $$",
            f"GRANT USAGE ON SCHEMA {MARK} TO PUBLIC",
        ):
            connection.exec_driver_sql(statement)
        yield lambda: connection.exec_driver_sql(
            f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {MARK}.songs"
        ).scalar_one()
        connection.exec_driver_sql(f"DROP SCHEMA {MARK} CASCADE")
    engine.dispose()


@pytest.fixture(scope="module")
def attack(ports: Ports, app: Flask, canary: Callable[[], int]) -> Iterator[Attack]:
    """Every case, ready to be asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "STEP_UP_LIFE", timedelta(days=1))  # how fresh a proof must be is not asked here
        yield from _attack(ports, app)


def _attack(ports: Ports, app: Flask) -> Iterator[Attack]:
    matrix = Matrix(build(ports, app))
    attacked = Attack(matrix, list(_cases(matrix)))
    matrix.asker.at_commit = attacked.look
    engines = (ports.engine, ports.owner_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", attacked.listen)
        event.listen(engine, "begin", attacked.begin)
    yield attacked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", attacked.listen)
        event.remove(engine, "begin", attacked.begin)
    matrix.close()


def _cases(matrix: Matrix) -> Iterator[Case]:
    document = matrix.world.client.get(DOCUMENT).json
    told = {one["operationId"]: one for item in document["paths"].values() for one in item.values() if "tags" in one}
    for operation in sorted(matrix.known(), key=lambda one: one.name):
        for place in places(operation, told[operation.name], document["components"]["schemas"]):
            yield from ((operation, place, payload) for payload in PAYLOADS)


def _held(attack: Attack, cases: Sequence[Case], canary: Callable[[], int]) -> None:
    before, known = checksums(attack.matrix.world), canary()
    wrong = [one for case in cases for one in attack.ask(case)]
    assert not wrong, "\n".join(wrong)
    assert canary() == known, "something that was sent was run"
    assert changed(before, checksums(attack.matrix.world)) == []


def test_a_sample_of_all_texts_in_all_places_stays_text(
    attack: Attack, canary: Callable[[], int], record_property: Callable[[str, object], None]
) -> None:
    chosen = sorted(random.Random(20260101).sample(range(len(attack.cases)), SAMPLE))
    record_property("attacks", len(chosen))
    _held(attack, [attack.cases[number] for number in chosen], canary)


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_text_in_every_place_stays_text(
    shard: int, attack: Attack, canary: Callable[[], int], record_property: Callable[[str, object], None]
) -> None:
    size = -(-len(attack.cases) // SHARDS)
    cases = attack.cases[shard * size : (shard + 1) * size]
    record_property("attacks", len(cases))
    _held(attack, cases, canary)


def test_every_operation_and_every_kind_of_place_is_attacked(attack: Attack) -> None:
    asked = {operation.name for operation, _, _ in attack.cases}
    plain = {one.name for one in attack.matrix.known() if not (one.parameters or one.query or one.headers or one.body)}
    assert set(attack.matrix.recipes) - plain <= asked <= set(attack.matrix.recipes)
    assert len(attack.cases) > 10 * SAMPLE
    assert {place.where for _, place, _ in attack.cases} == {"path", "query", "header", "body"}
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 40


def test_a_statement_that_was_put_together_would_be_heard(
    attack: Attack, canary: Callable[[], int], ports: Ports
) -> None:
    before, sings = canary(), PAYLOADS[7]
    attack.heard.clear()
    with ports.engine.connect() as connection:
        with _rolled_back(connection):
            connection.execute(text("SELECT 'x' = '" + sings + "'"))
        with _rolled_back(connection):
            connection.execute(text("SELECT :said"), {"said": sings})
    assert (canary() - before, len(attack.heard)) == (1, 1)


@contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    with connection.begin() as transaction:
        yield
        transaction.rollback()


@pytest.mark.parametrize(
    "name", ['x"; DROP SCHEMA platform CASCADE; --', "firm'; SET ROLE postgres; --", "t_00000001.book"]
)
def test_a_firm_may_be_called_anything_and_its_schema_is_not(name: str, attack: Attack, ports: Ports) -> None:
    attack.heard.clear()
    number = abs(hash(name)) % 10**9
    tenant = provision(ports.engine, ports.owner_engine, f"zq-{number}", f"{name}{MARK}", ports.clock)
    assert (tenant.name, checked(tenant.schema)) == (f"{name}{MARK}", tenant.schema)
    assert re.fullmatch(r"[a-z0-9_]+", tenant.schema)
    assert attack.heard == []
