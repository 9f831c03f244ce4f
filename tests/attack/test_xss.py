"""A-XSS: what a stranger wrote stays text in whatever it is written into: files, answers, headers, pages and logs."""

from __future__ import annotations

import json
import logging
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote
from zipfile import ZipFile

import pytest
import xlrd
from flask import Flask
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse
from xlrd.compdoc import CompDoc

from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller, address
from tests.attack.markups import BREAKING, PAYLOADS
from tests.factories.doors import Doors
from tests.unit.ledger_printing.reading import texts
from tests.unit.ledger_rendering.printed import unpacked

SPAN = "period_from=2026-01&period_to=2026-01"
FORMULA, LINK = 0x0006, 0x01B8  # kinds of record in an .xls stream
ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|URI|SubmitForm|GoToR|EmbeddedFile|RichMedia|OpenAction|AA)\b")
SUSPECT = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass
class Stage:
    """A book whose vouchers say every payload, and what was made of it."""

    owner: Caller
    place: str
    made: dict[str, Any] = field(default_factory=dict)

    def get(self, rest: str, **headers: str) -> TestResponse:
        """A GET below the book that is answered with 200."""
        answer = self.owner("GET", f"{self.place}{rest}", **headers)
        assert answer.status_code == 200, answer.text
        return answer

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made at the first asking."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


@pytest.fixture(scope="module")
def stage(ports: Ports, firm: TenantRef, app: Flask) -> Stage:
    """Every payload is the summary of a posted voucher, number by number."""
    doors = Doors(ports, firm)
    book = doors.new_book(standard="sbe", taxpayer="general")
    lines = [(Line("1122", one, D("1.00"), counterparty="甲"), Line("5001", one, credit=D("1.00"))) for one in PAYLOADS]
    with doors.book(book.uid) as scope:
        done = draft_vouchers(scope, [Draft(book.id, date(2026, 1, 5), pair) for pair in lines])
        post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
    now = ports.clock()
    with ports.engine.begin() as connection:
        user = create_user(connection, firm.id, NewUser("xss@firm.test", "x", PASSWORD), "owner", now)
        secret = issue_session(connection, firm.id, user, now).secret
    return Stage(Caller(app.test_client(), secret, user), address(book.uid))


def _plain(text: str) -> str:
    """A text as a printed page can give it back: composed, without blanks and the hyphens at the ends of lines."""
    return re.sub(r"[\s\u202e-]", "", unicodedata.normalize("NFC", text))


# ---- the sinks: each says how a payload is found in it, and that nothing else came of it


def in_json(stage: Stage, payload: str) -> None:
    """A stored text in JSON is that text, and no browser reads it as a page."""
    answer = stage.once("json", lambda: stage.get(f"/journal?{SPAN}&limit=200"))
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert json.dumps(payload, ensure_ascii=False)[1:-1] in json.dumps(answer.json, ensure_ascii=False)


def in_lines(stage: Stage, payload: str) -> None:
    """A stream has one row a line, whatever its texts say."""
    answer = stage.once("lines", lambda: stage.get(f"/journal?{SPAN}", Accept="application/x-ndjson"))
    rows = [json.loads(line) for line in answer.data.splitlines()]
    assert len(rows) == 2 * len(PAYLOADS)
    assert sum(row.get("summary") == payload for row in rows) == 2


def in_proof(stage: Stage, payload: str) -> None:
    """So has the export of proof."""
    answer = stage.once("proof", lambda: stage.get("/proof"))
    assert all(isinstance(json.loads(line), dict | list) for line in answer.data.splitlines())
    assert json.dumps(payload, ensure_ascii=False)[1:-1].encode() in answer.data


def in_voucher_print(stage: Stage, payload: str) -> None:
    """A printed voucher says it, and the file does nothing."""
    _printed(stage, "/printouts/vouchers?first_period=2026-01&last_period=2026-01", payload)


def in_ledger_print(stage: Stage, payload: str) -> None:
    """So does a printed ledger."""
    _printed(stage, "/printouts/ledger?kind=subsidiary&year=2026", payload)


def _printed(stage: Stage, route: str, payload: str) -> None:
    """Three signs in a row that are the payload's: a long text is cut, and the reader knows not every glyph."""
    file, whole, said = stage.once(route, lambda: _read(stage.get(route).data))
    assert ACTIVE.search(file) is None and b"root:" not in whole
    wanted = _plain(payload)[::-1] if "\u202e" in payload else _plain(payload)
    assert any(wanted[at : at + 3] in said for at in range(max(1, len(wanted) - 2))), wanted


