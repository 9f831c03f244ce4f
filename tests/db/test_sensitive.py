"""Particulars and credentials on a real database: sealed in every column, masked in every answer, found by value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from app.audit.rules import sealing
from app.books.door import enter_book, enter_granted
from app.books.types import BookRef, BookScope
from app.kernel.permissions import Permission
from app.ledger.dimensions import service as items
from app.ledger.dimensions.particulars import service
from app.ledger.dimensions.types import ItemRow, NewItem
from app.sensitive.credentials import service as credentials
from app.sensitive.credentials.errors import CredentialNotFound, TooManyCredentials
from app.sensitive.credentials.types import Secret
from app.sensitive.errors import SensitiveRejected
from app.sensitive.types import Kind, Resealed
from infra.crypto import Unreadable
from infra.ports import Ports
from infra.queue import Message
from jobs import keys
from jobs.registry import HANDLERS
from jobs.runner import run_job
from jobs.types import PACE
from tenants.door import enter_tenant
from tenants.provisioning import provision
from tenants.scope import SYSTEM, TenantScope
from tests.factories.doors import Doors

IDENTITY, PHONE, ACCOUNT = "11010519491231002X", "13812345678", "6222021234567890123"
CLEAR = {
    Kind.IDENTITY_NUMBER: IDENTITY,
    Kind.PHONE: PHONE,
    Kind.BANK_ACCOUNT: ACCOUNT,
    Kind.BANK_NAME: "中国工商银行北京分行",
    Kind.ADDRESS: "北京市朝阳区建国路 1 号 2 单元",
}
MASKED = {
    Kind.IDENTITY_NUMBER: "110105********002X",
    Kind.PHONE: "138****5678",
    Kind.BANK_ACCOUNT: "6222 **** **** 0123",
    Kind.BANK_NAME: "中国工商银行北京分行",
    Kind.ADDRESS: "北京市朝阳区****",
}
SECRET = Secret("91110105MA00000000", "p@ss\n-----BEGIN KEY-----")


@contextmanager
def inside(doors: Doors, book: BookRef, *, read_only: bool = False) -> Iterator[BookScope]:
    """A transaction inside a book, with the firm's keys."""
    with firm_of(doors, read_only=read_only) as scope:
        yield enter_book(scope, book.uid, Permission.BOOK_READ)


@contextmanager
def firm_of(doors: Doors, *, read_only: bool = False) -> Iterator[TenantScope]:
    """A transaction inside the firm, with its keys."""
    ports = doors.ports
    with enter_tenant(
        ports.engine, doors.tenant, SYSTEM, ports.clock, read_only=read_only, keyring=ports.keyring
    ) as scope:
        yield scope


