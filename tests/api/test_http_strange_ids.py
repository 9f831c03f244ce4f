"""An object of another book or firm, named from inside one's own, does not exist; generated from the document.

A new route with an id in its path is covered by existing when its kind is among `victims`; the authorisation matrix
(tests/bola) has an object of every kind. One whose body must say something first fails here until `BODIES` says it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.books.types import BookRef
from app.http.openapi import DOCUMENT
from app.invoices.service import register
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller
from tests.api.test_http_isolation import _checksum
from tests.factories.doors import Doors
from tests.unit.invoices.faces import parsed

LINES = [
    {"account_code": "1001", "summary": "取现", "debit": "1.00"},
    {"account_code": "1002", "summary": "取现", "credit": "1.00"},
]
BODIES: dict[str, Any] = {
    "vouchers_change": {"date": "2026-01-05", "lines": LINES},
    "vouchers_void": {"reason": "作废"},
    "vouchers_reverse": {"date": "2026-01-31"},
    "vouchers_copy": {"date": "2026-01-31"},
    "vouchers_correct": {"date": "2026-01-31", "how": "difference", "lines": LINES},
    "vouchers_insert_before": {"before": encode("vch", new_id())},
    "vouchers_attach": {"documents": [encode("doc", new_id())]},
    "voucher_templates_change": {"name": "x"},
    "voucher_templates_draft": {"date": "2026-01-31"},
    "review_rules_approve": {"version": 1},
    "review_rules_propose_version": {"name": "x", "source_type": "invoice"},
    "invoices_dismiss": {"reason": "不入账"},
    "grants_put": {"role": "cashier"},
    "staff_update": {"active": False},
}


@pytest.fixture
def victims(doors: Doors, owner: Caller, member: Callable[..., Caller]) -> dict[str, str]:
    """One object of every kind in a book of the first firm, by the prefix of its id."""
    book = doors.new_book()
    at = f"/v1/books/{encode('bk', book.uid)}"
    voucher = owner("POST", f"{at}/vouchers", {"date": "2026-01-05", "lines": LINES})
    assert voucher.status_code == 201, voucher.data
    upload = owner.client.post(
        f"{at}/documents",
        data={"files": (io.BytesIO(b"<EInvoice/>"), "a.xml")},
        headers={"Authorization": f"Bearer {owner.secret}", "Idempotency-Key": f"victim-{new_id()}"},
    )
    assert upload.status_code == 202, upload.data
    document = owner("GET", f"{at}/documents").json["data"][0]["id"]
    with doors.book(book.uid) as scope:
        row = scope.run("SELECT id FROM tenant.document WHERE book_id = :b", b=book.id).scalar_one()
        (fate,) = register(scope, row, [parsed()])
    key = owner("POST", "/v1/api-keys", {"name": "钥匙", "role": "manager", "days": 1})
    assert key.status_code == 201, key.data
    sides = [{"account_code": "1001", "summary": "取现", "side": side} for side in ("debit", "credit")]
    template = owner("POST", f"{at}/voucher-templates", {"name": "取现", "lines": sides})
    rule = owner("POST", f"{at}/review-rules", {"name": "小额", "source_type": "invoice"})
    assert (template.status_code, rule.status_code) == (201, 201), (template.data, rule.data)
    return {
        "vch": voucher.json["id"],
        "vtp": template.json["id"],
        "rrl": rule.json["id"],
        "doc": document,
        "inv": encode("inv", fate.invoice_id),
        "job": upload.json["job_id"],
        "usr": encode("usr", member("staff").id or new_id()),
        "key": key.json["id"],
    }


def _named(client: FlaskClient) -> Iterator[tuple[str, str, dict[str, Any], dict[str, str]]]:
    """Every operation that names an object besides its book: path, method, description, parameter -> prefix."""
    for path, item in client.get(DOCUMENT).json["paths"].items():
        for method, told in item.items():
            if not isinstance(told, dict) or told["x-scope"] not in ("book", "firm"):
                continue
            parameters = [*item.get("parameters", []), *told.get("parameters", [])]
            kinds = {
                one["name"]: match[1]
                for one in parameters
                if one["in"] == "path" and (match := re.match(r"\^([a-z]+)_", one["schema"].get("pattern", "")))
            }
            kinds.pop("book_id", None)
            if kinds:
                yield path, method.upper(), told, kinds


def _ask(caller: Caller, path: str, method: str, operation: str) -> tuple[int, bytes]:
    answer = caller(method, path, BODIES.get(operation), If_Match='"1-x"')
    return answer.status_code, answer.data.replace(answer.headers["X-Request-Id"].encode(), b"")


def test_an_object_of_another_book_or_firm_does_not_exist_from_inside_ones_own(
    client: FlaskClient,
    doors: Doors,
    ports: Ports,
    firm: TenantRef,
    other_firm: TenantRef,
    owner: Caller,
    member: Callable[..., Caller],
    victims: dict[str, str],
) -> None:
    own: BookRef = doors.new_book()
    foreign: BookRef = Doors(ports, other_firm).new_book()
    clerk, foreigner = member("staff"), member("owner", other_firm)
    grant = f"/v1/books/{encode('bk', own.uid)}/grants/{encode('usr', clerk.id or new_id())}"
    assert owner("PUT", grant, {"role": "accountant"}).status_code == 200
    before, fates = _checksum(ports, firm), {404: 0, 403: 0}
    for path, method, told, kinds in _named(client):
        if not victims.keys() >= set(kinds.values()):
            continue  # left to the matrix
        for caller, book in ((clerk, own), (foreigner, foreign)):
            at = path.replace("{book_id}", encode("bk", book.uid))
            known = never = at
            for name, kind in kinds.items():
                known = known.replace("{" + name + "}", victims[kind])
                never = never.replace("{" + name + "}", encode(kind, new_id()))
            answers = [_ask(caller, address, method, told["operationId"]) for address in (known, never)]
            status = answers[0][0]
            assert status == 404 or (status == 403 and caller is clerk), (method, path, answers[0])
            assert answers[0] == answers[1], (method, path)
            fates[status] += 1
    assert fates[404] > 25 and fates[403] > 0
    assert _checksum(ports, firm) == before, "but for the log of acts, which tells of what was refused"


def test_a_closing_that_names_one_foreign_book_closes_none(
    doors: Doors, ports: Ports, other_firm: TenantRef, owner: Caller
) -> None:
    mine, foreign = doors.new_book(), Doors(ports, other_firm).new_book()
    for stranger in (foreign.uid, new_id()):
        books = [encode("bk", mine.uid), encode("bk", stranger)]
        refused = owner("POST", "/v1/closings", {"period": "2026-01", "books": books})
        assert (refused.status_code, refused.json["code"]) == (404, "book.not_found")
    with doors.book(mine.uid) as scope:
        assert (
            scope.run(
                "SELECT count(*) FROM tenant.job WHERE type = 'closing.close' AND args::text LIKE :m", m=f"%{mine.uid}%"
            ).scalar_one()
            == 0
        )
