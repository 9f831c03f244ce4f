"""Every act has its line, in the transaction of the act, on the chain of its book or of the firm."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from app.audit import rules
from app.audit import service as audit
from app.audit.service import Act
from app.audit.types import NOTHING, Line
from app.books.types import BookRef
from infra.crypto import KeyMissing
from infra.db import sqlstate
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, Origin, TenantScope
from tests.factories.doors import Doors

FROM = Origin("203.0.113.9", "Firefox/140 张", UUID(int=5), "客户丙", None)


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


@contextmanager
def inside(doors: Doors) -> Iterator[TenantScope]:
    """The firm with everything a request brings."""
    ports = doors.ports
    told: dict[str, Any] = {"origin": FROM, "keyring": ports.keyring, "request_id": "req_7"}
    with enter_tenant(ports.engine, doors.tenant, SYSTEM, ports.clock, **told) as scope:
        yield scope


def lines(doors: Doors, book: BookRef | None) -> list[Line]:
    """The chain of a book, or of the firm."""
    with doors.firm(read_only=True) as scope:
        if book:
            scope.narrow([book.id])
        rows = scope.run(
            f"SELECT {', '.join(Line._fields)} FROM tenant.audit_event WHERE chain = :c ORDER BY seq",
            c=book.id if book else 0,
        )
        return [Line._make(row) for row in rows]


def test_a_line_says_who_when_from_where_and_for_whom(doors: Doors, book: BookRef) -> None:
    with inside(doors) as scope:
        act = Act("book.tell", "book", "bk_1", {"before": 1, "after": Decimal("2.50")}, book.id, "因为", {"phone": "1"})
        audit.record(scope, [act])
    line = lines(doors, book)[-1]
    assert line[6:16] == (
        *("system:system", "system", "客户丙", UUID(int=5), "203.0.113.9", "Firefox/140 张"),
        *("book.tell", "book", "bk_1", "因为"),
    )
    assert (line.details, line.request_id) == ({"before": 1, "after": "2.50"}, "req_7")
    assert abs(datetime.now(UTC) - line.at) < timedelta(minutes=1)
    assert line.personal is not None and b"phone" not in line.personal
    opened = doors.ports.keyring.firm(str(doors.tenant.id)).open(line.personal, rules.sealing(line.id))
    assert json.loads(opened) == {"phone": "1"}


def test_the_hash_of_a_line_follows_from_what_it_says_and_from_the_line_before(doors: Doors, book: BookRef) -> None:
    with inside(doors) as scope:
        audit.record(scope, [Act(f"a.{n}", "thing", str(n), {"n": n}, book.id) for n in range(3)])
    previous = NOTHING
    for place, line in enumerate(lines(doors, book), 1):
        said = hashlib.sha256(rules.body(line)).digest()
        assert (line.seq, line.prev) == (place, previous)
        assert line.hash == hashlib.sha256(previous + place.to_bytes(8, "big") + said).digest()
        previous = line.hash
    assert place >= 4  # the book's opening came first
    with doors.firm(read_only=True) as scope:
        assert scope.run("SELECT seq, hash FROM tenant.audit_head WHERE chain = :c", c=book.id).one() == (
            place,
            previous,
        )


def test_a_book_and_the_firm_have_chains_of_their_own(doors: Doors, book: BookRef) -> None:
    other, before = doors.new_book(), len(lines(doors, None))
    with inside(doors) as scope:
        audit.record(
            scope, [Act("x", "thing", "1", {}, other.id), Act("x", "thing", "2", {}), Act("x", "t", "3", {}, book.id)]
        )
        audit.record(scope, [Act("x", "thing", "4", {}, book.id)])
    assert [line.object_id for line in lines(doors, book) if line.action == "x"] == ["3", "4"]
    assert [line.object_id for line in lines(doors, other) if line.action == "x"] == ["1"]
    assert [line.object_id for line in lines(doors, None)[before:]] == ["2"]


def test_what_is_rolled_back_leaves_no_line_and_no_gap(doors: Doors, book: BookRef) -> None:
    before = lines(doors, book)
    with pytest.raises(ZeroDivisionError), inside(doors) as scope:
        audit.record(scope, [Act("x", "thing", "1", {}, book.id)])
        raise ZeroDivisionError
    assert lines(doors, book) == before


def test_a_transaction_asks_four_statements_for_all_its_lines(doors: Doors, book: BookRef) -> None:
    asked: list[str] = []
    with inside(doors) as scope:
        event.listen(scope.connection, "before_cursor_execute", lambda *a: asked.append(a[2]))
        for number in range(50):
            audit.record(scope, [Act("x", "thing", str(number), {}, book.id)])
        assert asked == []
    ours = [statement for statement in asked if "audit_" in statement or "book_from" in statement.split(";")[0]]
    assert [statement.split()[0] for statement in ours] == ["SET", "SELECT", "INSERT", "UPDATE"]


def test_personal_values_are_never_written_open(doors: Doors, book: BookRef) -> None:
    with pytest.raises(KeyMissing), doors.firm() as scope:  # a door without a keyring
        audit.record(scope, [Act("x", "thing", "1", {}, book.id, "", {"phone": "13800000000"})])


FORBIDDEN = {
    "a line is changed": ("UPDATE tenant.audit_event SET actor = 'x' WHERE chain = :c", "42501"),
    "a line is deleted": ("DELETE FROM tenant.audit_event WHERE chain = :c", "42501"),
    "a head is deleted": ("DELETE FROM tenant.audit_head WHERE chain = :c", "42501"),
    "a head goes back": ("UPDATE tenant.audit_head SET seq = seq - 1 WHERE chain = :c", "ZF006"),
    "a head is hashed anew": ("UPDATE tenant.audit_head SET hash = sha256('x') WHERE chain = :c", "ZF006"),
    "a head jumps over nothing": ("UPDATE tenant.audit_head SET seq = seq + 1 WHERE chain = :c", "ZF006"),
    "a head takes another's chain": (
        "UPDATE tenant.audit_head SET chain = -1, seq = seq + 1 WHERE chain = :c",
        "ZF006",
    ),
    "a chain begins in the middle": ("INSERT INTO tenant.audit_head VALUES (-:c, 5, sha256('x'))", "ZF006"),
    "a checkpoint is changed": ("UPDATE tenant.audit_checkpoint SET root = '' WHERE number > :c", "42501"),
}


@pytest.mark.parametrize("way", FORBIDDEN)
def test_the_applications_login_cannot_rewrite_the_log(doors: Doors, book: BookRef, way: str) -> None:
    sql, state = FORBIDDEN[way]
    with pytest.raises(DBAPIError) as refused, doors.book(book.uid) as scope:
        scope.run(sql, c=book.id)
    assert sqlstate(refused.value) == state


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False) | st.dates() | st.uuids(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(details=st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_whatever_an_act_says_the_database_gives_it_back_so_that_it_hashes_the_same(
    admin_connection: psycopg.Connection[Any], details: dict[str, Any]
) -> None:
    kept = rules.plain(details)
    (found,) = admin_connection.execute("SELECT cast(%s AS jsonb)", [json.dumps(kept, ensure_ascii=False)]).fetchone()
    assert found == kept


@pytest.fixture(scope="module")
def admin_connection(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the superuser."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


def test_the_bytes_of_a_line_are_the_ones_written_down_here() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    line = Line(
        *(9, NOTHING, NOTHING, UUID(int=1), 12, at, "user:1", "张三", "", None, "", "curl"),
        *("voucher.post", "voucher", "vch_1", "", {"z": [1, "é\n"], "a": {"é": None}}, b"sealed", "req_1"),
    )
    sealed = hashlib.sha256(b"sealed").hexdigest()
    assert rules.body(line).decode() == (
        '{"action":"voucher.post","actor":"user:1","actor_name":"张三","address":"","agent":"curl",'
        '"at":"2026-01-02T03:04:05.000006Z","book":"12","details":{"a":{"é":null},"z":[1,"é\\n"]},'
        '"id":"00000000-0000-0000-0000-000000000001","object_id":"vch_1","object_type":"voucher","on_behalf":"",'
        f'"personal":"{sealed}","reason":"","request_id":"req_1","session":"","v":1}}'
    )


@given(text=st.text(alphabet=st.characters(exclude_categories=())))
def test_no_text_is_too_strange_to_be_kept(text: str) -> None:
    kept = rules.clean(text)
    assert "\0" not in kept and kept.encode().decode() == kept and len(kept) <= len(text)


def test_values_of_every_kind_are_kept_as_json() -> None:
    given_ = {"d": date(2026, 1, 2), "s": {"b", "a"}, "t": (1, 2), "u": uuid4(), "big": 2**60, "x": Decimal("1E+2")}
    kept = rules.plain(given_)
    assert kept == {**kept, "d": "2026-01-02", "s": ["a", "b"], "t": [1, 2], "big": str(2**60), "x": "100"}
