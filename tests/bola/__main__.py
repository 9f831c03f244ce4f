"""The whole matrix (`./run test --bola`): a world, its copies, every cell, every mutant, one line of JSON at the end.

    python -m tests.bola [--workers N] [--no-mutants]

Progress goes to standard error; the last line of standard output is the result. The status is 0 only when nothing was
unexpected, nothing leaked, every operation, path parameter and `x-object-refs` entry was exercised, and the cells saw
at least 95 of 100 mutants while the second walls alone stopped 90 of 100 forgotten filters.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.factory import create_app
from infra import roles
from infra.local.postgres import Postgres
from infra.local.stack import Stack
from tenants.provisioning import upgrade_platform
from tests.bola import world as worlds
from tests.bola.wire import over_http
from tests.bola.worker import open_ports

KILLED, STOPPED = 0.95, 0.90
_ROOMY = {"RATE_LIMITS": "roomy*1000", "SECOND_FACTOR": "optional"}


def main() -> int:
    """Build, run, tell."""
    asked = argparse.ArgumentParser(prog="./run test --bola")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--no-mutants", action="store_true")
    chosen = asked.parse_args()
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    with tempfile.TemporaryDirectory(prefix="zhangfang-bola-") as place:
        stack = Stack(
            Path(place) / "state", environ={n: v for n, v in os.environ.items() if n.endswith("POSTGRES_BIN")}
        )
        try:
            settings = {**os.environ, **stack.start(), **_ROOMY}
            found = _run(stack, settings, Path(place), chosen.workers, mutants=not chosen.no_mutants)
        finally:
            stack.destroy()
    say(f"{time.monotonic() - began:.0f} s in all")
    return tell(found, mutants=not chosen.no_mutants)


def say(line: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _run(
    stack: Stack, settings: Mapping[str, str], place: Path, workers: int, *, mutants: bool
) -> list[dict[str, Any]]:
    """The world in one database, a copy of it for every worker and for the wire, and what was found."""
    port = int(settings["DATABASE_URL"].rpartition(":")[2].partition("/")[0])
    admin = Postgres(stack.state, port, stack.postgres_bin).admin_url
    passwords = {role: stack.state.secret(role) for role in roles.URL_NAMES}
    own = [{**settings, **roles.prepare(admin, "bola_0", passwords)}]
    began = time.monotonic()
    kept = place / "world"
    kept.write_bytes(pickle.dumps(_build(own[0])))
    say(f"the world stands after {time.monotonic() - began:.0f} s")
    for number in range(1, workers + 1):  # the last one for the cells over HTTP, whose log nobody has written into yet
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE bola_0").format(sql.Identifier(f"bola_{number}")))
        redis = settings["REDIS_URL"].rpartition("/")[0] + f"/{number}"
        own.append({**settings, **roles.prepare(admin, f"bola_{number}", passwords), "REDIS_URL": redis})
    outs = [place / f"found-{number}" for number in range(workers)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bola.worker", str(kept), str(number), str(workers), str(outs[number]),
             "mutants" if mutants else "cells"],
            env=own[number],
        )
        for number in range(workers)
    ]  # fmt: skip
    statuses = [worker.wait() for worker in running]
    if any(statuses):
        raise SystemExit("a worker failed")
    found = [json.loads(out.read_text()) for out in outs]
    found[0]["wire"] = over_http(kept, own[workers])
    return found


def _build(settings: Mapping[str, str]) -> worlds.World:
    ports = open_ports(settings)
    upgrade_platform(ports.owner_engine)
    built = worlds.build(ports, create_app(ports))
    for engine in (ports.engine, ports.owner_engine):
        engine.dispose()
    return built


def tell(found: list[dict[str, Any]], *, mutants: bool) -> int:
    """Say what was found, and the line of JSON."""
    seen = set().union(*(each["operations"] for each in found))
    wire = found[0]["wire"]
    unexpected = [*_all(found, "unexpected"), *(f"over HTTP: {one}" for one in wire["unexpected"])]
    unexpected += sorted(set(_all(found, "missing")))
    unexpected += [f"never asked: {name}" for name in sorted(set(found[0]["documented"]) - seen)]
    leaks = [*_all(found, "leaks"), *(f"over HTTP: {one}" for one in wire["leaks"])]
    leaks += [f"wall: {one}" for one in _all(found, "walls")]
    tried = [each for each in _all(found, "mutants") if each["hit"]]
    killed = [each for each in tried if each["killed"]]
    filters = [each for each in tried if each["kind"] == "filter"]
    stopped = [each for each in filters if each["stopped"]]
    for line in (*unexpected, *leaks):
        say(line[:600])
    for each in _all(found, "mutants"):
        if not each["hit"] or not each["killed"] or each["stopped"] is False:
            fate = "changed nothing" if not each["hit"] else "seen" if each["killed"] else "survived"
            say(f"mutant {each['name']}: {fate}; the second wall stops it: {each['stopped']}")
    contexts: dict[str, int] = {}
    for each in found:
        for name, count in each["by_context"].items():
            contexts[name] = contexts.get(name, 0) + count
    say(f"cells by context: {dict(sorted(contexts.items()))}; over HTTP: {wire['cells']}")
    say(
        f"walls tried: {found[0]['walls_tried']}; they alone stopped {len(stopped)} of {len(filters)} forgotten filters"
    )
    cells = sum(each["cells"] for each in found) + wire["cells"] + found[0]["walls_tried"]
    told = {"operations": len(seen), "cells": cells, "unexpected": len(unexpected), "leaks": len(leaks),
            "mutants": len(tried), "killed": len(killed)}  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    proved = not mutants or (
        len(tried) >= 40 and len(killed) >= KILLED * len(tried) and len(stopped) >= STOPPED * len(filters)
    )
    return 0 if not unexpected and not leaks and proved else 1


def _all(found: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    return [one for each in found for one in each.get(name, ())]


if __name__ == "__main__":
    sys.exit(main())
