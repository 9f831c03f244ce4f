"""The benchmark runs and says what it measured; how fast the machine is, is nobody's test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEYS = {"id", "unit", "size", "ref", "ours", "ratio", "goal"}


@pytest.mark.long
def test_the_benchmark_prints_each_measure_at_two_sizes_tenfold_apart_as_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.bench", "--tiny", "--json"], cwd=ROOT, capture_output=True, check=True
    )
    rows = json.loads(done.stdout)
    sizes = defaultdict(set)
    for row in rows:
        assert set(row) == KEYS
        assert row["unit"]
        assert row["ref"] >= 0
        assert row["ours"] >= 0
        assert row["goal"] > 0
        sizes[row["id"]].add(row["size"])
    assert set(sizes) == {"P1", "P2", "P3", "P4", "P5", "P6"}
    for of_one in sizes.values():
        small, large = sorted(of_one)
        assert large == 10 * small