def _read(file: bytes) -> tuple[bytes, bytes, str]:
    return file, unpacked(file), "".join(map(_plain, texts(file)))


def in_workbook(stage: Stage, payload: str) -> None:
    """A cell of a workbook is a text cell; one that a spreadsheet could take for a formula is marked as a text."""
    file = stage.once("xlsx", lambda: stage.get(f"/journal?{SPAN}&format=xlsx").data)
    cells = stage.once("cells", lambda: [cell for row in _rows(file) for cell in row])
    assert cells.count(payload) == 2
    sheets = stage.once("sheets", lambda: _parts(file))
    assert _active(sheets) == []
    assert payload in stage.once("quoted", lambda: _quoted(sheets)) or not payload.startswith(SUSPECT)


def _rows(file: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_index(0).to_python()


def _parts(file: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(file)) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))}


def _active(parts: dict[str, str]) -> list[str]:
    """The parts of a workbook in which something is computed or followed."""
    return [name for name, text in parts.items() if re.search(r"<f[ >]|<hyperlink|externalLink|TargetMode", text)]


def _quoted(parts: dict[str, str]) -> set[str]:
    """The texts of cells whose format carries the quote prefix."""
    formats = re.findall(r"<xf [^>]*>", parts["xl/styles.xml"].partition("<cellXfs")[2])
    marked = {number for number, one in enumerate(formats) if "quotePrefix" in one}
    cells = re.findall(
        r'<c r="\w+"(?: s="(\d+)")? t="inlineStr"><is><t[^>]*>(.*?)</t>', parts["xl/worksheets/sheet1.xml"]
    )
    return {_unescaped(text) for style, text in cells if style and int(style) in marked}


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def in_tax_return(stage: Stage, payload: str) -> None:
    """The company's name in a workbook for the tax bureau is a text cell, and its file has no formula."""
    answer = stage.once(f"named {payload}", lambda: _renamed(stage, payload))
    if answer is None:
        return
    book = xlrd.open_workbook(file_contents=answer.data)
    cells = [cell for sheet in book.sheets() for row in sheet.get_rows() for cell in row]
    assert [cell.ctype for cell in cells if cell.value == payload] and set(_records(answer.data)).isdisjoint(
        {FORMULA, LINK}
    )
    assert {cell.ctype for cell in cells if cell.value == payload} == {xlrd.XL_CELL_TEXT}


def in_name_of_download(stage: Stage, payload: str) -> None:
    """The header that names a file is one line of ASCII with one name in it."""
    answer = stage.once(f"named {payload}", lambda: _renamed(stage, payload))
    if answer is not None:
        _one_name(answer)


def _renamed(stage: Stage, payload: str) -> TestResponse | None:
    """The tax workbook of the book when it is called so; None when nothing may be called so."""
    tag = stage.get("").headers["ETag"]
    changed = stage.owner("PATCH", stage.place, {"name": payload}, If_Match=tag)
    if changed.status_code == 422:
        assert changed.json["errors"][0]["pointer"] == "/name"
        return None
    return stage.get("/filing-workbook?period=2026-01&cycle=month")


def _records(file: bytes) -> Iterator[int]:
    """The kinds of the records of an .xls file."""
    stream, place, length = CompDoc(file, logfile=BytesIO()).locate_named_stream("Workbook")
    end = place + length
    while place + 4 <= end:
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind
        place += 4 + size


def _one_name(answer: TestResponse) -> str:
    header = answer.headers["Content-Disposition"]
    match = re.fullmatch(r"attachment; filename\*=UTF-8''([A-Za-z0-9._~!$&+^`|%-]+)", header)
    assert match, header
    assert "Set-Cookie" not in answer.headers
    return unquote(match[1])


