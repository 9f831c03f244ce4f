"""A process is its pid and its start time, and a zombie is no process."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from infra.local.identity import Identity, group, identify, wait_until, working_in


def test_this_process_is_alive_and_a_reused_pid_is_not() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert me.alive()
    assert not Identity(me.pid, "another moment").alive()


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["sleep", "60"])
    found = identify(child.pid)
    assert found is not None
    child.kill()
    assert wait_until(lambda: not found.alive(), 5)  # not reaped yet: it still has its pid
    assert identify(child.pid) is None
    child.wait()


def test_a_signal_reaches_only_the_process_that_was_recorded() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        Identity(child.pid, "another moment").signal(signal.SIGKILL)
        assert child.poll() is None
        found = identify(child.pid)
        assert found is not None
        found.signal(signal.SIGKILL)
        assert child.wait(5) == -signal.SIGKILL
    found.signal(signal.SIGKILL)


def test_a_group_and_a_working_directory_name_their_processes(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path, start_new_session=True) as child:
        assert [one.pid for one in group(child.pid)] == [child.pid]
        assert wait_until(lambda: [one.pid for one in working_in(tmp_path)] == [child.pid], 5)
        child.kill()
