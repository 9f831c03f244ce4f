"""People at the API: each logs in with a password, as a stranger to the house would; jobs are worked off at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from infra.ids import decode
from infra.ports import Ports
from infra.queue import Message
from jobs.registry import HANDLERS
from jobs.runner import run_job
from jobs.types import PACE
from tenants.scope import TenantRef

_KEYS = itertools.count(1)


def in_days(days: int) -> str:
    """The moment so many days from now, as the API reads it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Person:
    """Somebody of a firm who logs in at the first request and sends the token with every one."""

    client: FlaskClient
    firm: str
    email: str
    password: str
    _headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, json: Any = None, *, etag: str = "", **body: Any) -> TestResponse:
        """One request under `/v1`; a POST carries a fresh idempotency key."""
        headers = dict(self._headers or self._log_in())
        if method == "POST":
            headers["Idempotency-Key"] = f"acceptance-key-{next(_KEYS):09d}"
        if etag:
            headers["If-Match"] = etag
        return self.client.open(f"/v1{path}", method=method, json=json, headers=headers, **body)

    def __call__(self, method: str, path: str, json: Any = None, *, etag: str = "", **body: Any) -> Any:
        """The JSON of an answer that is no refusal."""
        answer = self.ask(method, path, json, etag=etag, **body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json

    def hand_in(self, book: str, files: Iterable[tuple[str, bytes]]) -> Any:
        """The answer to files of (name, content) uploaded into a book."""
        parts = {"files": [(BytesIO(content), name) for name, content in files]}
        return self("POST", f"/books/{book}/documents", data=parts, content_type="multipart/form-data")

    def _log_in(self) -> dict[str, str]:
        who = {"firm": self.firm, "email": self.email, "password": self.password}
        answer = self.client.post("/v1/login", json=who)
        assert answer.json and answer.status_code == 200, answer.text
        self._headers["Authorization"] = f"Bearer {answer.json['token']}"
        return self._headers


def work_off(ports: Ports, tenant: TenantRef, job_id: str) -> None:
    """Run a job as a worker would, in this process."""
    job = decode("job", job_id)
    assert job, job_id
    run_job(ports, HANDLERS, Message(tenant.id, job, 1), "acceptance", PACE)
