"""Postgres, Valkey and S3 on this machine, in one state directory, for a demo, for development and for tests.

Invariant: `start` gives the settings of servers that were just spoken to; what the environment already names
(`DATABASE_URL`, `REDIS_URL`, `S3_ENDPOINT_URL`) is used and never started.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from infra import roles
from infra.local import health, postgres, seaweed
from infra.local.postgres import Postgres
from infra.local.process import Child, stop_orphans
from infra.local.seaweed import Seaweed
from infra.local.state import State
from infra.local.valkey import Valkey

PARTS = ("postgres", "valkey", "s3")
_OUTSIDE = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "s3": "S3_ENDPOINT_URL"}
_OTHER_LOGINS = ("DATABASE_OWNER_URL", "DATABASE_BACKUP_URL", "DATABASE_OPS_URL")
_S3_SETTINGS = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION", "S3_BUCKET")


class Misconfigured(ValueError):
    """The environment names a server only in part."""


class Stack:
    """The servers of one state directory, as children of this process."""

    def __init__(
        self,
        state_dir: Path,
        parts: Collection[str] = PARTS,
        *,
        postgres_bin: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.state = State(Path(state_dir))
        self.parts = [part for part in PARTS if part in parts]
        chosen = environ.get("ZHANGFANG_POSTGRES_BIN")
        self.postgres_bin = postgres_bin or (Path(chosen) if chosen else None)
        self.environ = environ
        self.progress = progress
        self.children: list[Child] = []
        self.settings: dict[str, str] = {}

    def start(self) -> dict[str, str]:
        """Start what is needed, wait until it answers, and return the settings; `Busy` when another process owns it."""
        self.state.acquire()
        try:
            for name in stop_orphans(self.state):
                self.progress(f"{name}: stopped, its supervisor had died")
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> dict[str, str]:
        own = [part for part in self.parts if not self.environ.get(_OUTSIDE[part])]
        names = (["postgres"] if "postgres" in own else []) + (["valkey"] if "valkey" in own else [])
        ports = self.state.ports(["api", *names, *(seaweed.PORTS if "s3" in own else ())])
        self.settings = self._own_settings(ports["api"])
        valkey = Valkey(self.state, ports["valkey"]) if "valkey" in own else None
        s3 = Seaweed(self.state, ports) if "s3" in own else None
        database = Postgres(self.state, ports["postgres"], self.postgres_bin) if "postgres" in own else None
        for server in (valkey, s3, database):  # the quick ones boot while the database is made
            if server is not None:
                child = Child(server.process(), self.state)
                self.children.append(child)
                child.start()
        for child in self.children:
            child.await_ready()
            self.progress(f"{child.process.name}: ready on 127.0.0.1:{child.process.port}")
        if "postgres" in self.parts:
            self.settings |= self._database_settings(database)
        if "valkey" in self.parts:
            self.settings["REDIS_URL"] = valkey.url if valkey else self._outside_redis()
        if "s3" in self.parts:
            self.settings |= s3.settings if s3 else self._outside_s3()
        return dict(self.settings)

    def stop(self) -> None:
        """Stop the servers, the database last, and give the state directory up."""
        for child in sorted(self.children, key=lambda child: child.process.name == "postgres"):
            child.stop()
        self.children.clear()
        self.state.release()

    def destroy(self) -> None:
        """Stop, and delete everything the state directory stands for."""
        self.stop()
        postgres.remove(self.state)
        shutil.rmtree(self.state.root, ignore_errors=True)

    def _own_settings(self, api_port: int) -> dict[str, str]:
        return {
            "API_HOST": self.environ.get("API_HOST") or "127.0.0.1",
            "API_PORT": self.environ.get("API_PORT") or str(api_port),
            "SECRET_KEY": self.environ.get("SECRET_KEY") or self.state.secret("secret_key", _key),
            "ROOT_KEY_FILE": self.environ.get("ROOT_KEY_FILE") or str(self.state.secrets / "root_keyset.json"),
            # What one command starts is usable at once; an installation for customers says `required` by default.
            "SECOND_FACTOR": self.environ.get("SECOND_FACTOR") or "optional",
            "ZHANGFANG_STATE": str(self.state.root),
        }

    def _database_settings(self, server: Postgres | None) -> dict[str, str]:
        url = server.admin_url if server else self.environ["DATABASE_URL"]
        if server is None and self.environ.get("DATABASE_OWNER_URL"):
            missing = [name for name in _OTHER_LOGINS if not self.environ.get(name)]
            if missing:
                raise Misconfigured(f"DATABASE_OWNER_URL is set, so {', '.join(missing)} must be set as well")
            health.database(url)
            return {name: self.environ[name] for name in ("DATABASE_URL", *_OTHER_LOGINS)}
        passwords = {role: self.state.secret(role) for role in roles.URL_NAMES}
        return roles.prepare(url, "zhangfang", passwords)

    def _outside_redis(self) -> str:
        url = self.environ["REDIS_URL"]
        health.valkey(url)
        return url

    def _outside_s3(self) -> dict[str, str]:
        settings = {"S3_REGION": seaweed.REGION, "S3_BUCKET": seaweed.BUCKET}
        settings |= {name: value for name in _S3_SETTINGS if (value := self.environ.get(name))}
        missing = [name for name in _S3_SETTINGS if name not in settings]
        if missing:
            raise Misconfigured(f"S3_ENDPOINT_URL is set, so {', '.join(missing)} must be set as well")
        health.s3(settings)
        return settings


def _key() -> str:
    return os.urandom(32).hex()
