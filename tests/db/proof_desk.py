"""An auditor's desk: a firm whose books may be broken, exports of them as files, and the forger's tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.books.types import BookRef
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.proof import verifier
from app.ledger.proof.export.service import export, prepare
from app.ledger.proof.queries import HEAD, LINE, SEALED
from app.ledger.proof.types import Notary
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import SYSTEM
from tests.factories.breakage import break_rows, draft, post, receipt, sale
from tests.factories.doors import Doors

ROOT = Path(__file__).parents[2]
JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)


@dataclass
class Desk:
    """An auditor's desk: exports of one firm's books as files."""

    doors: Doors
    folder: Path
    admin_url: str
    notary: Notary = field(init=False)

    def __post_init__(self) -> None:
        self.notary = Notary.of(self.doors.ports, self.doors.tenant)

    def export(self, book: BookRef, name: str = "now") -> Path:
        """An export as the product makes it."""
        with self.doors.book(book.uid) as scope:
            prepare(scope, book, self.notary)
        path = self.folder / f"{book.code}-{name}.ndjson"
        path.write_bytes(b"".join(export(self.notary, SYSTEM, book.uid)))
        return path

    def break_rows(self, book: BookRef, *sql: str) -> None:
        """SQL as a superuser, triggers off."""
        break_rows(self.admin_url, self.doors.tenant, sql, book=book.id)

    def rehash(self, book: BookRef) -> None:
        """Make every hash of the database agree with what it holds now: contents, chain, seals."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in (REHASH, _RECHAIN, _RESEAL):
                sql = statement.replace("tenant.", f"{self.doors.tenant.schema}.").replace(":book", str(book.id))
                connection.execute(sql.encode())


REHASH = f"""
UPDATE tenant.voucher v
   SET content_hash = sha256(convert_to({HEAD} || (SELECT string_agg({LINE}, ',' ORDER BY l.line_no)
       FROM tenant.voucher_line l WHERE l.book_id = v.book_id AND l.voucher_id = v.id), 'UTF8'))
 WHERE v.book_id = :book AND v.status = 'posted'
"""
_RECHAIN = """
DO $$ DECLARE p record; link bytea := decode(repeat('00', 32), 'hex'); BEGIN
  FOR p IN SELECT * FROM tenant.posting WHERE book_id = :book ORDER BY last_seq LOOP
    link := sha256(link || (SELECT string_agg(content_hash, ''::bytea ORDER BY post_seq) FROM tenant.voucher
                             WHERE book_id = :book AND post_seq BETWEEN p.first_seq AND p.last_seq));
    UPDATE tenant.posting SET hash = link WHERE book_id = :book AND last_seq = p.last_seq;
  END LOOP;
  UPDATE tenant.ledger_head SET hash = link WHERE book_id = :book;
END $$
"""
_RESEAL = f"""
DO $$ DECLARE p record; last bytea := decode(repeat('00', 32), 'hex'); BEGIN
  FOR p IN SELECT * FROM tenant.closing_seal WHERE book_id = :book ORDER BY number LOOP
    UPDATE tenant.closing_seal SET previous = last, trial_hash = sha256(convert_to(trial::text, 'UTF8')),
           chain = (SELECT hash FROM tenant.posting WHERE book_id = :book AND last_seq = p.ledger_seq)
     WHERE book_id = :book AND number = p.number;
    UPDATE tenant.closing_seal s SET hash = sha256(convert_to({SEALED}, 'UTF8'))
     WHERE book_id = :book AND number = p.number RETURNING hash INTO last;
  END LOOP;
END $$
"""


@pytest.fixture(scope="module")
def desk(ports: Ports, admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The desk of a firm of these tests' own, whose books may be broken."""
    tenant = provision(ports.engine, ports.owner_engine, f"proof-{uuid4().hex[:12]}", "存证", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return Desk(Doors(ports, tenant), tmp_path_factory.mktemp("exports"), admin_url)


def story(doors: Doors) -> BookRef:
    """Two closed months with a red voucher, a foreign tail of March posted in two acts, a void and a draft."""
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        set_opening(scope, [OpeningRow("1002", D("500000.00")), OpeningRow("3001", D("-500000.00"))])
        post(scope, date(2026, 1, 5), *sale("100000.00", "13000.00"))
        post(scope, date(2026, 1, 8), *receipt("70000.00"))
        closing.close_period(scope, JANUARY)
        post(scope, date(2026, 2, 3), *sale("2000.00", "260.00"))
        post(scope, date(2026, 2, 4), *receipt("2260.00"))
        closing.close_period(scope, FEBRUARY)
        post(scope, date(2026, 3, 3), *sale("3000.00", "390.00"))
        post(scope, date(2026, 3, 4), *receipt("1000.00"))
        draft(scope, date(2026, 3, 5), *receipt("10.00"))
    return book


def codes(path: Path, key: str | None = None, since: Path | None = None) -> set[str]:
    """What the verifier finds, by code; an export that cannot be read is no finding."""
    status, report = verifier.verify(path, key, since)
    assert status == (verifier.FINDINGS if report["count"] else verifier.SOUND), report
    assert all(one["zh"] and one["en"] and one["subject"] != "" for one in report["findings"])
    return {one["code"] for one in report["findings"]}
