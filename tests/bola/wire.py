"""A part of the cells once more over real HTTP, against the server that the product is served with."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from tests.bola.matrix import Matrix, Report
from tests.bola.policy import OK
from tests.bola.worker import enter

EVERY = 20  # one cell of so many
_PATIENCE = 60


@dataclass
class Received:
    """An answer from the wire, with the names the test client gives its parts."""

    status_code: int
    headers: Headers
    data: bytes


class Wire:
    """Sends what the test client would, over a connection."""

    def __init__(self, port: int, application: Any) -> None:
        self.application = application
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)

    def open(self, path: str, **asked: Any) -> Received:
        """The answer of the server."""
        environ = EnvironBuilder(path, **asked).get_environ()
        body = environ["wsgi.input"].read()
        headers = dict(asked.get("headers") or {})
        if body:
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        try:
            answer = self._asked(asked["method"], f"{path}{query}", body, headers)
        except ConnectionError:  # the server has let go of a connection that idled; nothing here changes anything
            self._connection.close()
            answer = self._asked(asked["method"], f"{path}{query}", body, headers)
        return Received(answer.status, Headers(answer.getheaders()), answer.read())

    def _asked(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, target, body or None, headers)
        return self._connection.getresponse()


def over_http(world: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    """Every twentieth cell that changes nothing, asked of a granian of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", "2", "--no-ws", "--log-level", "warning", "wsgi:app"]  # fmt: skip
    server = subprocess.Popen(argv, env={**settings, "API_PORT": str(port)}, stdout=subprocess.DEVNULL)
    try:
        _await(port)
        return vars(_cells(world, settings, port)) | {"operations": []}
    finally:
        server.terminate()
        server.wait()


def _cells(world: Path, settings: Mapping[str, str], port: int) -> Report:
    matrix = Matrix(enter(world, settings))
    matrix.world.client = Wire(port, matrix.app)  # type: ignore[assignment]
    matrix.sees_commits = False
    number = 0

    def chosen(cell: Any) -> bool:
        nonlocal number
        harmless = cell.operation.reads if cell.expected is None or cell.expected.status == OK else True
        number += harmless
        return harmless and number % EVERY == 0

    return matrix.run(matrix.known(), "123456", chosen, watch=False, borrowed=False)


def _await(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"the server does not answer on {port}: {os.getpid()}")
