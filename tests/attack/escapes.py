"""What code that has taken over a reader would try; each function runs inside a sandbox and says how far it got."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.hostile.errors import FILE_BAD_NAME, Unreadable

_LIBC = ctypes.CDLL(None, use_errno=True)
# looked up before the walls stand: these calls go past the interpreter's audit hook, to the kernel itself
_KERNEL = {
    name: getattr(_LIBC, name) for name in ("socket", "connect", "open", "unlink", "fork", "execl", "kill", "ptrace")
}
_PLACES = ("/etc/passwd", "/etc/hostname", "/proc/1/environ", "/proc/self/maps", __file__)
_KEPT: list[bytes] = []


def attempt(content: bytes, *facts: str) -> bytes:
    """Try what the content names; the answer is `refused: why`, or what was reached."""
    try:
        return _ATTEMPTS[content.decode()](*facts).encode()
    except (MemoryError, Unreadable):
        raise
    except Exception as error:
        return f"refused: {type(error).__name__}".encode()


def _refuse() -> str:
    raise Unreadable(FILE_BAD_NAME, "a refusal of the reader's own")


def _connect(port: str) -> str:
    with socket.create_connection(("127.0.0.1", int(port)), 2):
        return "connected"


def _raw_socket(port: str) -> str:
    """The same by system calls, past every check that Python itself makes."""
    end = _KERNEL["socket"](socket.AF_INET, socket.SOCK_STREAM, 0)
    address = (2).to_bytes(2, sys.byteorder) + int(port).to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    return "connected" if end >= 0 and not _KERNEL["connect"](end, address, 16) else "refused: by the kernel"


def _resolve() -> str:
    return str(socket.getaddrinfo("example.com", 443))


def _read_files() -> str:
    return _first(lambda place: Path(place).read_text()[:20])


def _raw_open() -> str:
    return _first(lambda place: str(found) if (found := _KERNEL["open"](place.encode(), 0)) >= 0 else "")


def _first(reach: Callable[[str], str]) -> str:
    reached = []
    for place in _PLACES:
        try:
            reached.append(reach(place))
        except OSError:
            reached.append("")
    return ", ".join(filter(None, reached)) or "refused: every one"


def _write(folder: str) -> str:
    Path(folder, "taken").write_text("x")
    return "written"


def _raw_write(folder: str) -> str:
    made = _KERNEL["open"](f"{folder}/raw".encode(), os.O_CREAT | os.O_WRONLY, 0o666)
    gone = _KERNEL["unlink"](f"{folder}/standing".encode())
    return "refused: by the kernel" if made < 0 and gone < 0 else "written"


def _start() -> str:
    return subprocess.run(["/bin/echo", "started"], capture_output=True, check=True).stdout.decode()


def _raw_fork() -> str:
    child = _KERNEL["fork"]()
    if child == 0:
        os._exit(0)
    return "forked" if child > 0 else "refused: by the kernel"


def _raw_exec() -> str:
    _KERNEL["execl"](b"/bin/true", b"true", None)
    return "refused: by the kernel"


def _kill(pid: str) -> str:
    parent = os.getppid()
    sent = [_KERNEL["kill"](int(pid), signal.SIGKILL), _KERNEL["kill"](parent, signal.SIGKILL), _KERNEL["kill"](-1, 9)]
    return "refused: by the kernel" if sent == [-1, -1, -1] else "killed"


def _trace(pid: str) -> str:
    return "attached" if _KERNEL["ptrace"](16, int(pid), None, None) == 0 else "refused: by the kernel"


def _environment() -> str:
    return json.dumps(dict(os.environ))


def _memory_of_secrets() -> str:
    """Whatever modules of the product with connections or keys a fork would have brought along."""
    inherited = ("infra.crypto", "infra.db", "infra.settings", "sqlalchemy", "redis", "boto3", "flask")
    return json.dumps([name for name in inherited if name in sys.modules])


def _who() -> str:
    return json.dumps({"uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups()})


def _remember() -> str:
    _KEPT.append(b"a neighbour's file")
    return str(len(_KEPT))


def _spin() -> str:
    while True:
        pass


def _sleep() -> str:
    time.sleep(3600)
    return "woke"


def _hoard() -> str:
    kept = []
    while True:
        kept.append(bytearray(32 << 20))


def _talk() -> str:
    return "x" * 21_000_000


def _abort() -> str:
    os.abort()


def _vanish() -> str:
    os._exit(0)


def _unlimit() -> str:
    """Grow deaf to the alarm, then never end: the clock of the worker itself is the last to stop it."""
    with suppress(OSError):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGXCPU})
    time.sleep(3600)
    return "woke"


_ATTEMPTS: dict[str, Callable[..., str]] = {
    name.lstrip("_"): tried
    for name, tried in list(globals().items())
    if callable(tried) and name.startswith("_") and getattr(tried, "__module__", "") == __name__ and name != "_first"
}
