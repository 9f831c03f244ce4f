"""A listener on loopback that nobody may visit; it counts those who do."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self


class Canary:
    """Listens from `with` on; `visitors` are the connections so far."""

    def __init__(self) -> None:
        self.visitors: list[object] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/canary"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def visit(self) -> None:
        """Come by, and wait until one is counted."""
        before = len(self.visitors)
        with socket.create_connection(("127.0.0.1", self.port)):
            until = time.monotonic() + 5
            while len(self.visitors) == before and time.monotonic() < until:
                time.sleep(0.01)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                visitor, address = self._server.accept()
                self.visitors.append(address)
                visitor.close()
