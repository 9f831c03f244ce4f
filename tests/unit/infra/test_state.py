"""The state directory: private, owned by one, and never half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infra.local.state import PORT_RANGE, Busy, State


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = State(tmp_path / "s").secret("word")
    assert State(tmp_path / "s").secret("word") == first
    assert len(first) == 48
    assert stat.S_IMODE((tmp_path / "s/secrets/word").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "s/secrets").stat().st_mode) == 0o700


def test_secrets_never_repeat(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert len({state.secret(str(number)) for number in range(20)}) == 20


def test_ports_are_kept_distinct_and_in_range(tmp_path: Path) -> None:
    names = [str(number) for number in range(8)]
    ports = State(tmp_path).ports(names)
    assert State(tmp_path).ports(names) == ports
    assert len(set(ports.values())) == 8
    assert all(port in PORT_RANGE for port in ports.values())


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    first, second = State(tmp_path), State(tmp_path)
    assert second.owner() is None
    first.acquire()
    first.acquire()
    with pytest.raises(Busy):
        second.acquire()
    found = second.owner()
    assert found is not None
    assert found.alive()
    first.release()
    second.acquire()
    second.release()


def test_a_half_written_file_reads_as_none(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.read("absent.json") is None
    (tmp_path / "half.json").write_text('{"a": ')
    assert state.read("half.json") is None
    state.write("whole.json", {"a": 1})
    assert state.read("whole.json") == {"a": 1}
    state.forget("whole.json")
    state.forget("whole.json")
    assert state.read("whole.json") is None
