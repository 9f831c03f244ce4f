"""`./run up | status | stop`: one detached supervisor, and what it does when things are killed."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from infra.local import commands
from infra.local.identity import identify, wait_until
from infra.local.product import ROOT
from infra.local.state import State
from infra.local.supervisor import SETTINGS

Local = Callable[..., subprocess.CompletedProcess[str]]
SERVERS = ("--parts", "postgres,valkey")


@pytest.fixture
def local(state_dir: Path) -> Iterator[Local]:
    """Runs `python -m infra.local` over a state directory of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.local", "--state", str(state_dir), *arguments],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.endswith("_URL")},
            capture_output=True,
            text=True,
            timeout=120,
        )

    yield run
    commands.stop(state_dir)


def pids(found: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in found["processes"]}


def test_up_status_and_stop_tell_what_runs(local: Local, state_dir: Path) -> None:
    assert (local("status").returncode, local("status").stdout) == (3, "stopped\n")
    started = local("up", *SERVERS, "--json")
    assert started.returncode == 0
    found = json.loads(started.stdout)
    assert found["state"] == "healthy"
    assert {one["name"]: one["problem"] for one in found["processes"]} == {"postgres": None, "valkey": None}
    assert pids(json.loads(local("up", *SERVERS, "--json").stdout)) == pids(found)
    running = [identify(pid) for pid in (found["supervisor"], *pids(found).values())]
    assert local("stop").returncode == 0
    assert not any(process and process.alive() for process in running)
    assert not (state_dir / SETTINGS).exists()
    assert "nothing was running" in local("stop").stderr


def test_a_killed_server_is_started_again_and_a_killed_supervisor_leaves_nothing_lost(
    local: Local, state_dir: Path
) -> None:
    first = json.loads(local("up", *SERVERS, "--json").stdout)
    settings = State(state_dir).read(SETTINGS)
    redis.Redis.from_url(settings["REDIS_URL"]).set("word", "kept")
    os.kill(pids(first)["postgres"], signal.SIGKILL)
    assert wait_until(lambda: pids(commands.status(state_dir))["postgres"] not in (None, pids(first)["postgres"]), 20)
    assert wait_until(lambda: commands.status(state_dir)["state"] == "healthy", 20)
    assert [one["restarts"] for one in commands.status(state_dir)["processes"] if one["name"] == "postgres"] == [1]

    children = [identify(pid) for pid in pids(commands.status(state_dir)).values()]
    os.kill(first["supervisor"], signal.SIGKILL)
    assert wait_until(lambda: not any(child and child.alive() for child in children), 20)
    assert commands.status(state_dir)["state"] == "stopped"

    assert local("up", *SERVERS).returncode == 0
    assert State(state_dir).read(SETTINGS) == settings
    assert redis.Redis.from_url(settings["REDIS_URL"]).get("word") == b"kept"


def test_two_starts_at_once_make_one_stack(local: Local) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: local("up", "--parts", "valkey", "--json"), range(2)))
    assert [one.returncode for one in both] == [0, 0]
    assert json.loads(both[0].stdout)["supervisor"] == json.loads(both[1].stdout)["supervisor"]


def test_a_program_that_does_not_start_is_named_with_its_last_words(local: Local, state_dir: Path) -> None:
    failed = local("up", "--parts", "relay")  # it has no database here
    assert failed.returncode == 1
    assert "failed: migrate failed" in failed.stderr
    assert "the setting 'DATABASE_URL' is missing" in failed.stderr
    assert commands.status(state_dir)["state"] == "stopped"


def test_a_demo_leaves_running_what_was_started_by_name(local: Local, state_dir: Path) -> None:
    started = json.loads(local("up", "--parts", "valkey", "--json").stdout)
    refused = local("demo", "--exit", "--no-such-option")
    assert refused.returncode == 2
    assert "the stack goes on" in refused.stderr
    assert pids(commands.status(state_dir)) == pids(started)


def test_the_last_demo_to_leave_stops_what_a_demo_started(local: Local, state_dir: Path) -> None:
    commands.up(state_dir, ["valkey"])
    with (state_dir / "demos.lock").open("w") as another:
        fcntl.flock(another, fcntl.LOCK_SH)
        assert "the stack goes on" in local("demo", "--exit", "--no-such-option").stderr
        assert commands.status(state_dir)["state"] == "healthy"
    assert "the stack goes on" not in local("demo", "--exit", "--no-such-option").stderr
    assert commands.status(state_dir)["state"] == "stopped"


def test_a_second_demo_waits_until_the_first_has_done_its_work(state_dir: Path) -> None:
    commands.up(state_dir, ["valkey"])
    with (state_dir / "demo.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        arguments = ["--state", str(state_dir), "demo", "--exit", "--no-such-option"]
        second = subprocess.Popen(
            [sys.executable, "-m", "infra.local", *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        said = [second.stderr.readline() for _ in range(2)]
        assert "waiting for it to end" in said[-1]
        assert second.poll() is None
    assert "no-such-option" in second.communicate(timeout=60)[1]
    assert second.returncode == 2
