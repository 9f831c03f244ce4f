"""P6: what a new book with its chart costs, and a new firm's schema against the bare DDL it is made of.

The bare DDL is what the migrations sent when a firm was made just before, caught on its way and sent again under
another schema's name in one transaction: the same work without Alembic, the registry and the scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

from infra.ports import Ports
from tenants.naming import schema_name
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.factories.doors import Doors
from tests.load.meter import Meter

_NAMES = count(1)
_BARE = 90_000_000  # schema numbers the registry will not reach


class Newcomers:
    """Firms and books made on purpose, one after the other."""

    def __init__(self, doors: Doors, meter: Meter) -> None:
        self.doors = doors
        self.meter = meter
        self.stand = 0
        with _sent(doors.ports.owner_engine) as statements:
            self.firm = self.make_firm()
        self.ddl = [one.replace("%%", "%") for one in statements if not one.startswith(("BEGIN", "COMMIT", "SELECT"))]
        self.bare = count(_BARE)

    @property
    def ports(self) -> Ports:
        """The ports of the bench's firm."""
        return self.doors.ports

    def make_firm(self) -> TenantRef:
        """A new firm the way an operator makes one."""
        ports, self.stand = self.doors.ports, self.stand + 1
        return provision(ports.engine, ports.owner_engine, f"new-{next(_NAMES)}", "新代账公司", ports.clock)

    def run_ddl(self) -> None:
        """The same statements for a schema nobody enters."""
        name = schema_name(next(self.bare))
        with self.ports.owner_engine.begin() as connection:
            for statement in self.ddl:
                connection.exec_driver_sql(statement.replace(self.firm.schema, name).replace("%", "%%"))

    def grow_to(self, firms: int) -> None:
        """Make firms until so many of these stand beside the bench's own."""
        while self.stand < firms:
            self.make_firm()

    def costs(self) -> Iterator[tuple[str, float, float, float]]:
        """(unit, REF, ours, goal); a book has no REF, its goal is CPU ms by themselves."""
        self.doors.new_book()
        book = self.meter.median(lambda: _times(self.doors.new_book, 20), 5)
        yield "cpu ms per new book with its chart", 0.0, book.cpu / 20 * 1000, 10
        costs = self.meter.compare({"ref": self.run_ddl, "ours": self.make_firm}, times=1, rounds=5)
        yield "cpu ms per new firm's schema", costs["ref"] * 1000, costs["ours"] * 1000, 1.3


def _times(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


@contextmanager
def _sent(engine: Engine) -> Iterator[list[str]]:
    """The statements an engine sends meanwhile, its parameters put in by nobody: DDL has none."""
    statements: list[str] = []

    def take(*sent: Any) -> None:
        if not sent[3]:
            statements.append(sent[2])

    event.listen(engine, "before_cursor_execute", take)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", take)
