"""A PgBouncer of its own in front of the test database: found on the PATH, else unpacked from Debian's packages.

Invariant: what apt gives is checked by apt against Debian's signature, and nothing is installed: the packages lie in
the repository's ignored `.state`, one download for all processes. Where none can be had the caller fails.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.rows import dict_row

from infra.local.process import Account, Child, Process
from infra.local.state import State, write_private
from tests.house.source import ROOT

_PACKAGE = "pgbouncer"
_KEPT = ROOT / ".state" / "packages"
_OLDEST = (1, 12)  # the first that speaks SCRAM
_POOL = 8
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True)
class Program:
    """PgBouncer as it is started: its file, the directories of its libraries, its version."""

    path: Path
    libraries: tuple[Path, ...]
    version: tuple[int, ...]

    @property
    def environment(self) -> dict[str, str]:
        """What it needs to find its libraries."""
        found = {"LD_LIBRARY_PATH": ":".join(map(str, self.libraries))} if self.libraries else {}
        return {**_ENVIRONMENT, **found}


@contextmanager
def pooler(url: str, directory: Path, passwords: Mapping[str, str], pool: int = _POOL) -> Iterator[str]:
    """The URL of a pooler in transaction mode before a database; `passwords` by login, all of them may come in."""
    state = State(directory)
    account = _account()
    program = _program(state.directory("programs", 0o755))
    (port,) = state.ports([_PACKAGE]).values()
    parts = urlsplit(url)
    through = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}").geturl()
    own = state.directory(_PACKAGE)
    written = _configuration(own, port, url, passwords, pool)
    for path in (own, *written):
        os.chown(path, *((account.uid, account.gid) if account else (-1, -1)))
    process = Process(
        name=_PACKAGE,
        argv=[str(program.path), str(written[0])],
        env=program.environment,
        ready=lambda: psycopg.connect(through, connect_timeout=5).close(),
        port=port,
        cwd=own,
        account=account,
        patience=30.0,
    )
    child = Child(process, state)
    child.start()
    try:
        child.await_ready()
        yield through
    finally:
        child.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _configuration(directory: Path, port: int, url: str, passwords: Mapping[str, str], pool: int) -> tuple[Path, Path]:
    """The settings of PgBouncer's own default but the mode of the pool: nothing is reset between two clients."""
    users, settings = directory / "userlist.txt", directory / "pgbouncer.ini"
    write_private(users, "".join(f'"{name}" "{word}"\n' for name, word in passwords.items()))
    parts = urlsplit(url)
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": users,
        "pool_mode": "transaction",
        "stats_users": ", ".join(passwords),
        "max_client_conn": 200,
        "default_pool_size": pool,
        "log_connections": 0,
        "log_disconnections": 0,
    }
    write_private(
        settings,
        f"[databases]\n* = host={parts.hostname} port={parts.port}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in lines.items()),
    )
    return settings, users


def transactions(url: str) -> int:
    """How many transactions the pooler itself has counted."""
    with psycopg.connect(urlsplit(url)._replace(path="/pgbouncer").geturl(), autocommit=True) as console:
        told = console.cursor(row_factory=dict_row).execute("SHOW STATS").fetchall()
    return sum(row["total_xact_count"] for row in told)


def password(url: str) -> str:
    """The password that stands in a URL."""
    return unquote(urlsplit(url).password or "")


def _account() -> Account | None:
    """PgBouncer refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _program(place: Path) -> Program:
    installed = shutil.which(_PACKAGE, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    libraries: tuple[Path, ...] = ()
    if installed is None:
        for package in _packages():
            subprocess.run(["dpkg-deb", "-x", str(package), str(place)], check=True, capture_output=True)
        installed = str(place / "usr/sbin" / _PACKAGE)
        libraries = tuple(sorted({path.parent for path in place.glob("usr/lib/**/*.so*")}))
    program = Program(Path(installed), libraries, ())
    said = subprocess.run(
        [installed, "--version"], env=program.environment, check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)\.(\d+)", said)
    assert found and tuple(map(int, found.groups())) >= _OLDEST, said
    return Program(program.path, libraries, tuple(map(int, found.groups())))


def _packages() -> list[Path]:
    """PgBouncer's package and those of its libraries that this machine lacks, fetched once."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    with (_KEPT / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        kept = _KEPT / _PACKAGE
        if not (kept / "complete").exists():
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            _fetch(kept)
            (kept / "complete").touch()
    return sorted(kept.glob("*.deb"))


def _fetch(place: Path) -> None:
    """Ask apt with lists of its own, so that neither root nor an earlier `apt-get update` is needed."""
    places = {"State": place / "state", "Cache": place / "cache"}
    for path in places.values():
        for kind in ("lists", "archives"):
            (path / kind / "partial").mkdir(parents=True)
    own = [f"-oDir::{name}={path}" for name, path in places.items()]
    own += ["-oDir::State::Status=/var/lib/dpkg/status", f"-oAPT::Sandbox::User={pwd.getpwuid(os.geteuid()).pw_name}"]
    _apt([*own, "-qq", "update"], place)
    _apt([*own, "-qq", "download", _PACKAGE], place)
    (package,) = place.glob("*.deb")
    depends = _said(["dpkg-deb", "-f", str(package), "Depends"])
    wanted = [name for name in re.findall(r"(?:^|, )(lib[^ ,|]+)", depends) if not _installed(name)]
    if wanted:
        _apt([*own, "-qq", "download", *wanted], place)
    for path in places.values():
        shutil.rmtree(path)


def _apt(words: list[str], place: Path) -> None:
    answer = subprocess.run(["apt-get", *words], cwd=place, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"no PgBouncer here, and apt-get {words[-1]} failed: {answer.stderr.strip()}"


def _installed(package: str) -> bool:
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True, check=False
    )
    return answer.stdout.startswith("installed")


def _said(words: list[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