def in_uploaded_name(stage: Stage, payload: str) -> None:
    """A file's own name comes back as it was kept, without a path, and the file is never shown in place."""
    parts = {"files": [(BytesIO(f"<Receipt>{len(payload)}{payload!r}</Receipt>".encode()), f"{payload}.xml")]}
    headers = {"Authorization": f"Bearer {stage.owner.secret}", "Idempotency-Key": f"xss-{abs(hash(payload)):020d}"}
    sent = stage.owner.client.post(f"{stage.place}/documents", data=parts, headers=headers)
    if sent.status_code == 422:
        return
    kept = sent.json["documents"][0]
    assert sent.status_code == 202 and "/" not in kept.get("filename", "")
    answer = stage.get(f"/documents/{kept['document_id']}/content")
    assert "/" not in _one_name(answer) and "\\" not in _one_name(answer)
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def in_problem(stage: Stage, payload: str) -> None:
    """A refusal that says what was wrong says it as JSON, which no browser takes for a page."""
    for answer in (
        stage.owner("GET", f"{stage.place}/journal?{quote(payload)}=1"),
        stage.owner("POST", f"{stage.place}/vouchers", {payload: payload}),
        stage.owner("GET", f"{stage.place}/journal?period_from={quote(payload)}"),
        stage.owner("GET", f"{stage.place}/accounts/{quote(payload, safe='')}"),
    ):
        assert 400 <= answer.status_code < 500
        assert answer.content_type in ("application/problem+json", "application/json")
        assert (answer.headers["X-Content-Type-Options"], answer.json["status"]) == ("nosniff", answer.status_code)


def in_page(stage: Stage, payload: str) -> None:
    """No page repeats what its address says."""
    for path in (f"/problems/{quote(payload, safe='')}", f"/docs/{quote(payload, safe='')}", f"/{quote(payload)}"):
        answer = stage.owner.client.get(path, query_string={"x": payload}, headers={"Referer": quote(payload)})
        assert answer.status_code in (404, 405) and answer.mimetype == "application/problem+json"
        assert payload not in answer.text


def in_log(stage: Stage, payload: str) -> None:
    """No line of the log can be written by who asks."""
    with _Listening() as log:
        stage.owner("GET", f"{stage.place}/{quote(payload, safe='')}?{quote(payload)}", User_Agent=quote(payload))
        stage.owner.client.post("/v1/login", json={"firm": payload, "email": payload, "password": payload})
        stage.owner("POST", f"{stage.place}/vouchers", {"date": payload})
    assert log.lines and [line for line in log.lines if payload in line or "\n" in line or "\r" in line] == []


class _Listening(logging.Handler):
    """Keeps what is logged while it listens, with everything a formatter could print of it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def __enter__(self) -> _Listening:
        root = logging.getLogger()
        self.before = root.level
        root.addHandler(self)
        root.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self.before)

    def emit(self, record: logging.LogRecord) -> None:
        more = {name: value for name, value in vars(record).items() if name not in ("msg", "args")}
        self.lines.append(f"{record.getMessage()} {more}")


SINKS = {
    sink.__name__: sink
    for sink in (
        *(in_json, in_lines, in_proof, in_voucher_print, in_ledger_print, in_workbook, in_tax_return),
        *(in_name_of_download, in_uploaded_name, in_problem, in_page, in_log),
    )
}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: f"{PAYLOADS.index(payload):02d}")
@pytest.mark.parametrize("sink", SINKS)
def test_a_text_stays_a_text(sink: str, payload: str, stage: Stage) -> None:
    SINKS[sink](stage, payload)
    assert len(PAYLOADS) >= 80 and len(SINKS) >= 12


@pytest.mark.parametrize("text", BREAKING, ids=range(len(BREAKING)))
def test_no_field_takes_what_ends_a_line(text: str, stage: Stage) -> None:
    tag = stage.get("").headers["ETag"]
    renamed = stage.owner("PATCH", stage.place, {"name": text}, If_Match=tag)
    lines = [
        {"account_code": code, "summary": text, side: "1.00"} for code, side in (("1001", "debit"), ("1002", "credit"))
    ]
    drafted = stage.owner("POST", f"{stage.place}/vouchers", {"date": "2026-01-05", "lines": lines})
    assert [(one.status_code, one.json["errors"][0]["code"]) for one in (renamed, drafted)] == [
        (422, "text.characters")
    ] * 2


def test_a_formula_would_be_found_in_a_workbook() -> None:
    sheet = '<c r="A1"><f>1+1</f><v>2</v></c><c r="A2" t="inlineStr"><is><t>=1+1</t></is></c>'
    parts = {"xl/worksheets/sheet1.xml": sheet, "xl/styles.xml": "<cellXfs><xf /></cellXfs>"}
    assert _active(parts) == ["xl/worksheets/sheet1.xml"]
    assert _quoted(parts) == set()
