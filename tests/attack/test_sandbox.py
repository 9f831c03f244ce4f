"""The sandbox by itself: what code inside it reaches, what stops it, and that the next reading is none the wiser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.hostile.errors import Unreadable
from infra.sandbox.errors import SandboxUnavailable
from infra.sandbox.runner import Sandbox
from infra.sandbox.types import Limits
from tests.attack.canary import Canary
from tests.house.source import ROOT

INSIDE = "tests.attack.escapes:attempt"


@pytest.fixture(scope="module")
def cell() -> Iterator[Sandbox]:
    with Sandbox(INSIDE) as opened:
        yield opened


def tried(cell: Sandbox, what: str, *facts: object) -> str:
    return cell.read(what.encode(), *map(str, facts)).decode()


def test_on_linux_every_wall_stands(cell: Sandbox) -> None:
    tried(cell, "who")
    here = {"memory", "no written file", "few open files", "no core", "no other process", "cpu", "audit hook"}
    if sys.platform == "linux":
        here |= {"unprivileged user", "no new privileges", "files", "system calls"}
    assert here <= set(cell.walls) | ({"memory"} if sys.platform == "darwin" else set())


_KERNEL = {"network namespace": "_unshare()", "files": "_landlock()", "system calls": "_seccomp()"}


@pytest.mark.parametrize(
    ("wall", "attempt"),
    [("network namespace", "socket.create_connection(('127.0.0.1', PORT))"), ("files", "open('/etc/hostname')"),
     ("files", "os.unlink(PATH)"), ("system calls", "socket.socket()"), ("system calls", "os.fork()"),
     ("system calls", "open('/etc/hostname')")],
)  # fmt: skip
def test_each_wall_of_the_kernel_that_stands_holds_by_itself(
    cell: Sandbox, wall: str, attempt: str, tmp_path: Path
) -> None:
    tried(cell, "who")
    standing = tmp_path / "standing"
    standing.write_text("x")
    with Canary() as canary:
        program = (
            f"import os, socket; from infra.sandbox import walls; PORT, PATH = {canary.port}, {str(standing)!r}\n"
            f"walls.{_KERNEL[wall]} or os._exit(76)\ntry: {attempt}\nexcept OSError: os._exit(77)"
        )
        ended = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, check=False)
        assert ended.returncode == (77 if wall in cell.walls else 76)
        assert (canary.visitors, standing.exists()) == ([], True)


def test_nobody_inside_reaches_a_listener_on_the_same_machine(cell: Sandbox) -> None:
    with Canary() as canary:
        assert tried(cell, "connect", canary.port).startswith("refused")
        assert tried(cell, "raw_socket", canary.port) == "refused: by the kernel"
        assert tried(cell, "resolve").startswith("refused")
        assert canary.visitors == []
        canary.visit()
        assert len(canary.visitors) == 1, "the canary itself was deaf"


@pytest.mark.parametrize("what", ["read_files", "raw_open", "start", "raw_fork", "raw_exec"])
def test_nothing_is_read_or_started(cell: Sandbox, what: str) -> None:
    assert tried(cell, what).startswith("refused")


def test_nothing_is_written_or_deleted_even_where_everybody_may(cell: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    standing = tmp_path / "standing"
    standing.write_text("still here")
    assert [tried(cell, what, tmp_path).partition(":")[0] for what in ("write", "raw_write")] == ["refused", "refused"]
    assert (standing.read_text(), len(list(tmp_path.iterdir()))) == ("still here", 1)


def test_no_other_process_is_touched(cell: Sandbox) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        assert tried(cell, "kill", bystander.pid) == "refused: by the kernel"
        assert tried(cell, "trace", bystander.pid) == "refused: by the kernel"
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_no_secret_is_there_to_be_taken(cell: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    with Sandbox(INSIDE) as fresh:
        assert set(json.loads(tried(fresh, "environment"))) <= {"LC_ALL", "LC_CTYPE"}
    assert json.loads(tried(cell, "memory_of_secrets")) == []


def test_a_reading_has_no_rights_even_when_the_worker_is_root(cell: Sandbox) -> None:
    who = json.loads(tried(cell, "who"))
    assert who["uid"] != 0 and who["gid"] != 0
    assert 0 not in who["groups"]


def test_one_reading_leaves_nothing_for_the_next(cell: Sandbox) -> None:
    assert [tried(cell, "remember") for _ in range(3)] == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("what", "code"),
    [("spin", "file.too_slow"), ("sleep", "file.too_slow"), ("hoard", "file.too_heavy"), ("talk", "file.too_heavy"),
     ("abort", "file.reader_crashed"), ("vanish", "file.reader_crashed"), ("unlimit", "file.too_slow")],
)  # fmt: skip
def test_what_never_ends_takes_too_much_or_crashes_is_refused_and_the_next_file_read(what: str, code: str) -> None:
    # only what must run out of time is given little of it: a busy machine takes its time over half a gigabyte
    with Sandbox(INSIDE, Limits(cpu=1, wall=2.0) if code == "file.too_slow" else Limits()) as cell:
        with pytest.raises(Unreadable) as refusal:
            cell.read(what.encode())
        assert refusal.value.code == code
        assert cell.spent.peak <= 512 << 20
        assert tried(cell, "remember") == "1"


def test_whatever_is_inside_is_gone_when_the_job_leaves() -> None:
    with Sandbox(INSIDE) as cell:
        tried(cell, "who")
        assert cell.pid is not None
        os.kill(cell.pid, 0)
        pid = cell.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_sandbox_whose_nursery_died_is_made_anew() -> None:
    with Sandbox(INSIDE) as cell:
        tried(cell, "who")
        assert cell.pid is not None
        os.kill(cell.pid, 9)
        with pytest.raises(SandboxUnavailable):
            cell.read(b"who")
        assert "uid" in tried(cell, "who")


def test_a_function_that_is_not_there_is_no_sandbox() -> None:
    with Sandbox("tests.attack.escapes:nothing") as cell, pytest.raises(SandboxUnavailable):
        cell.read(b"")
