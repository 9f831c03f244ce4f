"""One book with an object of every kind that a route may name, in every state that a verb needs, full of canaries.

A book is furnished through the API by a maker and a checker, so that what it holds is what the product makes. January
is closed twice, February is posted and can be closed, March is where drafts stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Any

from app.closing.service import close_period
from app.invoices.parsing.types import Party
from app.invoices.service import register
from app.kernel.periods import Period
from infra.ids import decode, encode
from tests.bola import principals as people
from tests.bola.canaries import Canaries
from tests.bola.principals import Caller
from tests.factories.doors import Doors
from tests.unit.invoices.faces import parsed

CHILDREN = 6  # own accounts under 1002, with codes that no other book of the world has
CASH = "1001"
OWN_COLUMNS = {"month": [{"id": "period", "title_zh": "本月", "title_en": "Month"}]}


@dataclass
class Book:
    """A book of the world: `objects` are its objects by kind, as a path or a body names them.

    One object is another book, with the same people and nothing in it yet: what can be done only before the first
    month is closed is done there. `ids` are the internal numbers of both.
    """

    label: str
    uid: str
    ids: frozenset[int]
    canaries: Canaries
    objects: dict[str, str]


class Furnisher:
    """Fills one book; `number` is unique in the world."""

    def __init__(self, doors: Doors, maker: Caller, checker: Caller, label: str, number: int) -> None:
        self.doors, self.maker, self.checker = doors, maker, checker
        self.label, self.number = label, number
        self.word = Canaries(label)
        self.at = ""
        self.objects: dict[str, str] = {}

    def furnish(self, like: Book | None = None) -> Book:
        """The book, made and filled; or bare beside a furnished one of its firm, whose objects it then names."""
        identity = {"code": self.word(), "name": f"客户{self.word()}有限公司", "tax_id": f"91{self.word()}000000"}
        nature = {"taxpayer": "general", "industry": "trade", "standard": "sbe", "start_period": "2026-01"}
        uid = self.maker("POST", "/v1/books", {**identity, **nature}).json["id"]
        fresh = {"code": self.word(), "name": f"新客户{self.word()}", "tax_id": f"91{self.word()}000000"}
        self.objects["book_fresh"] = self.maker("POST", "/v1/books", {**fresh, **nature}).json["id"]
        self.uid, self.at = uid, f"/v1/books/{uid}"
        both = [decode("bk", each) for each in (uid, self.objects["book_fresh"])]
        with self.doors.firm() as scope:
            ids = scope.run("select id from tenant.book where uid = any(:u) order by id", u=both).scalars().all()
        if like is not None:
            return Book(self.label, uid, frozenset(ids), self.word, {**like.objects, "book": uid, **self.objects})
        self.party = Party(identity["name"], identity["tax_id"])
        for step in (self._chart, self._dimensions, self._months, self._papers, self._desk, self._rules, self._own):
            step()
        self._portal()
        self._invoices(decode("bk", uid))
        return Book(self.label, uid, frozenset(ids), self.word, {"book": uid, **self.objects})

    def post(self, path: str, body: Any = None, caller: Caller | None = None) -> Any:
        """The answer to a POST below the book."""
        return (caller or self.maker)("POST", f"{self.at}{path}", body).json

    def act(self, path: str, verb: str, body: Any = None, caller: Caller | None = None) -> Any:
        """The answer to a verb on an object at its present version."""
        who = caller or self.maker
        tag = who("GET", f"{self.at}{path}").headers["ETag"]
        return who("POST", f"{self.at}{path}/{verb}", body, headers={"If-Match": tag}).json

    # ---- chart, dimensions, words

    def _chart(self) -> None:
        kinds = ("account", "account_into", "account_free", "account_off", "account_used", "account_plain")
        for place, kind in enumerate(kinds):
            code = f"1002{10 + self.number * CHILDREN + place}"
            self.post("/accounts", {"parent_code": "1002", "code": code, "name_zh": f"银行{self.word()}"})
            self.objects[kind] = code
        self.act(f"/accounts/{self.objects['account_off']}", "disable")
        parent = f"5602{30 + self.number}"
        self.post("/accounts", {"parent_code": "5602", "code": parent, "name_zh": f"费用{self.word()}"})
        child = {"parent_code": parent, "name_zh": self.word(), "first_child": {"name_zh": self.word()}}
        self.objects["account_child"] = self.post("/accounts", {**child, "first_child": None})["code"]
        self.post("/accounts", {"parent_code": parent, "name_zh": self.word()})
        self.objects["account_parent"] = parent

    def _dimensions(self) -> None:
        self.objects["dimension"] = code = self.word().lower()
        self.post("/dimensions", {"code": code, "name_zh": f"辅助{self.word()}"})
        for kind in ("item", "item_into", "item_off"):
            item = {"name": f"项目{self.word()}", "code": self.word(), "tax_id": f"91{self.word()}000000"}
            made = self.post(f"/dimensions/{code}/items", {"items": [item]})
            self.objects[kind] = made["data"][0]["id"]
            self.objects.setdefault("item_name", item["name"])
        self.act(f"/dimensions/{code}/items/{self.objects['item_off']}", "disable")
        body = {"parent_code": "5602", "code": f"5602{60 + self.number}", "name_zh": self.word(), "dimensions": [code]}
        self.objects["account_dimension"] = self.post("/accounts", body)["code"]

    # ---- papers

    def _papers(self) -> None:
        names = ("document", "document_attached", "document_invoice", "document_more")
        for kind in names:
            content = f"<Receipt>{self.word()}</Receipt>".encode()
            parts = {"files": [(BytesIO(content), f"{self.word()}.xml")]}
            upload = self.maker("POST", f"{self.at}/documents", data=parts, content_type="multipart/form-data").json
            self.objects[kind] = upload["documents"][0]["document_id"]
            self.objects["job"] = upload["job_id"]
            if kind == "document_invoice":  # one that no job is going to read
                self.maker("POST", f"/v1/jobs/{upload['job_id']}/cancel")

    def _invoices(self, uid: Any) -> None:
        for place, kind in enumerate(("invoice", "invoice_more")):
            face = parsed(f"2632200000{self.number:05d}{place:05d}", buyer=self.party, issued_on=date(2026, 3, 15))
            seller = Party(f"供应商{self.word()}", f"91{self.word()}000000")
            listed = [replace(line, name=f"*金属制品*{self.word()}") for line in face.lines]
            with self.doors.book(uid) as scope:
                document = decode("doc", self.objects["document_invoice"])
                (fate,) = register(scope, document, [replace(face, seller=seller, lines=tuple(listed))])
            self.objects[kind] = encode("inv", fate.invoice_id)
        booked = self.maker("GET", f"{self.at}/invoices/{self.objects['invoice']}").json["voucher_id"]
        self.act(f"/vouchers/{booked}", "void", {"reason": self.word()})

    # ---- vouchers

    def _lines(self, amount: str = "10.00") -> list[dict[str, Any]]:
        return [
            {"account_code": self.objects["account_used"], "summary": f"存现{self.word()}", "debit": amount},
            {"account_code": CASH, "summary": self.word(), "credit": amount},
        ]

    def _draft(self, day: str, **more: Any) -> str:
        body = {"date": day, "lines": self._lines(), "note": self.word(), "external_id": self.word(), **more}
        return self.post("/vouchers", body)["id"]

    def _posted(self, day: str, **more: Any) -> str:
        voucher = self._draft(day, **more)
        for verb in ("review", "post"):
            self.act(f"/vouchers/{voucher}", verb, {}, self.checker)
        return voucher

    def _months(self) -> None:
        opening = f"{self.at}/opening-balances"
        tag = self.maker("GET", opening).headers["ETag"]
        rows = [
            {"account_code": CASH, "year_opening": "5000.00"},
            {"account_code": "3001", "year_opening": "-5000.00"},
        ]
        self.maker("PUT", opening, {"rows": rows}, headers={"If-Match": tag})
        self.objects["voucher_sealed"] = self._posted("2026-01-05")
        self._close()
        self.post("/periods/2026-01/reopen", {"reason": self.word()})
        self._posted("2026-01-06")
        self._close()
        self.objects["voucher_posted"] = self._posted("2026-02-05")
        sale = [
            {"account_code": CASH, "summary": self.word(), "debit": "113.00"},
            {"account_code": "5001", "summary": self.word(), "credit": "100.00"},
            {"account_code": "22210107", "summary": self.word(), "credit": "13.00"},
        ]
        spent = [
            {
                "account_code": self.objects["account_dimension"],
                "summary": self.word(),
                "debit": "3.00",
                "items": {self.objects["dimension"]: self.objects["item_name"]},
            },
            {"account_code": CASH, "summary": self.word(), "credit": "3.00"},
        ]
        self.maker_lines = sale
        self._posted("2026-02-06", lines=sale)
        self._posted("2026-02-07", lines=spent)

    def _close(self) -> None:
        with self.doors.book(decode("bk", self.uid)) as scope:
            assert close_period(scope, Period(2026, 1)).fate == "closed", self.label

    def _desk(self) -> None:
        for kind in ("voucher", "voucher_first", "voucher_more", "voucher_attached", "voucher_signed", "voucher_last"):
            self.objects[kind] = self._draft("2026-03-05")
        self.objects["voucher_reviewed"] = self._draft("2026-03-06")
        self.act(f"/vouchers/{self.objects['voucher_reviewed']}", "review", {}, self.checker)
        self.objects["voucher_void"] = self._draft("2026-03-07")
        self.act(f"/vouchers/{self.objects['voucher_void']}", "void", {"reason": self.word()})
        self.act(f"/vouchers/{self.objects['voucher_signed']}", "sign", {}, self.checker)
        attached = {"documents": [self.objects["document_attached"]]}
        self.post(f"/vouchers/{self.objects['voucher_attached']}/documents", attached)
        self.objects["external_id"] = self.word()
        self._draft("2026-03-08", external_id=self.objects["external_id"])

    def _rules(self) -> None:
        sides = [{"account_code": CASH, "summary": self.word(), "side": side} for side in ("debit", "credit")]
        for kind in ("template", "template_more"):
            self.objects[kind] = self.post("/voucher-templates", {"name": self.word(), "lines": sides})["id"]
        for kind in ("rule", "rule_active"):
            self.objects[kind] = self.post("/review-rules", {"name": self.word(), "source_type": "invoice"})["id"]
        self.post(f"/review-rules/{self.objects['rule_active']}/approve", {"version": 1}, self.checker)

    def _portal(self) -> None:
        """What the firm asks of its client, and what a client's person answered."""
        word = self.word
        tenant, ports = self.doors.tenant, self.doors.ports
        user = people.person(ports, tenant, f"{word()}@bola.test".lower(), word(), "client")
        for uid in (self.objects["book_fresh"], self.uid):
            self.maker("PUT", f"/v1/books/{uid}/grants/{encode('usr', user)}", {"role": "client_boss"})
        client = Caller(self.maker.client, people.session(ports, tenant, user))
        for kind in ("request", "request_answered"):
            self.objects[kind] = self.post("/requests", {"title": word(), "body": word()})["id"]
        self.post(f"/requests/{self.objects['request_answered']}/answer", {"answer": word()}, client)
        for kind in ("confirmation", "confirmation_more"):
            self.objects[kind] = self.post("/confirmations", {"period": "2026-01", "note": word()})["id"]
        secret = {"system": "etax", "name": word(), "login": word(), "secret": word()}
        self.objects["credential"] = self.post("/credentials", secret)["id"]

    def _own(self) -> None:
        self.objects["closing_step"] = code = f"own-{self.word().lower()}"
        lines = [
            {"account_code": "560201", "side": "debit", "formula": "cr(5001)", "share": "0.1"},
            {"account_code": "221102", "side": "credit", "rest": True},
        ]
        titles = {"title_zh": self.word(), "title_en": self.word()}
        self.post("/closing-steps", {"code": code, "number": 20, **titles, "lines": lines, "active": False})
        self.objects["own_statement"] = own = f"own-{self.word().lower()}"
        row = {"key": "sales", "name_zh": self.word(), "name_en": self.word(), "formula": "turnover_cr(5001)"}
        titles = {"title_zh": self.word(), "title_en": self.word()}
        self.post("/own-statements", {"code": own, **titles, "columns": OWN_COLUMNS, "rows": [row]})
