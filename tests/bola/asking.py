"""Requests of the matrix: how one is composed from a recipe and objects, sent, and what its answer comes down to.

Invariant: a rehearsed request goes the whole way, up to the commit, and is rolled back there; nothing it did is left,
and what it wrote lies in the books it may write to.
"""

from __future__ import annotations

import itertools
import logging
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, event
from werkzeug.datastructures import Headers

from infra.ids import encode, new_id
from tests.bola.operations import Operation
from tests.bola.principals import Principal
from tests.bola.recipes import Recipe, filled
from tests.bola.recipes_paths import HEADERS
from tests.bola.world import World
from tests.unit.ledger_vouchers.sheets import workbook

# What may differ between two answers that say the same.
VOLATILE = frozenset({"x-request-id", "date", "server", "ratelimit", "ratelimit-policy"})
_KEYS = itertools.count(1)
_PUBLIC_ID = re.compile(r"^[a-z]+_[0-9a-z]{26}$")
_SHEET = workbook([(date(2026, 3, 20), "记", 900, "存现", 1001, 1, None), (None, None, None, None, 3001, None, 1)])
_FILES = {"vouchers_import": ("file", "凭证.xlsx", _SHEET), "documents_upload": ("files", "新.xml", b"<Receipt/>")}


@dataclass(frozen=True)
class Ask:
    """One request, without the caller; `named` are the objects that stand in it, as they are written."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: tuple[str, str, bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    key: bool = False
    form: bool = False

    def with_(self, **changes: Any) -> Ask:
        """The same request but for something."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Answer:
    """An answer, and what was logged while it was made."""

    status: int
    headers: Headers
    body: bytes
    request_id: str
    log: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)

    @property
    def shown(self) -> bool:
        """Whether it is for a screen, and no file."""
        return self.headers.get("Content-Type", "").partition(";")[0] in ("application/json", "text/html")

    @property
    def everything(self) -> bytes:
        """All that left the house: headers, body and log."""
        return b"\n".join((self.body, repr(self.headers).encode(), self.log))

    def said(self, ask: Ask) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """The answer without what is the request's own: its id and the objects it named itself."""
        body, named = _unzipped(self.body), sorted(ask.named, key=len, reverse=True)
        for word in (self.request_id, *named):
            for written in {word, quote(word)}:
                body = re.sub(rb"(?<![0-9A-Za-z_])" + re.escape(written.encode()) + rb"(?![0-9A-Za-z_])", b"~", body)
        kept = {name.lower(): value for name, value in self.headers.items() if name.lower() not in VOLATILE}
        if "content-length" in kept:
            kept["content-length"] = ""  # the body says it already
        return self.status, tuple(sorted(kept.items())), body


def _unzipped(body: bytes) -> bytes:
    """A workbook as what it holds: when it was made stands in it too, and says nothing."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(BytesIO(body)) as archive:
        names = sorted(name for name in archive.namelist() if name != "docProps/core.xml")
        return b"\n".join(archive.read(name) for name in names)


def never(value: str) -> str:
    """A thing of the same looks that nobody has."""
    if _PUBLIC_ID.match(value):
        return encode(value.partition("_")[0], new_id())
    if value.isdigit():
        return "100299" if value.startswith("1002") else "560298" if value.startswith("56") else "899999999"
    if "@" in value:
        return "nobody@bola.test"
    if value.startswith("own-"):
        return "own-never"
    if not (value.isascii() and value.islower()):
        return "从未有过"
    return "zzz-never" if "-" in value else "zzz_never"


def compose(
    operation: Operation,
    recipe: Recipe,
    path: Mapping[str, Mapping[str, str]],
    objects: Mapping[str, str],
    etag: str = '"1-x"',
) -> Ask:
    """The request of a recipe: each path parameter from its own objects, query and body from the others."""
    written = {name: filled(recipe.path[name], path[name]) for name in operation.parameters}
    headers = {"If-Match": etag} if operation.versioned else {}
    headers |= filled(HEADERS.get(operation.name, {}), objects)
    address = operation.path.format(**{name: quote(value, safe="") for name, value in written.items()})
    body = filled(recipe.body, objects) if operation.body in ("json", "form") else None
    named = {value for name, value in written.items() if recipe.path[name].startswith("{")}
    return Ask(
        operation.method,
        address,
        filled(recipe.query, objects),
        body,
        _FILES[operation.name] if operation.body == "files" else None,
        headers,
        frozenset(named),
        operation.repeats,
        operation.body == "form",
    )


class Asker:
    """Sends requests into one world, watches what they log, and keeps rehearsals from lasting."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rehearsing = False
        self.at_commit: Callable[[Connection], None] = lambda connection: None
        self._lines: list[str] = []
        event.listen(world.ports.engine, "commit", self._before_commit)

    def send(self, who: Principal, ask: Ask, *, rehearse: bool = False) -> Answer:
        """The answer to a request of a principal."""
        headers = dict(ask.headers)
        if who.secret:
            headers.setdefault("Authorization", f"Bearer {who.secret}")
        if ask.key:
            headers.setdefault("Idempotency-Key", f"matrix-key-{next(_KEYS):012d}")
        sent: dict[str, Any] = {"json": ask.body} if ask.body is not None else {}
        if ask.form:
            sent = {"data": ask.body}
        if ask.files:
            name, filename, content = ask.files
            sent = {"data": {name: [(BytesIO(content), filename)]}, "content_type": "multipart/form-data"}
        self._lines.clear()
        with self._watched(rehearse):
            got = self.world.client.open(
                ask.path, method=ask.method, query_string=dict(ask.query), headers=headers, **sent
            )
        log = "\n".join(self._lines).encode()
        return Answer(got.status_code, Headers(got.headers), got.data, got.headers.get("X-Request-Id", ""), log)

    @contextmanager
    def _watched(self, rehearse: bool) -> Iterator[None]:
        handler, root = _Collector(self._lines), logging.getLogger()
        level, self.rehearsing = root.level, rehearse
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        try:
            yield
        finally:
            self.rehearsing = False
            root.setLevel(level)
            root.removeHandler(handler)

    def _before_commit(self, connection: Connection) -> None:
        """Check what is deferred and look at what was written; then take it back, and let the commit find nothing."""
        if self.rehearsing:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            self.at_commit(connection)
            raw.rollback()

    def close(self) -> None:
        """Leave the engine as it was."""
        event.remove(self.world.ports.engine, "commit", self._before_commit)


class _Collector(logging.Handler):
    """Keeps every line with everything a formatter could print of it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        more = {name: value for name, value in vars(record).items() if name not in ("msg", "args", "exc_info")}
        self._lines.append(f"{self.format(record)} {more!r}")