@pytest.fixture
def own(ports: Ports) -> Doors:
    """A firm of its own, whose keys a test may turn."""
    name = f"own-{UUID(int=next_number()).hex[-8:]}"
    tenant = provision(ports.engine, ports.owner_engine, name, "自有代账公司", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return Doors(ports, tenant)


_NUMBERS = iter(range(1, 1_000))


def next_number() -> int:
    """Numbers that are never the same."""
    return next(_NUMBERS)


def employee(doors: Doors, book: BookRef, name: str = "张三", **changes: str) -> ItemRow:
    """An employee with every particular."""
    given = CLEAR | {Kind(kind): value for kind, value in changes.items()}
    with inside(doors, book) as scope:
        (row,) = items.add_items(scope, "employee", [NewItem(name, particulars=given)])
    return row


def test_particulars_lie_sealed_and_are_shown_masked(doors: Doors) -> None:
    book = doors.new_book()
    row = employee(doors, book)
    with inside(doors, book, read_only=True) as scope:
        assert service.shown(scope, book.id, [row.id]) == {row.id: MASKED}
        lying = str(scope.run("SELECT * FROM tenant.particular WHERE book_id = :b", b=book.id).all())
        acts = str(scope.run("SELECT * FROM tenant.audit_event WHERE book_id = :b", b=book.id).all())
    for kind, value in CLEAR.items():
        assert value not in lying, kind
        if value != MASKED[kind]:
            assert value not in acts, kind
    assert MASKED[Kind.PHONE] in acts


def test_who_reads_particulars_in_the_clear_is_in_the_log(doors: Doors) -> None:
    book = doors.new_book()
    row = employee(doors, book)
    with inside(doors, book) as scope:
        assert service.reveal(scope, [row.id], "工资代发") == {row.id: CLEAR}
    with inside(doors, book, read_only=True) as scope:
        (act,) = scope.run("SELECT * FROM tenant.audit_event WHERE book_id = :b AND action = 'item.reveal'", b=book.id)
        assert (act.object_id, act.reason) == (str(row.id), "工资代发")
        assert set(act.details["kinds"]) == {kind.value for kind in Kind}


def test_who_searches_by_a_value_is_in_the_log_whether_it_finds_anything_or_not(doors: Doors) -> None:
    book = doors.new_book()
    employee(doors, book)
    with inside(doors, book) as scope:
        assert len(service.find(scope, "employee", Kind.PHONE, "138 1234 5678", 10)) == 1
        assert service.find(scope, "employee", Kind.PHONE, "13900009999", 10) == []
    with inside(doors, book, read_only=True) as scope:
        hit, miss = scope.run(
            "SELECT * FROM tenant.audit_event WHERE book_id = :b AND action = 'item.find' ORDER BY seq", b=book.id
        )
        assert [(one.object_id, one.details) for one in (hit, miss)] == [
            ("employee", {"kind": "phone", "found": 1}),
            ("employee", {"kind": "phone", "found": 0}),
        ]
        assert PHONE not in str(hit)
        assert "13900009999" in scope.cipher.open(bytes(miss.personal), sealing(miss.id)).decode()


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (Kind.IDENTITY_NUMBER, "110105 19491231 002x"),
        (Kind.PHONE, "+86 138-1234-5678"),
        (Kind.PHONE, "１３８１２３４５６７８"),
        (Kind.BANK_ACCOUNT, "6222 0212 3456 7890 123"),
    ],
)
def test_a_value_is_found_however_it_is_written(doors: Doors, kind: Kind, asked: str) -> None:
    book = doors.new_book()
    row = employee(doors, book)
    employee(doors, book, "李四", identity_number="440308199901010012", phone="13900000000", bank_account="12345678")
    with inside(doors, book) as scope:
        assert service.find(scope, "employee", kind, asked, 10) == [row.id]
        assert service.find(scope, "customer", kind, asked, 10) == []
        with pytest.raises(SensitiveRejected) as refused:
            service.find(scope, "employee", kind, "x", 10)
    assert asked not in str(refused.value.message())


def test_an_old_number_of_fifteen_digits_is_found_by_its_new_form(doors: Doors) -> None:
    book = doors.new_book()
    row = employee(doors, book, identity_number="110105491231002")
    with inside(doors, book) as scope:
        assert service.find(scope, "employee", Kind.IDENTITY_NUMBER, IDENTITY, 10) == [row.id]


def test_values_change_are_taken_away_and_stay(doors: Doors) -> None:
    book = doors.new_book()
    row = employee(doors, book)
    with inside(doors, book) as scope:
        items.change_item(scope, "employee", row.id, {}, {Kind.PHONE: "13900001111", Kind.ADDRESS: None})
    with inside(doors, book) as scope:
        left = dict(MASKED) | {Kind.PHONE: "139****1111"}
        del left[Kind.ADDRESS]
        assert service.shown(scope, book.id, [row.id]) == {row.id: left}
        assert service.find(scope, "employee", Kind.PHONE, PHONE, 10) == []
        acts = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'item.change'", b=book.id
        )
        assert acts.scalar_one()["particulars"] == {
            "phone": {"before": "138****5678", "after": "139****1111"},
            "address": {"before": "北京市朝阳区****", "after": None},
        }


