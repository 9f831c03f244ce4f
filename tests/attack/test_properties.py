"""Nothing can be slipped into a body (A-PROP): no member of any answer or table, no other type, no deeper nesting.

Generated from the OpenAPI document: every write with a JSON body is offered, at every object of its body, every member
name that some answer, request or table of the house knows and this object does not, and for each member it does know,
values of other types. Each is refused by name, and the firm's tables are as before. The ordinary run takes a twelfth of
the names at each object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import PLATFORM_METADATA, TENANT_METADATA
from app.http.openapi import DOCUMENT
from app.kernel.permissions import CLIENT_ONLY
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller
from tests.factories.doors import Doors

WRITES = ("post", "put", "patch", "delete")
BATCH = 90  # errors[] holds a hundred
MUCH: dict[str, list[Any]] = {
    "string": [1.5, True, ["x"], {"x": 1}],
    "integer": ["x", True, [1], {"x": 1}],
    "boolean": ["yes", 2.5, [True], {"x": 1}],
    "array": ["x", {"x": 1}, 1.5],
    "object": ["x", [1], 1.5],
}


class Document:
    """The OpenAPI document with what is referred to resolved."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema behind its references."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def writes(self) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
        """Method, path, operation and body schema of every write that takes JSON."""
        for path, item in self.document["paths"].items():
            for method in WRITES:
                told = item.get(method)
                body = (told or {}).get("requestBody", {}).get("content", {}).get("application/json")
                if told and body:
                    told = {**told, "parameters": [*item.get("parameters", []), *told.get("parameters", [])]}
                    yield method.upper(), path, told, self.plain(body["schema"])

    def objects(self, schema: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Every object inside a body: where it is (`*` for the item of a list) and its members."""
        schema = self.plain(schema)
        if schema.get("type") == "array" or "items" in schema:
            yield from self.objects(schema["items"], (*place, "*"))
        elif "properties" in schema:
            yield place, schema["properties"]
            for name, member in schema["properties"].items():
                yield from self.objects(member, (*place, name))

    def names(self) -> set[str]:
        """Every member name of every schema, and every column of every table."""
        found = {
            name
            for schema in self.document["components"]["schemas"].values()
            for _, members in self.objects(schema)
            for name in members
        }
        tables = [*TENANT_METADATA.tables.values(), *PLATFORM_METADATA.tables.values()]
        return (
            found
            | {str(column.name) for table in tables for column in table.columns}
            | {"firm_id", "__class__", "role"}
        )


def _body(place: tuple[str, ...], inner: Any) -> Any:
    """The smallest body that has `inner` at a place."""
    for part in reversed(place):
        inner = [inner] if part == "*" else {part: inner}
    return inner


def _pointer(place: tuple[str, ...], name: str) -> str:
    return "".join(f"/{'0' if part == '*' else part}" for part in (*place, name))


def _address(path: str, told: dict[str, Any], book: str) -> str:
    """The path with the book and unknown ids, and the query that is required (periods are the only one there is)."""
    query = [each["name"] for each in told["parameters"] if each["in"] == "query" and each.get("required")]
    for parameter in told["parameters"]:
        if parameter["in"] == "path":
            kind = re.match(r"\^([a-z]+)_", parameter["schema"].get("pattern", ""))
            value = parameter["schema"].get("enum", ["2026-01"])[0]
            if kind:
                value = book if kind[1] == "bk" else encode(kind[1], new_id())
            path = path.replace("{" + parameter["name"] + "}", value)
    return path + ("?" + "&".join(f"{name}=2026-01" for name in query) if query else "")


def _checksum(ports: Ports, tenant: TenantRef) -> dict[str, str]:
    digest = "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {}.{} t"
    with ports.owner_engine.connect() as connection:
        names = connection.execute(text("select tablename from pg_tables where schemaname = :s"), {"s": tenant.schema})
        return {
            name: connection.execute(text(digest.format(tenant.schema, name))).scalar_one() for name in names.scalars()
        }


class Attacker:
    """Sends bodies as somebody who may do everything."""

    def __init__(self, owner: Caller, operator: Caller, boss: Caller, book: str) -> None:
        self.owner, self.operator, self.boss, self.book = owner, operator, boss, book
        grant = f"/v1/books/{book}/grants/{encode('usr', boss.id or new_id())}"
        assert owner("PUT", grant, {"role": "client_boss"}).status_code == 200

    def refused(self, method: str, path: str, told: dict[str, Any], body: Any) -> dict[str, set[str]]:
        """The codes by pointer that a body is refused with."""
        caller = self.operator if told["x-scope"] == "ops" else self.owner
        caller = self.boss if told["x-permission"] in CLIENT_ONLY else caller
        answer = caller(method, _address(path, told, self.book), body, If_Match='"1-x"')
        assert answer.status_code in (400, 422), (method, path, answer.status_code, answer.json, body)
        found: dict[str, set[str]] = {}
        for error in answer.json["errors"]:
            found.setdefault(error.get("pointer", ""), set()).add(error["code"])
        return found


@pytest.mark.parametrize("share", [12, pytest.param(1, marks=pytest.mark.long)])
def test_no_body_takes_a_member_it_does_not_know_nor_another_type(
    share: int,
    owner: Caller,
    operator: Caller,
    member: Callable[..., Caller],
    ports: Ports,
    firm: TenantRef,
    doors: Doors,
    record_property: Callable[[str, object], None],
) -> None:
    document = Document(owner.client.get(DOCUMENT).json)
    attacker = Attacker(owner, operator, member("client"), encode("bk", doors.new_book().uid))
    known = sorted(document.names())
    before = _checksum(ports, firm)
    slipped: list[str] = []
    members = swaps = 0
    for method, path, told, schema in document.writes():
        for place, own in document.objects(schema):
            turn = members % share  # another share of the names for each object
            foreign = [name for number, name in enumerate(known) if name not in own and (number + turn) % share == 0]
            for start in range(0, len(foreign), BATCH):
                batch = foreign[start : start + BATCH]
                found = attacker.refused(method, path, told, _body(place, dict.fromkeys(batch, "x")))
                members += len(batch)
                slipped += [
                    f"{told['operationId']} {place} {name}"
                    for name in batch
                    if "field.unknown" not in found.get(_pointer(place, name), set())
                ]
            for name, member in own.items():
                kinds = document.plain(member).get("type")
                kind = next((one for one in ([kinds] if isinstance(kinds, str) else kinds or []) if one in MUCH), None)
                for value in MUCH.get(kind or "", []):
                    found = attacker.refused(method, path, told, _body(place, {name: value}))
                    swaps += 1
                    if not any(pointer.startswith(_pointer(place, name)) for pointer in found):
                        slipped.append(f"{told['operationId']} {place} {name} = {value!r}: {found}")
    assert not slipped, (len(slipped), slipped[:20])
    after = {name: digest for name, digest in _checksum(ports, firm).items() if not name.startswith("audit_")}
    assert after == {name: digest for name, digest in before.items() if not name.startswith("audit_")}
    assert members + swaps >= 6000
    record_property("attacks", members + swaps)
