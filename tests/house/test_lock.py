"""What is installed is locked by hash, and the lock says nothing of where it came from."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.source import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
_ELSEWHERE = re.compile(r"://|^\s*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b| @ ", re.M)


def _unhashed(lock: str) -> list[str]:
    entries = [entry for entry in re.split(r"\n(?=\S)", lock.replace("\\\n", " ")) if entry and entry[0] not in "#\n"]
    return [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]


def test_the_lock_names_no_host_and_no_index() -> None:
    assert _ELSEWHERE.search(LOCK) is None


@pytest.mark.parametrize("line", ["--index-url https://x/simple", "a @ file", "a==1 https://x/a.whl", "-i x"])
def test_a_lock_that_names_a_place_is_found(line: str) -> None:
    assert _ELSEWHERE.search(f"a==1 --hash=sha256:0\n{line}\n") is not None


def test_every_package_is_locked_by_its_hash() -> None:
    assert _unhashed(LOCK) == []
    assert _unhashed("a==1 \\\n    --hash=sha256:0\nb==2\n    # via a\n") == ["b==2"]


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~ ]", line)[0].lower().replace("_", "-") for line in wanted}
    locked = set(re.findall(r"^([a-z0-9.-]+)==", LOCK, re.M))
    assert names - locked == set()
