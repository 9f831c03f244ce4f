"""Source documents on a real database and object store: sealed, kept once, and never silently altered."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.documents import queries, service
from app.documents.errors import DocumentAltered, DocumentNotFound, DocumentTooLarge
from app.documents.rules import accept
from app.documents.types import MAX_BYTES, Incoming, Stored, Vault
from infra.crypto import Unreadable
from infra.files import OCTETS
from infra.ids import new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.factories.doors import Doors


@pytest.fixture
def vault(ports: Ports, firm: TenantRef) -> Vault:
    """Where the shared firm's documents lie."""
    return Vault.of(ports, firm)


def file(name: str = "发票.xml", content: bytes = b"<a/>", content_type: str = "text/xml") -> Incoming:
    """A small file."""
    return Incoming(name, content_type, content)


def test_a_file_comes_back_as_it_was_and_lies_sealed_in_the_store(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (stored,) = service.store(scope, vault, [file(content=b"<secret/>")])
    with doors.book(book.uid, read_only=True) as scope:
        document = queries.find(scope, stored.document_id)
    assert document.object_key == f"{doors.tenant.id}/{book.uid}/{document.id}"
    assert document.sha256 == hashlib.sha256(b"<secret/>").digest()
    assert (document.size, document.state, document.content_type) == (9, "unread", "text/xml")
    assert b"secret" not in vault.files.get(document.object_key)
    assert service.load(vault, book, document) == b"<secret/>"


def test_the_same_bytes_are_kept_once_a_book_under_whatever_name(doors: Doors, vault: Vault) -> None:
    book, neighbour = doors.new_book(), doors.new_book()
    with doors.book(book.uid) as scope:
        first, again = service.store(scope, vault, [file("a.xml"), file("a (1).xml")])
        (later,) = service.store(scope, vault, [file("b.xml")])
        assert len(queries.page(scope, (), None, 10)) == 1
    with doors.book(neighbour.uid) as scope:
        (theirs,) = service.store(scope, vault, [file("a.xml")])
    assert again == Stored(first.document_id, "a (1).xml", duplicate=True)
    assert later == Stored(first.document_id, "b.xml", duplicate=True)
    assert not first.duplicate
    assert not theirs.duplicate
    prefix = f"{doors.tenant.id}/{book.uid}/"
    assert [entry.key for entry in vault.files.list(prefix)] == [prefix + str(first.document_id)]


def test_a_file_over_the_limit_keeps_nothing_of_the_upload(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with pytest.raises(DocumentTooLarge), doors.book(book.uid) as scope:
        service.store(scope, vault, [file(), file(content=b"x" * (MAX_BYTES + 1))])
    assert list(vault.files.list(f"{doors.tenant.id}/{book.uid}/")) == []


def test_an_object_put_in_the_place_of_another_is_not_opened(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        one, two = service.store(scope, vault, [file(content=b"1"), file(content=b"2")])
        first, second = (queries.find(scope, stored.document_id) for stored in (one, two))
    vault.files.put(first.object_key, vault.files.get(second.object_key))
    with pytest.raises(Unreadable):
        service.load(vault, book, first)
    vault.files.put(first.object_key, vault.cipher.seal(b"3", f"{book.uid}|{first.id}"))
    with pytest.raises(DocumentAltered):
        service.load(vault, book, first)


def test_documents_are_listed_newest_first_and_by_state(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        ids = [service.store(scope, vault, [file(content=bytes([n]))])[0].document_id for n in range(3)]
        service.set_state(scope, ids[1], "rejected", [{"file": "x", "code": "file.empty", "detail": ""}])
        newest = queries.page(scope, (), None, 2)
        assert [one.id for one in newest] == [ids[2], ids[1]]
        assert [one.id for one in queries.page(scope, (), newest[-1].id, 2)] == [ids[0]]
        (rejected,) = queries.page(scope, ["rejected"], None, 2)
        assert rejected.problems == [{"file": "x", "code": "file.empty", "detail": ""}]


def test_a_document_of_another_book_is_not_found(doors: Doors, vault: Vault) -> None:
    book, neighbour = doors.new_book(), doors.new_book()
    with doors.book(book.uid) as scope:
        (stored,) = service.store(scope, vault, [file()])
    for document_id in (stored.document_id, new_id()):
        with pytest.raises(DocumentNotFound), doors.book(neighbour.uid) as scope:
            queries.find(scope, document_id)


def test_keeping_and_taking_a_document_each_leave_a_line_in_the_log(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (stored,) = service.store(scope, vault, [file("发票.xml")])
        service.record_download(scope, book, queries.find(scope, stored.document_id))
    with doors.book(book.uid) as scope:
        rows = scope.run(
            "SELECT action, details ->> 'filename' AS filename FROM tenant.audit_event"
            " WHERE book_id = :b AND object_type = 'document' ORDER BY action",
            b=book.id,
        )
        assert [tuple(row) for row in rows] == [("document.download", "发票.xml"), ("document.upload", "发票.xml")]


def test_two_uploads_of_the_same_bytes_at_once_keep_one(doors: Doors, vault: Vault) -> None:
    book = doors.new_book()

    def second_upload() -> Stored:
        with doors.book(book.uid) as scope:
            return service.store(scope, vault, [file("second.xml")])[0]

    with ThreadPoolExecutor(1) as pool:
        with doors.book(book.uid) as scope:
            (first,) = service.store(scope, vault, [file("first.xml")])
            late = pool.submit(second_upload)
            objects = f"{doors.tenant.id}/{book.uid}/"
            deadline = time.monotonic() + 2
            while len(list(vault.files.list(objects))) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)  # until the second has looked, found nothing and put its object
        assert late.result(10) == Stored(first.document_id, "second.xml", duplicate=True)
    assert [entry.key for entry in vault.files.list(objects)] == [objects + str(first.document_id)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\发票\\一月.xml", "一月.xml"),
        ("a\r\nSet-Cookie: x\x00.xml", "aSet-Cookie: x.xml"),
        ("xml.\u202egpj.exe", "xml.gpj.exe"),
        ("..", "file"),
        ("", "file"),
        ("长" * 400 + ".ofd", "长" * 251 + ".ofd"),
        ("x" * 400, "x" * 255),
    ],
)
def test_a_name_from_outside_becomes_harmless(given: str, kept: str) -> None:
    assert accept(file(given)).filename == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Text/XML; charset=utf-8", "text/xml"), ("text/html\r\nX: y", OCTETS), ("", OCTETS), ("x" * 300 + "/y", OCTETS)],
)
def test_a_media_type_from_outside_is_one_or_it_is_octets(given: str, kept: str) -> None:
    assert accept(file(content_type=given)).content_type == kept
