"""Every route of a book, read from the document, does not exist for another firm or for a clerk without a grant.

A new route is covered by existing: nothing here names one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.http.openapi import DOCUMENT
from app.kernel.permissions import BUILTIN
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller
from tests.factories.doors import Doors

Operations = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture
def operations(client: FlaskClient) -> Operations:
    """Path, method and description of every operation of a book or a firm."""
    paths = client.get(DOCUMENT).json["paths"]
    return [
        (path, method.upper(), {**told, "parameters": [*item.get("parameters", []), *told.get("parameters", [])]})
        for path, item in paths.items()
        for method, told in item.items()
        if isinstance(told, dict) and told["x-scope"] in ("book", "firm")
    ]


def _fill(path: str, told: dict[str, Any], book: str) -> str:
    """The path with the victim's book and, elsewhere, ids of the right kind that nothing has."""
    for parameter in told["parameters"]:
        if parameter["in"] == "path":
            kind = re.match(r"\^([a-z]+)_", parameter["schema"].get("pattern", ""))
            words = parameter["schema"].get("enum", ["2026-01"])
            value = words[0]
            if kind:
                value = book if kind[1] == "bk" else encode(kind[1], new_id())
            path = path.replace("{" + parameter["name"] + "}", value)
    return path


def _send(caller: Caller, path: str, method: str, told: dict[str, Any]) -> TestResponse:
    headers = {
        "Authorization": f"Bearer {caller.secret}",
        "Idempotency-Key": f"isolation-{new_id()}",
        "If-Match": '"1-x"',
    }
    content = told.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        sent = {"file": (io.BytesIO(b"x"), "x.xml")}
        return caller.client.open(path, method=method, data=sent, headers=headers)
    return caller.client.open(path, method=method, json={} if content else None, headers=headers)


# A refusal leaves its line in the log, and nothing anywhere else.
_TABLES = "select tablename from pg_tables where schemaname = :s and tablename not in ('audit_event', 'audit_head')"


def _checksum(ports: Ports, tenant: TenantRef) -> dict[str, str]:
    """A digest of every table of a firm."""
    with ports.owner_engine.connect() as connection:
        names = connection.execute(text(_TABLES), {"s": tenant.schema})
        digest = "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {}.{} t"
        return {
            name: connection.execute(text(digest.format(tenant.schema, name))).scalar_one() for name in names.scalars()
        }


def test_no_route_of_a_book_exists_for_another_firm_or_another_books_clerk(
    operations: Operations,
    doors: Doors,
    ports: Ports,
    firm: TenantRef,
    other_firm: TenantRef,
    owner: Caller,
    member: Callable[..., Caller],
) -> None:
    victim, elsewhere = doors.new_book(), doors.new_book()
    clerk, foreigner = member("staff"), member("owner", other_firm)
    grant = f"/v1/books/{encode('bk', elsewhere.uid)}/grants/{encode('usr', clerk.id or new_id())}"
    assert owner("PUT", grant, {"role": "accountant"}).status_code == 200
    before = _checksum(ports, firm)
    asked = 0
    for path, method, told in operations:
        if told["x-scope"] != "book":
            continue
        known = _fill(path, told, encode("bk", victim.uid))
        never = _fill(path, told, encode("bk", new_id()))
        for caller in (foreigner, clerk):
            answers = [_send(caller, address, method, told) for address in (known, never)]
            shown = {answer.data.replace(answer.headers["X-Request-Id"].encode(), b"") for answer in answers}
            assert [answer.status_code for answer in answers] == [404, 404], (method, path, answers[0].data)
            assert len(shown) == 1, (method, path)
            asked += 1
    assert asked > 20
    assert _checksum(ports, firm) == before
    for path, method, told in operations:
        if told["x-scope"] == "book":
            mine = _send(owner, _fill(path, told, encode("bk", victim.uid)), method, told)
            assert mine.status_code != 404 or mine.json["code"] != "book.not_found", (method, path)


def test_no_route_answers_without_a_token_or_with_an_operators(
    operations: Operations, client: FlaskClient, operator: Caller
) -> None:
    for path, method, told in operations:
        address = _fill(path, told, encode("bk", new_id()))
        for secret in ("", "zf_s_" + "A" * 43):
            assert _send(Caller(client, secret), address, method, told).status_code == 401, (method, path)
        hidden = _send(operator, address, method, told)
        assert (hidden.status_code, hidden.json["code"]) == (404, "route.not_found"), (method, path)


def test_a_member_without_the_permission_is_told_so_on_every_route_of_the_firm(
    operations: Operations, member: Callable[..., Caller]
) -> None:
    client_uploader = member("client")
    refused = 0
    for path, method, told in operations:
        if told["x-scope"] == "firm" and told["x-permission"] not in BUILTIN["client"].permissions:
            answer = _send(client_uploader, _fill(path, told, ""), method, told)
            assert (answer.status_code, answer.json["code"]) == (403, "permission.missing"), (method, path)
            refused += 1
    assert refused
