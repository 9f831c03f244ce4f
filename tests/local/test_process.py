"""A program of the stack and its log."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from infra.local import process
from infra.local.process import Child, Process
from infra.local.state import State

CHATTER = "import time\nfor number in range(10**9): print(f'line {number:09d}', flush=True); time.sleep(0.0005)"


def test_a_log_that_grows_too_long_is_set_aside_while_its_program_writes_on(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_LIMIT", 2_000)
    child = Child(Process("chatter", (sys.executable, "-c", CHATTER), dict(os.environ)), State(state_dir))
    child.log.parent.mkdir(parents=True, exist_ok=True)
    child.start()
    try:
        aside, turns, seen = child.log.with_suffix(".log.1"), 0, ""
        deadline = time.monotonic() + 60
        while turns < 3 and time.monotonic() < deadline:
            child.turn_log()
            if aside.exists() and (said := aside.read_text()) != seen:
                turns, seen = turns + 1, said
            time.sleep(0.01)
        assert turns == 3
        assert child.log.stat().st_size < 100_000
        assert "\0" not in child.log.read_text()  # it goes on at the beginning of the emptied file
        assert all(line.startswith("line ") for line in seen.splitlines()[1:])
    finally:
        child.stop()
