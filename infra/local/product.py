"""The product's own processes: the migration, then the relay, the workers and the API, as programs of the stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from infra.local import health
from infra.local.process import Process
from infra.settings import public_address

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("api", "worker", "relay")
_API_PROCESSES = 2
_API_THREADS = 32  # a body that comes slowly holds one; the pool of connections says how many work at once
_API_CONNECTIONS = 2000  # of a process, idle ones too: few, and who opens them and waits shuts everybody out
_API_HEADERS = ("10000", "65536")  # milliseconds and bytes for a request's headers
_WORKERS = min(2, os.cpu_count() or 1)


def migration(settings: Mapping[str, str]) -> Process:
    """Brings the database to this code's revision and ends; the rest of the product needs it."""
    return _python("migrate", environment(settings), "jobs.console", "migrate")


def processes(settings: Mapping[str, str], parts: Collection[str]) -> list[Process]:
    """The processes of the chosen parts, in the order of their start."""
    env = environment(settings)
    found = []
    if "relay" in parts:
        found.append(_python("relay", env, "jobs.relay"))
    if "worker" in parts:
        found += [_python(f"worker-{number + 1}", env, "jobs.worker") for number in range(_WORKERS)]
    if "api" in parts:
        found.append(_api(settings, env))
    return found


def addresses(settings: Mapping[str, str], parts: Collection[str]) -> dict[str, str]:
    """The addresses a person opens, as the product itself names them; none of them holds a secret."""
    root = public_address({**os.environ, **settings})
    return {"api": f"{root}/v1", "docs": f"{root}/docs"} if "api" in parts else {}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of ours: the inherited one, the settings, and this code on its path."""
    return {**os.environ, **settings, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


def _python(name: str, env: Mapping[str, str], module: str, *arguments: str) -> Process:
    return Process(name=name, argv=[sys.executable, "-m", module, *arguments], env=env, cwd=ROOT, grace=20.0)


def _api(settings: Mapping[str, str], env: Mapping[str, str]) -> Process:
    return Process(
        name="api",
        argv=[
            sys.executable, "-m", "granian", "--interface", "wsgi",
            "--host", settings["API_HOST"], "--port", settings["API_PORT"],
            "--workers", str(_API_PROCESSES), "--blocking-threads", str(_API_THREADS),
            "--backlog", "2048", "--backpressure", str(_API_CONNECTIONS),
            "--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-ws", "--http", "1",
            "--http1-header-read-timeout", _API_HEADERS[0], "--http1-buffer-size", _API_HEADERS[1],
            "wsgi:app",
        ],
        env=env,
        ready=lambda: health.api(settings),
        port=int(settings["API_PORT"]),
        cwd=ROOT,
    )  # fmt: skip
