"""More of C6: what is foreign beside the path and the body. A tag, a firm's id, a header, a cursor, somebody's key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, text

from tests.bola.asking import Asker
from tests.bola.cells import Cell, Cells
from tests.bola.operations import Operation
from tests.bola.policy import OK, Verdict, before_the_doors, verdict
from tests.bola.principals import Principal
from tests.bola.recipes import Recipe

_UNKNOWN = Verdict(400, "request.unknown_parameter")
_WRONG_CURSOR = Verdict(400, "cursor.invalid")
# What is decided before anybody's rights are looked at is asked by one caller of each sort.
_FEW = frozenset({"anonymous", "owner", "accountant", "client_boss", "key_book", "of_two_firms", "ops_support"})
_SPOOFED = ("X-Tenant-Id", "X-Firm-Id", "X-Book-Id", "X-Forwarded-User", "X-Original-URL")


class Beside:
    """Makes the cells of one operation that need no preparation."""

    def __init__(self, cells: Cells) -> None:
        self.cells, self.world = cells, cells.world

    def of(self, operation: Operation, recipe: Recipe) -> Iterator[Cell]:
        """Tags of things one may not see, a firm named in the query, and headers that pretend."""
        for who in self.cells.asking(operation):
            if operation.reads and operation.scope in ("book", "firm"):
                yield from self._tags(operation, recipe, who)
            if who.name in _FEW and operation.scope != "public":
                yield self._firm_named(operation, recipe, who)
                if operation.reads:
                    yield self._pretending(operation, recipe, who)

    def _tags(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        """Authorisation comes before `If-None-Match`: what may not be seen is never said to be unchanged."""
        letter = who.home[0]
        for label in (f"{letter}3", "A1" if letter == "B" else "B1"):
            expected = verdict(operation, recipe, who, label)
            tag = self.cells.tags.get((operation.name, label))
            if not tag or expected.status == OK:
                continue
            for cell in self.cells.elsewhere(operation, recipe, who, "C6", label):
                told = {"If-None-Match": tag}
                asks = [each.with_(headers={**each.headers, **told}) for each in (cell.ask, cell.twin) if each]
                yield replace(cell, what=f"{label} If-None-Match", ask=asks[0], twin=asks[1])

    def _firm_named(self, operation: Operation, recipe: Recipe, who: Principal) -> Cell:
        """The firm comes from the token: a query that names one is refused, never obeyed and never ignored."""
        other = self.world.firms["A" if who.home[0] == "B" else "B"]
        ask = self.cells.ask(operation, recipe, who.home, who)
        ask = ask.with_(query={**ask.query, "firm_id": str(other.tenant.id)})
        return Cell(operation, who, "C6", "?firm_id", ask, _or_unknown(operation, recipe, who))

    def _pretending(self, operation: Operation, recipe: Recipe, who: Principal) -> Cell:
        """Headers that name another firm, book or person change nothing."""
        label = "A1" if who.home[0] == "B" else "B1"
        book = self.world.books[label].uid
        values = dict.fromkeys(_SPOOFED, str(self.world.firms[label[0]].tenant.id)) | {"X-Book-Id": book}
        ask = self.cells.ask(operation, recipe, who.home, who)
        ask = ask.with_(headers={**ask.headers, **values, "X-Original-URL": f"/v1/books/{book}"})
        return Cell(operation, who, "C6", "headers", ask, verdict(operation, recipe, who, who.home))


def _or_unknown(operation: Operation, recipe: Recipe, who: Principal) -> Verdict:
    """Operators' rights are looked at before the query, those of a firm's people after it."""
    at_ops = verdict(operation, recipe, who, who.home) if operation.scope == "ops" else None
    if at_ops is not None and at_ops.status != OK:
        return at_ops
    return before_the_doors(operation, who) or _UNKNOWN


class Borrowed:
    """Makes the cells that use what another caller was given: a cursor, an idempotency key."""

    def __init__(self, cells: Cells, asker: Asker) -> None:
        self.cells, self.world, self.asker = cells, cells.world, asker
        self._planted: list[dict[str, Any]] = []

    def of(self, operation: Operation, recipe: Recipe) -> Iterator[Cell]:
        """The cells of one operation; what was planted for them is taken away at the end."""
        if operation.scope in ("book", "firm"):
            if operation.pages:
                yield from self._cursors(operation, recipe)
            if operation.repeats:
                try:
                    yield from self._keys(operation, recipe)
                finally:
                    self._uproot()

    def _cursors(self, operation: Operation, recipe: Recipe) -> Iterator[Cell]:
        """A cursor opens for the caller it was made for; for anybody else it is like one that was made up."""
        owner = self.world.principals["owner"]
        ask = self.cells.ask(operation, recipe, owner.home, owner)
        first = ask.with_(query={**ask.query, "limit": "1"})
        page = self.asker.send(owner, first)
        cursor = page.json["page"]["next_cursor"] if page.status == 200 else None
        made_up = (cursor or "A" * 80)[:-8] + "A" * 8
        for who in self.cells.asking(operation):
            own = self.cells.ask(operation, recipe, who.home, who)
            lent = cursor or made_up  # where the world has one page only, nobody was given one
            asks = [own.with_(query={**own.query, "limit": "1", "cursor": each}) for each in (lent, made_up)]
            expected = verdict(operation, recipe, who, who.home)
            if cursor and who.user_id == owner.user_id:
                yield Cell(operation, who, "C6", "own cursor", asks[0], expected)
            else:
                wrong = _WRONG_CURSOR if expected.status == OK else expected
                yield Cell(operation, who, "C6", "cursor of another", asks[0], wrong, asks[1])

    def _keys(self, operation: Operation, recipe: Recipe) -> Iterator[Cell]:
        """A key replays for the principal it was used by; anybody else acts, or is refused, by themselves."""
        asking = self.cells.asking(operation)
        may = [who for who in asking if who.firm == "A" and verdict(operation, recipe, who, who.home).status == OK]
        if recipe.past or not may:
            return
        owner = may[0]
        key = f"borrowed-{operation.name[:80]}"
        ask = self.cells.ask(operation, recipe, owner.home, owner)
        ask = ask.with_(headers={**ask.headers, "Idempotency-Key": key})
        seen: list[dict[str, Any]] = []
        self.asker.at_commit = lambda connection: seen.extend(self._rows(connection, key))
        self.asker.send(owner, ask, rehearse=True)
        if not seen:
            yield Cell(operation, owner, "C6", "Idempotency-Key (nothing was kept)", ask, Verdict(0))
            return
        self._plant(seen[0])
        for who in self.cells.asking(operation):
            own = self.cells.ask(operation, recipe, who.home, who)
            own = own.with_(headers={**own.headers, "Idempotency-Key": key})
            expected = verdict(operation, recipe, who, who.home)
            mine = who is owner or (who.user_id is not None and who.user_id == owner.user_id)
            what = "own Idempotency-Key" if mine else "Idempotency-Key of another"
            yield Cell(operation, who, "C6", what, own, expected, replayed=mine and expected.status == OK)

    def _rows(self, connection: Connection, key: str) -> list[dict[str, Any]]:
        schema = self.world.firms["A"].tenant.schema
        found = connection.execute(text(f"select * from {schema}.idempotency_key where key = :k"), {"k": key})
        return [dict(row) for row in found.mappings()]

    def _plant(self, row: dict[str, Any]) -> None:
        schema = self.world.firms["A"].tenant.schema
        with self.world.ports.owner_engine.begin() as connection:
            connection.execute(
                text(
                    f"insert into {schema}.idempotency_key select * from jsonb_populate_record("
                    f"null::{schema}.idempotency_key, cast(:row as jsonb))"
                ),
                {"row": _as_json(row)},
            )
        self._planted.append(row)

    def _uproot(self) -> None:
        schema = self.world.firms["A"].tenant.schema
        with self.world.ports.owner_engine.begin() as connection:
            for row in self._planted:
                connection.execute(text(f"delete from {schema}.idempotency_key where key = :k"), {"k": row["key"]})
        self._planted.clear()


def _as_json(row: dict[str, Any]) -> str:
    def plain(value: Any) -> Any:
        return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else value

    return orjson.dumps({name: plain(value) for name, value in row.items()}).decode()
