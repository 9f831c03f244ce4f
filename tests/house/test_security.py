"""`docs/security.md` and the table of ASVS say nothing that no test shows, and leave no item out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import pytest

from tests.house.source import ROOT, functions, modules

TABLE = (ROOT / "docs" / "security" / "asvs.md").read_text()
PAGE = (ROOT / "docs" / "security.md").read_text()
# Items of levels 1 and 2 by chapter, as the release counts them.
COUNTED = dict(zip(range(1, 18), (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), strict=True))
# To a state: whether it names a test, and whether it says why not.
STATES = {"met": (True, False), "not applicable": (False, True), "open": (False, True)}


class Item(NamedTuple):
    """A row of the table."""

    number: str
    words: str
    state: str
    shown: str
    missing: str

    @property
    def chapter(self) -> int:
        """The chapter of the standard."""
        return int(self.number.partition(".")[0])


def items(table: str) -> Iterator[Item]:
    """The rows of a table whose first cell is the number of an item."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"\d+\.\d+\.\d+", cells[0]):
            yield Item(*cells)


def by_file() -> dict[str, set[str]]:
    """The functions that are run as tests, by their file."""
    found = (module for module in modules() if module.inside("tests") and module.stem.startswith("test_"))
    return {module.path: {function.name for function in functions(module.tree)} for module in found}


def unproved(table: str, known: Mapping[str, Collection[str]]) -> list[str]:
    """Rows whose state is none, whose tests do not exist, or that do not say why not."""
    found = []
    for item in items(table):
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", item.shown)
        found += [f"{item.number} names {path}::{name}" for path, name in named if name not in known.get(path, ())]
        if item.state not in STATES:
            found.append(f"{item.number} is {item.state!r}")
            continue
        needs_test, needs_why = STATES[item.state]
        if needs_test != bool(named):
            found.append(f"{item.number} is {item.state} by {item.shown!r}")
        if needs_why != bool(item.missing):
            found.append(f"{item.number} is {item.state} and says {item.missing!r}")
    return found


def nameless(page: str, known: Collection[str]) -> list[str]:
    """The tests a page names that are none."""
    return sorted(set(re.findall(r"`(test_\w+)`", page)) - set(known))


def test_every_item_of_levels_one_and_two_is_answered_once() -> None:
    numbers = Counter(item.number for item in items(TABLE))
    assert [number for number, times in numbers.items() if times > 1] == []
    assert Counter(item.chapter for item in items(TABLE)) == COUNTED
    assert sum(COUNTED.values()) == 253


def test_nothing_is_called_met_that_no_test_shows() -> None:
    assert unproved(TABLE, by_file()) == []


def test_the_page_counts_its_states() -> None:
    states = Counter(item.state for item in items(TABLE))
    told = re.search(r"Counted: (\d+) met, (\d+) not applicable, (\d+) open", TABLE)
    assert told and list(map(int, told.groups())) == [states[one] for one in ("met", "not applicable", "open")]


def test_every_test_the_page_names_exists() -> None:
    known = {name for names in by_file().values() for name in names}
    assert nameless(PAGE + TABLE, known) == []
    assert nameless("`test_a` `test_b`", {"test_a"}) == ["test_b"]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| 1.1.1 | x | met | `tests/a.py::test_a` | |", []),
        ("| 1.1.1 | x | met | `tests/a.py::test_b` | |", ["1.1.1 names tests/a.py::test_b"]),
        ("| 1.1.1 | x | met | `tests/b.py::test_a` | |", ["1.1.1 names tests/b.py::test_a"]),
        ("| 1.1.1 | x | met | | |", ["1.1.1 is met by ''"]),
        ("| 1.1.1 | x | met | by hand | |", ["1.1.1 is met by 'by hand'"]),
        ("| 1.1.1 | x | met | `tests/a.py::test_a` | y |", ["1.1.1 is met and says 'y'"]),
        ("| 1.1.1 | x | open | | |", ["1.1.1 is open and says ''"]),
        ("| 1.1.1 | x | open | `tests/a.py::test_a` | y |", ["1.1.1 is open by '`tests/a.py::test_a`'"]),
        ("| 1.1.1 | x | fine | | y |", ["1.1.1 is 'fine'"]),
    ],
)
def test_a_row_that_claims_too_much_is_found(row: str, found: list[str]) -> None:
    assert unproved(row, {"tests/a.py": {"test_a"}}) == found