def test_the_database_itself_refuses_plaintext(doors: Doors) -> None:
    book = doors.new_book()
    row = employee(doors, book)
    for statement in (
        "UPDATE tenant.particular SET sealed = '13812345678' WHERE book_id = :b AND item_id = :i",
        "INSERT INTO tenant.credential (id, book_id, system, name, sealed, changed_at, changed_by)"
        " SELECT gen_random_uuid(), :b, 'bank', '', 'p' || :i, now(), 'x'",
    ):
        with pytest.raises(IntegrityError, match="sealed_ck"), inside(doors, book) as scope:
            scope.run(statement, b=book.id, i=row.id)


def test_a_ciphertext_moved_to_another_place_does_not_open(doors: Doors) -> None:
    book, other = doors.new_book(), doors.new_book()
    row, away, neighbour = employee(doors, book), employee(doors, other), employee(doors, book, "李四")
    moves = (
        (book, row, "kind = 'address'", "bank_name", book, row),
        (book, row, "kind = 'phone'", "phone", book, neighbour),
        (book, row, "kind = 'phone'", "phone", other, away),
    )
    for source_book, source, where, kind, target_book, target in moves:
        with inside(doors, source_book, read_only=True) as scope:
            taken = scope.run(
                f"SELECT sealed FROM tenant.particular WHERE book_id = :b AND item_id = :i AND {where}",
                b=source_book.id,
                i=source.id,
            ).scalar_one()
        with pytest.raises(Unreadable), inside(doors, target_book) as scope:
            scope.run(
                "UPDATE tenant.particular SET sealed = :s WHERE book_id = :b AND item_id = :i AND kind = :k",
                s=taken,
                b=target_book.id,
                i=target.id,
                k=kind,
            )
            service.shown(scope, target_book.id, [target.id])


def test_after_a_rotation_the_rest_is_sealed_again_and_still_found(own: Doors, ports: Ports) -> None:
    first, second = own.new_book(), own.new_book()
    rows = [employee(own, first), employee(own, second)]
    with firm_of(own) as scope:
        credentials.keep(scope, None, "tax_bureau", "", SECRET)
    old = ports.keyring.firm(str(own.tenant.id)).head
    ports.keyring.firm(str(own.tenant.id)).rotate()
    with inside(own, first) as scope:
        assert service.find(scope, "employee", Kind.PHONE, PHONE, 10) == [rows[0].id]
    done, place = Resealed(0, 0), (0, 0, "")
    while place:
        with firm_of(own) as scope:
            enter_granted(scope)
            some, place = service.reseal(scope, place, 4)
            done += some
    with firm_of(own) as scope:
        enter_granted(scope)
        assert (done, credentials.reseal(scope, UUID(int=0), 10)) == (Resealed(10, 0), (Resealed(1, 0), None))
        for table in ("particular", "credential"):
            assert scope.run(f"SELECT count(*) FROM tenant.{table} WHERE starts_with(sealed, :h)", h=old).scalar() == 0
        assert credentials.take_out(scope, None, "tax_bureau") == SECRET
    with inside(own, second) as scope:
        assert service.find(scope, "employee", Kind.PHONE, PHONE, 10) == [rows[1].id]
        assert service.shown(scope, second.id, [rows[1].id]) == {rows[1].id: MASKED}


def test_what_does_not_open_is_counted_and_left(own: Doors, ports: Ports) -> None:
    book = own.new_book()
    row = employee(own, book)
    with inside(own, book) as scope:
        scope.run("UPDATE tenant.particular SET sealed = 's1.00000000.' || repeat('A', 38) WHERE kind = 'phone'")
        assert service.reseal(scope, (0, 0, ""), 10) == (Resealed(0, 1), None)
        with pytest.raises(Unreadable):
            service.shown(scope, book.id, [row.id])


