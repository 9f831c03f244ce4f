"""One worker of the whole matrix: a copy of the world, a share of the operations and of the mutants, one JSON file.

python -m tests.bola.worker WORLD PLACE OF OUT cells|mutants
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from app.bootstrap import connect
from app.factory import create_app
from infra.ports import Ports
from infra.settings import Settings
from tests.bola.matrix import Matrix
from tests.bola.mutants import of_tables, trial
from tests.bola.mutants_doors import CATALOGUE
from tests.bola.principals import unhurried
from tests.bola.stores import stray
from tests.bola.walls import probe
from tests.bola.world import World


def open_ports(settings: Mapping[str, str]) -> Ports:
    """The ports of a world."""
    unhurried()
    return connect(Settings.from_env(settings), settings)


def enter(world: Path, settings: Mapping[str, str]) -> World:
    """The world of some settings."""
    ports = open_ports(settings)
    kept: World = pickle.loads(world.read_bytes())  # noqa: S301  (written by the process that started this one)
    return kept.enter(ports, create_app(ports))


def main(world: str, place: int, of: int, out: str, what: str) -> None:
    """Run, and write what was found."""
    began = time.monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"worker {place}: {line} after {time.monotonic() - began:.0f} s\n")

    matrix = Matrix(enter(Path(world), os.environ))
    report = matrix.run(matrix.known()[place::of])
    say(f"{report.cells} cells")
    found = {**vars(report), "operations": sorted(report.operations), "missing": matrix.missing}
    found |= {"documented": sorted(matrix.operations), "walls_tried": 0}
    found["leaks"] = [*report.leaks, *stray(matrix.world)]
    if place == 0:
        walls = probe(matrix.world)
        found |= {"walls": walls.failed, "walls_tried": walls.cells}
    if what == "mutants":
        every = [*CATALOGUE, *of_tables(matrix)]
        found["mutants"] = [vars(trial(matrix, mutant)) for mutant in every[place::of]]
        say(f"{len(found['mutants'])} mutants")
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
