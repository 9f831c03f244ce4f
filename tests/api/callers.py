"""Who calls the API in tests, and where books are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from infra.ids import encode

PASSWORD = "correct horse battery"
_KEYS = itertools.count(1)


@dataclass
class Caller:
    """A person or key that calls the API: the bearer token is on every request."""

    client: FlaskClient
    secret: str
    id: UUID | None = None
    email: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """One request; `Idempotency_Key="..."` names a header, and a POST gets a fresh key when it names none."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            named.setdefault("Idempotency-Key", f"test-key-{next(_KEYS):012d}")
        sent = {"Authorization": f"Bearer {self.secret}", **self.headers, **named}
        return self.client.open(path, method=method, json=json, headers=sent)


def address(uid: UUID, rest: str = "") -> str:
    """The address of a book."""
    return f"/v1/books/{encode('bk', uid)}{rest}"
