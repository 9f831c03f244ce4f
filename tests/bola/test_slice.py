"""A slice of the matrix in every run of the tests; the whole of it is `./run test --bola`, and part of `--all`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.audit.witness import service as witness
from app.factory import create_app
from app.identity.passwords import service as passwords
from infra.ports import Ports
from tests.bola.cells import Cell
from tests.bola.matrix import Matrix, coverage
from tests.bola.principals import unhurried
from tests.bola.walls import probe
from tests.bola.world import build

FEW = frozenset({"accountant", "client_uploader"})


@pytest.fixture(scope="module")
def matrix(ports: Ports) -> Iterator[Matrix]:
    """The matrix of a world of this worker's own."""
    with pytest.MonkeyPatch.context() as patch:
        for holder, name in ((passwords, "_HASHER"), (witness, "MOST")):
            patch.setattr(holder, name, getattr(holder, name))  # as they were, afterwards
        unhurried()
        yield Matrix(build(ports, create_app(ports)))


def test_every_operation_has_a_recipe(matrix: Matrix) -> None:
    assert matrix.missing == []


def test_two_callers_get_at_every_operation_what_the_policy_says(matrix: Matrix) -> None:
    def few(cell: Cell) -> bool:
        return cell.who.name in FEW

    report = matrix.run(matrix.known(), "134", few, watch=False)
    sys.stdout.write(f"{report.cells} cells of {len(report.operations)} operations\n")
    assert (report.unexpected, report.leaks) == ([], [])
    assert coverage(matrix, [report]) == []
    assert report.cells > 1000


def test_the_walls_hold_where_every_filter_is_forgotten(matrix: Matrix) -> None:
    walls = probe(matrix.world)
    assert walls.failed == []
    assert walls.cells > 150


@pytest.mark.long
def test_the_whole_matrix_with_its_mutants() -> None:
    ran = subprocess.run([sys.executable, "-m", "tests.bola"], capture_output=True, text=True, check=False)
    told = json.loads(ran.stdout.splitlines()[-1])
    assert ran.returncode == 0, ran.stderr[-5000:]
    assert (told["unexpected"], told["leaks"]) == (0, 0)
    assert told["cells"] >= 10_000
    assert told["killed"] >= 0.95 * told["mutants"] >= 38
