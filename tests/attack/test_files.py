"""A-FILE: every hostile file of the corpus is refused by its code, in time and memory, and the worker reads on.

The files are made by generators, a process and a network of its own away from everything; the canary on loopback counts
whoever follows one of the addresses that lie in them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.invoices.parsing.apart import parse_apart, sandbox
from app.invoices.parsing.service import parse
from infra.errors import CATALOGUE
from infra.sandbox.runner import Sandbox
from tests.attack.canary import Canary
from tests.attack.files import bombs, markup, names, packages, pictures, portable, tables
from tests.attack.files.cases import Hostile
from tests.unit.invoices_parsing.builders import NUMBER, REAL_OFD, einvoice

ROOMS = (bombs, markup, packages, portable, pictures, tables, names)
CORPUS = {title: case for room in ROOMS for title, case in room.CASES.items()}
SECONDS, BYTES = 15.0, 512 << 20
_LEAST = {bombs: 24, packages: 18, markup: 22, portable: 26, pictures: 14, tables: 14, names: 24}  # trust.md, A-FILE


@pytest.fixture(scope="module")
def cell() -> Iterator[Sandbox]:
    with sandbox() as opened:
        yield opened


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with Canary() as listening:
        yield listening


def made(case: Hostile, url: str) -> bytes:
    content = case.make(url)
    return content.encode() if isinstance(content, str) else content


@pytest.mark.parametrize("title", CORPUS)
def test_a_hostile_file_is_refused_by_its_code(title: str, cell: Sandbox, canary: Canary) -> None:
    case = CORPUS[title]
    content = made(case, canary.url)
    started = time.monotonic()
    parsed = parse_apart(cell, case.name, content, case.declared)
    assert (parsed.items, {refusal.code for refusal in parsed.refused}) == ((), {case.code})
    assert (time.monotonic() - started < SECONDS, cell.spent.peak <= BYTES) == (True, True)
    assert [item.number for item in parse_apart(cell, "good.xml", einvoice().encode()).items] == [NUMBER]
    assert canary.visitors == []


def test_the_corpus_has_at_least_as_many_files_of_each_kind_as_were_asked_for() -> None:
    assert {room.__name__: len(room.CASES) for room, least in _LEAST.items() if len(room.CASES) < least} == {}
    assert len(CORPUS) == sum(len(room.CASES) for room in ROOMS) >= 160
    assert {case.code for case in CORPUS.values()} <= CATALOGUE.keys()


def test_no_two_files_of_the_corpus_are_the_same() -> None:
    files = {(case.name, case.declared, made(case, "http://127.0.0.1:9/")) for case in CORPUS.values()}
    assert len(files) == len(CORPUS)


def test_a_canary_hears_whoever_comes(canary: Canary) -> None:
    with Canary() as another:
        another.visit()
        assert len(another.visitors) == 1


def test_a_sandbox_says_of_good_files_what_the_parser_says_by_itself(cell: Sandbox) -> None:
    good = [path.read_bytes() for path in sorted(REAL_OFD.glob("*.ofd"))]
    good += [packages.sealed(), einvoice().encode(), names.bundle()]
    for content in good:
        said = parse_apart(cell, "good", content)
        assert said.items != ()
        assert said == parse("good", content)
