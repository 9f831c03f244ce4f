"""`docs/compliance.md` answers every requirement of the matrix by tests that exist, or says what is missing.

The matrix is the reference's `compliance/requirements_matrix.csv`; a section of the page begins with its source, a row
with its article. Invariant: a row is met, partly met, open or the operator's, and its own cells say why.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.source import ROOT, functions, modules

SHARED = Path(os.environ.get("ZHANGFANG_SHARED", ROOT.parent / "shared"))
MATRIX = SHARED / "reference" / "compliance" / "requirements_matrix.csv"
PAGE = (ROOT / "docs" / "compliance.md").read_text()

SOFTWARE, WORK, BASIC = "财会〔2024〕12号", "财会〔2024〕11号", "会计基础工作规范(令98号)"
# What concerns vouchers, books, closing, statements or their output and lies in the ledger: it is never without a test.
LEDGER = {
    *((SOFTWARE, article) for article in ("5", "6,18,21(4)", "7,29", "9", "10", "11", "13", "14", "15", "16", "19")),
    *((SOFTWARE, article) for article in ("20(1)", "20(2)", "20(3)", "21(1)", "21(2)", "21(3)", "22", "24", "25")),
    *((SOFTWARE, article) for article in ("27", "31", "32", "33", "34", "39", "41")),
    *((WORK, article) for article in ("16,17", "25,26", "27", "28")),
    *((BASIC, article) for article in ("50-51", "51(5)", "63")),
}
# To the state of a row: whether it must name a test, and whether it must say what is missing.
STATES = {"met": (True, False), "partly": (True, True), "open": (False, True), "operator": (False, True)}

Key = tuple[str, str]


class Row(NamedTuple):
    """A requirement on the page: where it comes from, how it stands, the cells that show it and say what is missing."""

    source: str
    article: str
    state: str
    shown: str
    missing: str

    @property
    def key(self) -> Key:
        """How the matrix names the requirement."""
        return self.source, self.article

    @property
    def tests(self) -> list[str]:
        """The tests the row names."""
        return re.findall(r"`(test_\w+)`", f"{self.shown} {self.missing}")


def rows(page: str) -> Iterator[Row]:
    """The requirements of a page."""
    source = ""
    for line in page.splitlines():
        if line.startswith("## "):
            source = line.removeprefix("## ").partition(" ")[0]
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and not set(line) <= set("|- ") and not cells[0].startswith("Article"):
            yield Row(source, cells[0].replace(" ", ""), *cells[2:])


def matrix() -> list[Key]:
    """The requirements that have to be answered."""
    with MATRIX.open(encoding="utf-8", newline="") as table:
        return [(row["source"], row["article"].replace(" ", "")) for row in csv.DictReader(table)]


def names_of_tests() -> set[str]:
    """The functions that are run as tests."""
    found = (module for module in modules() if module.inside("tests") and module.stem.startswith("test_"))
    return {function.name for module in found for function in functions(module.tree)}


def unanswered(page: str, wanted: Collection[Key]) -> list[str]:
    """Requirements without a row, and rows that answer none or answer twice."""
    had, asked = Counter(row.key for row in rows(page)), Counter(wanted)
    return [f"{' '.join(key)} is answered {had[key]} times" for key in sorted(had | asked) if had[key] != asked[key]]


def unproved(page: str, known: Collection[str]) -> list[str]:
    """Rows whose state is none, names no test or an unknown one, or does not say what is missing."""
    found = []
    for row in rows(page):
        where = " ".join(row.key)
        found += [f"{where} names {name}, which is no test" for name in row.tests if name not in known]
        if row.state not in STATES:
            found.append(f"{where} is {row.state!r}")
            continue
        needs_test, needs_gap = STATES[row.state]
        if needs_test and not row.tests:
            found.append(f"{where} is {row.state} and names no test")
        if needs_gap != bool(row.missing):
            found.append(f"{where} is {row.state} and says {row.missing!r} is missing")
    return found


def untested(page: str, ledger: Collection[Key]) -> list[str]:
    """Requirements on the ledger that no test shows, not even in part."""
    shown = {row.key for row in rows(page) if row.state in ("met", "partly") and row.tests}
    return [f"{' '.join(key)} has no test" for key in sorted(set(ledger) - shown)]


def test_every_requirement_of_the_matrix_is_answered_once() -> None:
    assert unanswered(PAGE, matrix()) == []


def test_every_row_names_tests_that_exist_or_says_what_is_missing() -> None:
    assert unproved(PAGE, names_of_tests()) == []


def test_no_requirement_on_the_ledger_is_without_a_test() -> None:
    assert set(matrix()) >= LEDGER
    assert untested(PAGE, LEDGER) == []


SOUND = (
    "## A a\n\n| 1 | x | met | `test_a` | |\n| 2, 3 | x | partly | `test_a` | y |\n## B b\n\n| 4 | x | open | | y |\n"
)


@pytest.mark.parametrize(
    ("of", "to", "found"),
    [
        ("", "", []),
        ("| 4 | x | open | | y |\n", "", ["B 4 is answered 0 times"]),
        ("| 2, 3 |", "| 1 |", ["A 1 is answered 2 times", "A 2,3 is answered 0 times"]),
        ("| 4 |", "| 5 |", ["B 4 is answered 0 times", "B 5 is answered 1 times"]),
        ("## B", "## C", ["B 4 is answered 0 times", "C 4 is answered 1 times"]),
        ("`test_a` | |", "`test_b` | |", ["A 1 names test_b, which is no test"]),
        ("`test_a` | |", "by hand | |", ["A 1 is met and names no test", "A 1 has no test"]),
        ("`test_a` | |", "`test_a` | y |", ["A 1 is met and says 'y' is missing"]),
        ("`test_a` | y |", "`test_a` | |", ["A 2,3 is partly and says '' is missing"]),
        ("`test_a` | y |", "z | y |", ["A 2,3 is partly and names no test"]),
        ("open | | y |", "open | | |", ["B 4 is open and says '' is missing"]),
        ("met |", "good |", ["A 1 is 'good'", "A 1 has no test"]),
        ("met | `test_a` | |", "open | `test_a` | y |", ["A 1 has no test"]),
    ],
)
def test_a_page_that_does_not_answer_is_found(of: str, to: str, found: list[str]) -> None:
    page = SOUND.replace(of, to, 1)
    wanted = [("A", "1"), ("A", "2,3"), ("B", "4")]
    assert unanswered(page, wanted) + unproved(page, {"test_a"}) + untested(page, wanted[:1]) == found
