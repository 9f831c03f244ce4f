"""Where races are run: a firm with two owners, and two threads that begin at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.books.types import BookRef
from infra.errors import Refusal
from infra.ids import encode
from infra.ports import Ports
from tests.api.conftest import Caller
from tests.factories.doors import Doors

LINES = [
    {"account_code": "560202", "summary": "办公费", "debit": "50.00"},
    {"account_code": "1002", "summary": "办公费", "credit": "50.00"},
]
NEW: dict[str, Any] = {"date": "2026-01-15", "lines": LINES}
WORDS = count(1)

Act = Callable[[], Any]
Member = Callable[..., Caller]


@dataclass
class Desk:
    """A firm with owners, and the ways to race: two acts at once, each on a connection of its own."""

    app: Flask
    ports: Ports
    doors: Doors
    member: Member
    boss: Caller
    checker: Caller
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def as_(self, caller: Caller) -> Caller:
        """The same person at a client of its own, as threads need it."""
        return Caller(self.app.test_client(), caller.secret, caller.id, caller.email)

    def both(self, one: Act, two: Act) -> list[Any]:
        """What two acts say that begin at the same moment; a status, or the code of a refusal."""
        start = threading.Barrier(2)

        def begun(act: Act) -> Any:
            start.wait(10)
            try:
                said = act()
            except Refusal as refusal:
                return refusal.code
            return said.status_code if isinstance(said, TestResponse) else said

        return [future.result(60) for future in [self.threads.submit(begun, act) for act in (one, two)]]

    def send(self, caller: Caller, method: str, path: str, json: Any = None, **headers: str) -> Act:
        """A request, to be made later."""
        mine = self.as_(caller)
        return lambda: mine(method, path, json, **headers)

    def voucher(self, at: str, **more: Any) -> tuple[str, str]:
        """The address and the tag of a new draft."""
        made = self.boss("POST", f"{at}/vouchers", {**NEW, **more})
        assert made.status_code == 201, made.text
        return f"{at}/vouchers/{made.json['id']}", made.headers["ETag"]

    def reviewed(self, at: str) -> tuple[str, str]:
        """The address and the tag of a draft that was reviewed."""
        path, tag = self.voucher(at)
        done = self.checker("POST", f"{path}/review", None, If_Match=tag)
        assert done.status_code == 200, done.text
        return path, done.headers["ETag"]

    def one(self, query: str, **named: Any) -> Any:
        """One figure out of the firm, past every book's wall."""
        with self.doors.firm() as scope:
            scope.narrow([1, 2**40])
            return scope.run(query, **named).scalar_one()


@dataclass(frozen=True)
class Place:
    """A fresh book and its address."""

    book: BookRef

    @property
    def at(self) -> str:
        return f"/v1/books/{encode('bk', self.book.uid)}"


Race = Callable[[Desk, Place], None]
RACES: dict[str, Race] = {}


def race(function: Race) -> Race:
    """Enter a race under its name."""
    RACES[function.__name__] = function
    return function
