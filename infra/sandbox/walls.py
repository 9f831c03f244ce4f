"""The walls around a process that reads a file from outside (SEC-042), each as strong as the system allows.

Invariant: a wall that could not be built is told by its name's absence, never passed over in silence; no wall can be
taken down again by the process inside it. On Linux the strong ones are the kernel's (namespaces, Landlock, seccomp);
elsewhere limits, an emptied environment, another user and the interpreter's audit hook remain.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import pwd
import resource
import signal
import struct
import sys
from collections.abc import Callable

from infra.sandbox.types import Limits

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NAMESPACES = 0x40000000 | 0x08000000 | 0x04000000  # network, System V IPC, host name
_NEW_USER = 0x10000000
_PDEATHSIG, _DUMPABLE, _SECCOMP, _NO_NEW_PRIVS, _FILTER = 1, 4, 22, 38, 2
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 446, 1  # the same numbers on every architecture
_LANDLOCK_FILES = {1: 13, 2: 14, 3: 15, 4: 15}  # bits of file access that a version knows; from 5 on 16
_LANDLOCK_TCP, _LANDLOCK_SCOPES = 0b11, 0b11  # bind and connect from 4 on; abstract sockets and signals from 6 on
# What a reading needs of the kernel once its bytes are there: memory, clocks, the pipes it has, and to end.
_ALLOWED = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 14, 15, 17, 18, 20, 24, 25, 28, 35, 39, 60, 96, 98, 99, 100, 102, 104, 107,
         108, 115, 131, 186, 201, 202, 204, 219, 228, 229, 230, 231, 262, 318, 334),
    ),
    "aarch64": (
        0xC00000B7,
        (57, 62, 63, 64, 66, 67, 68, 73, 79, 80, 93, 94, 98, 101, 113, 114, 115, 123, 124, 128, 132, 135, 139, 153, 158,
         165, 169, 172, 174, 175, 176, 177, 178, 179, 214, 215, 216, 222, 226, 233, 278, 293),
    ),
}  # fmt: skip
_REFUSED_EVENTS = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "http.", "ftplib.", "smtplib.")
_HARMLESS_EVENTS = {"os.scandir", "os.listdir"}
NETWORK_WALLS = frozenset({"network namespace", "system calls"})


def enclose() -> list[str]:
    """Build the walls of the process from which the readings are forked; gives the names of those that stand."""
    stand = []
    if _linux(_unshare):
        stand.append("network namespace")
    if _nobody():
        stand.append("unprivileged user")
    if _linux(lambda: not _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)):
        stand.append("no new privileges")
    return stand


def close_in(limits: Limits) -> list[str]:
    """Build the walls of one reading, the last thing before its bytes come in; gives the names of those that stand."""
    os.umask(0o777)
    _linux(lambda: not _LIBC.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _linux(lambda: not _LIBC.prctl(_DUMPABLE, 0, 0, 0, 0))
    signal.setitimer(signal.ITIMER_REAL, limits.wall)  # its default action ends the process
    stand = [name for name, kind, most in _ceilings(limits) if _limit(kind, most)]
    if _linux(_landlock):
        stand.append("files")
    if _linux(_seccomp):
        stand.append("system calls")
    sys.addaudithook(_refuse)
    return [*stand, "audit hook"]


def _linux(build: Callable[[], bool]) -> bool:
    return sys.platform == "linux" and build()


def _unshare() -> bool:
    """A network of its own without any interface; who is not root gets it with a user namespace, where allowed."""
    flags = _NEW_NAMESPACES if os.geteuid() == 0 else _NEW_NAMESPACES | _NEW_USER
    return not _LIBC.unshare(flags)


def _nobody() -> bool:
    """Whether the process has no rights of its own: root becomes nobody, who is not root has none already."""
    if os.geteuid() != 0:
        return True
    with contextlib.suppress(KeyError, OSError):
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        return True
    return False


def _ceilings(limits: Limits) -> tuple[tuple[str, int, int], ...]:
    return (
        ("memory", resource.RLIMIT_AS, limits.memory),
        ("cpu", resource.RLIMIT_CPU, limits.cpu),
        ("no written file", resource.RLIMIT_FSIZE, 0),
        ("few open files", resource.RLIMIT_NOFILE, 8),
        ("no core", resource.RLIMIT_CORE, 0),
        ("no other process", resource.RLIMIT_NPROC, 0),
    )


def _limit(kind: int, most: int) -> bool:
    try:
        # the second ceiling of the CPU ends what does not heed the first
        resource.setrlimit(kind, (most, most + 1 if kind == resource.RLIMIT_CPU else most))
    except (ValueError, OSError):
        return False
    return sys.platform == "linux" or kind != resource.RLIMIT_AS  # accepted, and not enforced, by macOS


def _landlock() -> bool:
    """No file can be opened, made, moved or run any more, nor TCP used where the kernel knows how to refuse it."""
    version = _LIBC.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        return False
    files = (1 << _LANDLOCK_FILES.get(version, 16)) - 1
    rules = struct.pack("=QQQ", files, _LANDLOCK_TCP if version >= 4 else 0, _LANDLOCK_SCOPES if version >= 6 else 0)
    rules = rules[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _LIBC.syscall(_LANDLOCK_CREATE, rules, len(rules), 0)
    if ruleset < 0:
        return False
    try:
        return not _LIBC.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _seccomp() -> bool:
    """Every system call but the few of `_ALLOWED` answers EPERM from here on; socket, fork, exec and open are none."""
    known = _ALLOWED.get(platform.machine())
    if known is None:
        return False
    architecture, allowed = known
    load, equal, answer = 0x20, 0x15, 0x06
    steps = [
        (load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, 0x80000000),  # another ABI ends the process
        (load, 0, 0, 0),
        *((equal, len(allowed) - at, 0, number) for at, number in enumerate(allowed)),
        (answer, 0, 0, 0x00050000 | 1), (answer, 0, 0, 0x7FFF0000),
    ]  # fmt: skip
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(program)))
    return not _LIBC.prctl(_SECCOMP, _FILTER, head, 0, 0)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """The last wall, and the only one that names its reason: Python code inside opens, starts and reaches nothing."""
    if event == "open" or (event.startswith(_REFUSED_EVENTS) and event not in _HARMLESS_EVENTS):
        raise PermissionError(f"{event} in a sandbox")