def test_credentials_are_of_a_book_or_of_the_firm_and_leave_by_one_way(doors: Doors) -> None:
    book, other = doors.new_book(), doors.new_book()
    with inside(doors, book) as scope:
        kept = credentials.keep(scope, book.id, "tax_bureau", "办税员", SECRET)
        assert credentials.take_out(scope, book.id, "tax_bureau") == SECRET
        with pytest.raises(CredentialNotFound):
            credentials.take_out(scope, None, "tax_bureau")
        assert credentials.replace(scope, kept, "办税员", Secret("", "new")).row_version == 2
        assert credentials.take_out(scope, book.id, "tax_bureau") == Secret("", "new")
    with inside(doors, other) as scope, pytest.raises(CredentialNotFound):
        credentials.locked(scope, book.id, kept.id)
    with inside(doors, book) as scope:
        lying = str(scope.run("SELECT * FROM tenant.credential").all())
        credentials.drop(scope, credentials.locked(scope, book.id, kept.id))
        with pytest.raises(CredentialNotFound):
            credentials.take_out(scope, book.id, "tax_bureau")
    with inside(doors, book, read_only=True) as scope:
        acts = scope.run("SELECT action FROM tenant.audit_event WHERE object_type = 'credential' ORDER BY id")
        assert set(acts.scalars()) == {f"credential.{one}" for one in ("create", "use", "replace", "drop")}
    assert "new" not in lying


def test_there_are_not_too_many_credentials(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "MOST", 1)
    book = doors.new_book()
    with inside(doors, book) as scope:
        credentials.keep(scope, book.id, "bank.icbc", "", SECRET)
        with pytest.raises(TooManyCredentials):
            credentials.keep(scope, book.id, "bank.abc", "", SECRET)


def test_another_firm_finds_and_reads_nothing(doors: Doors, own: Doors) -> None:
    book, foreign = doors.new_book(), own.new_book()
    row = employee(doors, book)
    with inside(own, foreign) as scope:
        assert service.find(scope, "employee", Kind.PHONE, PHONE, 10) == []
        assert service.shown(scope, foreign.id, [row.id]) == {}


def _blinds(doors: Doors, book: BookRef) -> set[bytes]:
    with inside(doors, book, read_only=True) as scope:
        return {
            bytes(one) for one in scope.run("SELECT blind FROM tenant.particular WHERE blind IS NOT NULL").scalars()
        }


def test_equal_values_of_two_firms_have_no_index_in_common(doors: Doors, own: Doors) -> None:
    book, foreign = doors.new_book(), own.new_book()
    employee(doors, book)
    employee(own, foreign)
    assert len(_blinds(doors, book)) == len(_blinds(own, foreign)) == 3
    assert not _blinds(doors, book) & _blinds(own, foreign)


def test_turning_a_firms_key_asks_for_its_fields_to_be_sealed_again(own: Doors, ports: Ports) -> None:
    book = own.new_book()
    row = employee(own, book)
    old = ports.keyring.firm(str(own.tenant.id)).head
    assert keys.rotate(ports, own.tenant) == 2
    with firm_of(own) as scope:
        job = scope.run("SELECT id FROM tenant.job WHERE type = 'keys.reseal'").scalar_one()
        assert scope.run("SELECT details->>'version' FROM tenant.audit_event WHERE action = 'key.rotate'").all() == [
            ("2",)
        ]
    for _ in range(2):  # delivered twice, done once
        run_job(ports, HANDLERS, Message(own.tenant.id, job, 1), "test", PACE)
    with inside(own, book, read_only=True) as scope:
        done = scope.run("SELECT state, result FROM tenant.job WHERE id = :j", j=job).one()
        assert (done.state, done.result) == ("succeeded", {"written": 5, "unreadable": 0})
        assert scope.run("SELECT count(*) FROM tenant.particular WHERE starts_with(sealed, :h)", h=old).scalar() == 0
        assert service.shown(scope, book.id, [row.id]) == {row.id: MASKED}
