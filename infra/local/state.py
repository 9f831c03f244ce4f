"""The state directory: everything the embedded stack keeps, so that a second start finds the first one's work.

Invariant: secrets are 0600 files in a 0700 directory, and one process at a time owns the directory (a file lock,
which the system drops when the owner dies, so it can never be stale).
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from infra.local.identity import Identity, identify

GRPC_OFFSET = 10_000  # SeaweedFS opens a gRPC twin of every port here
PORT_RANGE = range(12_000, 22_000)  # ports and twins stay below 32768, where outgoing connections take theirs


class Busy(RuntimeError):
    """Another process owns the state directory."""


class State:
    """One state directory; made on first use."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.root.mkdir(parents=True, exist_ok=True)
        # Started by root, Postgres runs as another user and must be able to pass through (not to list) this one.
        self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.secrets = self.directory("secrets")
        self.log = self.directory("log")
        self._lock: int | None = None

    def directory(self, name: str, mode: int = 0o700) -> Path:
        """A directory of the state directory, made when absent."""
        path = self.root / name
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        return path

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
        """A secret that is made once and kept."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, make())
        return path.read_text()

    def read(self, name: str) -> Any:
        """A JSON file of the state directory; None when it is absent or was never finished."""
        try:
            return json.loads((self.root / name).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Replace a JSON file of the state directory at once; readable by its owner only."""
        write_private(self.root / name, json.dumps(value, indent=2))

    def forget(self, name: str) -> None:
        """Delete a file of the state directory if it is there."""
        (self.root / name).unlink(missing_ok=True)

    def ports(self, names: Iterable[str]) -> dict[str, int]:
        """A free port per name: the one kept from last time, or another when somebody else has taken it."""
        kept: dict[str, int] = self.read("ports.json") or {}
        for name in names:
            if name not in kept or not _free(kept[name]):
                kept[name] = _choose(set(kept.values()))
        self.write("ports.json", kept)
        return kept

    @property
    def held(self) -> bool:
        """Whether this object owns the directory."""
        return self._lock is not None

    def acquire(self) -> None:
        """Become the owner of the directory until `release` or death, or raise `Busy`; no change when it is held."""
        if self.held:
            return
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Busy(f"{self.root} is in use by another running stack") from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._lock = descriptor

    def release(self) -> None:
        """Give the directory up."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def owner(self) -> Identity | None:
        """The process that owns the directory now, if one does."""
        try:
            descriptor = os.open(self.root / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 20, 0)
            return identify(int(pid)) if pid.isdigit() else None
        else:
            return None
        finally:
            os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, so that a reader sees the old text or the new, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _choose(taken: set[int]) -> int:
    for port in random.SystemRandom().sample(PORT_RANGE, 1000):
        if port not in taken and _free(port):
            return port
    raise RuntimeError("no free port was found on 127.0.0.1")


def _free(port: int) -> bool:
    return all(_bindable(number) for number in (port, port + GRPC_OFFSET))


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
