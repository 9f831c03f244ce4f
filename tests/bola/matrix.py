"""The matrix at work: each cell asked, judged against the policy and its twin, and its answer searched for canaries.

A finding is `unexpected` (another status, code or body than the policy or the twin says, or a positive control that is
none) or a `leak` (something of somebody else was seen or changed).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection

from tests.bola.asking import Answer, Ask, Asker
from tests.bola.canaries import owners_in
from tests.bola.cells import Cell, Cells
from tests.bola.headers import Beside, Borrowed
from tests.bola.operations import Operation, read_document
from tests.bola.policy import OK, Verdict
from tests.bola.principals import Principal, prove_anew
from tests.bola.recipes import NoRecipe, Recipe, recipe_of
from tests.bola.recipes_paths import SILENT, TOLD
from tests.bola.store import acts_written, changed, checksums, rows_of_books, unwitnessed, written_elsewhere
from tests.bola.world import World

_REFUSALS = range(400, 500)


@dataclass
class Report:
    """What a run of cells found."""

    cells: int = 0
    requests: int = 0
    unexpected: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    by_context: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether every cell was as it should be."""
        return not self.unexpected and not self.leaks


class Matrix:
    """One world, its operations and their cells."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = world.client.application
        self._rehearsing = False
        self.operations = read_document(world.client)
        self.asker = Asker(world)
        self.recipes: dict[str, Recipe] = {}
        self.missing: list[str] = []
        for operation in self.operations.values():
            try:
                self.recipes[operation.name] = recipe_of(operation)
            except NoRecipe as lacking:
                self.missing.append(str(lacking))
        self.tags: dict[tuple[str, str], str] = {}
        self.cells = Cells(world, self.operations, self.tags)
        self.beside, self.borrowed = Beside(self.cells), Borrowed(self.cells, self.asker)
        self.learning = False
        self.sees_commits = True  # not those of another process
        self._shown: dict[str, object] = {}
        self._said: dict[str, set[str]] = {}
        self._rows = rows_of_books(world)
        self._refused: dict[str, dict[str, str]] = {}
        self._twins: dict[tuple[str, str], Answer] = {}
        for operation in self.operations.values():
            if operation.name in self.recipes and operation.scope in ("book", "firm"):
                self._note_tags(operation)

    def known(self) -> list[Operation]:
        """The operations that have a recipe."""
        return [one for one in self.operations.values() if one.name in self.recipes]

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """A time in which nothing lasts, and in which what was answered before does not count."""
        kept, self._twins, self._rehearsing = self._twins, {}, True
        try:
            yield
        finally:
            self._twins, self._rehearsing = kept, False

    def run(
        self,
        operations: Iterable[Operation],
        contexts: str = "123456",
        wanted: Callable[[Cell], bool] = lambda cell: True,
        *,
        watch: bool = True,
        beside: bool = True,
        borrowed: bool = True,
    ) -> Report:
        """Every wanted cell of some operations; with `watch` nothing in any firm may have changed by any of them."""
        report = Report()
        before = checksums(self.world) if watch else {}
        for operation in operations:
            prove_anew(self.world.ports)
            for cell in self._all(operation, contexts, beside=beside, borrowed=borrowed):
                if wanted(cell):
                    self.judge(cell, report)
            report.operations.add(operation.name)
            if watch:
                after = checksums(self.world)
                report.leaks += [f"{operation.name}: {one} changed" for one in changed(before, after)]
                report.unexpected += self._unwitnessed()
                before = after
        return report

    def _unwitnessed(self) -> list[str]:
        """Refusals of which the firm's log does not tell."""
        found = [
            f"{names[request]}: no access.denied in the log"
            for letter, names in self._refused.items()
            for request in unwitnessed(self.world, letter, names)
        ]
        self._refused.clear()
        return found

    def _all(self, operation: Operation, contexts: str, *, beside: bool, borrowed: bool) -> Iterator[Cell]:
        recipe = self.recipes[operation.name]
        yield from self.cells.of(operation, recipe, contexts)
        if "6" in contexts:
            if beside:
                yield from self.beside.of(operation, recipe)
            if borrowed:
                yield from self.borrowed.of(operation, recipe)

    def judge(self, cell: Cell, report: Report) -> None:
        """Ask one cell and note what is wrong with its answer."""
        report.cells += 1
        report.by_context[cell.context] = report.by_context.get(cell.context, 0) + 1
        twin = self._twin(cell) if cell.twin else None
        harmless = cell.expected.status == OK if cell.expected else twin is not None and twin.status < 300
        answer = self._send(cell, cell.ask, report, rehearse=harmless or self._rehearsing)
        past = self.recipes[cell.operation.name].past
        problem = _differs(cell.expected, answer, past) if cell.expected else _refuses(cell, answer)
        if not problem and cell.replayed != ("Idempotency-Replayed" in answer.headers):
            problem = f"replayed: {not cell.replayed}"
        problem = problem or self._otherwise(cell, answer)
        if problem:
            report.unexpected.append(f"{cell.name}: {problem}")
        elif twin is not None and cell.twin and not _same(cell, answer, twin):
            report.unexpected.append(f"{cell.name}: {_short(answer)} is not what a stranger gets: {_short(twin)}")

    def _otherwise(self, cell: Cell, answer: Answer) -> str:
        """What a book shows is the same with the second wall up and down; it is noted while it is up."""
        steady = cell.operation.scope == "book" and cell.operation.permission != "audit.read"
        if cell.context != "C1" or not cell.operation.reads or not steady or not answer.body.startswith(b"{"):
            return ""
        if b'"next_cursor":"' in answer.body:  # a cursor is sealed anew each time
            return ""
        if not self._rehearsing or self.learning:
            self._shown[cell.name] = answer.said(cell.ask)
        differs = self._shown.get(cell.name, answer.said(cell.ask)) != answer.said(cell.ask)
        return f"{_short(answer)} is not what was shown before" if differs else ""

    def _send(self, cell: Cell, ask: Ask, report: Report, *, rehearse: bool) -> Answer:
        elsewhere: list[str] = []
        acts: set[str] = set()
        act = _act(cell) if self.sees_commits else None
        books = set().union(*(self.world.books[label].ids for label in cell.writes_to))

        def look(connection: Connection) -> None:
            if act:
                acts.update(acts_written(connection, self.world.firms[cell.who.firm].tenant.schema))
            if cell.operation.scope == "book":
                elsewhere.extend(written_elsewhere(connection, self.world, cell.who, books, self._rows))

        self.asker.at_commit = look
        answer = self.asker.send(cell.who, ask, rehearse=rehearse)
        report.requests += 1
        told = act and not (cell.operation.reads and answer.shown)  # a read tells only of what is taken away
        if told and rehearse and answer.status in (200, 201, 204) and act not in acts:
            report.unexpected.append(f"{cell.name}: left no {act} in the log, only {sorted(acts)}")
        expected = cell.expected
        if not rehearse and cell.who.firm and expected and expected.status in (403, 404) and expected.witnessed:
            self._refused.setdefault(cell.who.firm, {})[answer.request_id] = cell.name
        named = owners_in(repr((ask.path, ask.body, ask.query)).encode())
        foreign = owners_in(answer.everything) - self.world.owners(cell.who) - named
        if cell.operation.scope == "public":
            foreign = {owner for owner in foreign if not owner.endswith("9")}
        if cell.operation.name in TOLD:
            foreign = {owner for owner in foreign if not owner.endswith("0")}
        said = self._said.setdefault(cell.who.firm, set())
        said |= named
        if cell.operation.permission == "audit.read":  # the log repeats what the firm's own people asked for in vain
            foreign -= said
        if foreign:
            report.leaks.append(f"{cell.name}: canaries of {sorted(foreign)}")
        if books:
            report.leaks += [f"{cell.name}: wrote {each}" for each in elsewhere]
        return answer

    def _twin(self, cell: Cell) -> Answer:
        """The answer to the twin; the same stranger's question is asked once."""
        assert cell.twin is not None
        asked = (cell.who.name, repr(cell.twin))
        if asked not in self._twins:
            self._twins[asked] = self.asker.send(
                cell.who, cell.twin, rehearse=cell.expected is None or self._rehearsing
            )
        return self._twins[asked]

    def _note_tags(self, operation: Operation) -> None:
        """The tags of what is read or of what a versioned write means, as each firm's maker sees them."""
        path = operation.path if operation.reads else self._readable(operation) if operation.versioned else None
        for label in ("A3", "B1") if operation.reads else ("A1", "A2", "A3", "B1", "D1"):
            if path:
                ask = self.cells.ask(operation, self.recipes[operation.name], label)
                at = "/".join(ask.path.split("/")[: path.count("/") + 1])
                query = ask.query if operation.reads else {n: v for n, v in ask.query.items() if n == "period"}
                maker = Principal("maker", label[0], "owner", None, self.world.firms[label[0]].maker.secret)
                got = self.asker.send(maker, Ask("GET", at, query), rehearse=True)
                if "ETag" in got.headers:
                    self.tags[operation.name, label] = got.headers["ETag"]

    def _readable(self, operation: Operation) -> str | None:
        """The longest beginning of its path that can be read."""
        readable = {one.path for one in self.operations.values() if one.reads}
        parts = operation.path.split("/")
        return next((path for n in range(len(parts), 2, -1) if (path := "/".join(parts[:n])) in readable), None)

    def close(self) -> None:
        """Give the engine back."""
        self.asker.close()


def _act(cell: Cell) -> str | None:
    """The action that an act of somebody of a firm must leave in the log; a job that is taken (202) leaves its own."""
    quiet = cell.context != "C1" or not cell.who.firm or cell.operation.name in SILENT
    return None if quiet else cell.operation.hints.get("x-audit-event")


def _differs(expected: Verdict, answer: Answer, past: str = "") -> str:
    good = answer.status < 300 if expected.status == OK else answer.status == expected.status
    if not good and past and expected.status == OK and _code(answer) == past:
        return ""
    if not good:
        return f"{_short(answer)} instead of {expected.status} {expected.code}".rstrip()
    if expected.code and _code(answer) != expected.code:
        return f"{_short(answer)} instead of {expected.code}"
    return ""


def _refuses(cell: Cell, answer: Answer) -> str:
    """A foreign object that the document declares is refused; any other word may merely find nothing."""
    return _short(answer) if answer.status >= (200 if cell.refused else 500) and answer.status not in _REFUSALS else ""


def _same(cell: Cell, answer: Answer, twin: Answer) -> bool:
    """Whether two answers say the same; two things that were made differ in their ids and moments."""
    assert cell.twin is not None
    if answer.status < 300 and not cell.operation.reads:
        return answer.status == twin.status
    return answer.said(cell.ask) == twin.said(cell.twin)


def _code(answer: Answer) -> Any:
    if not answer.body.startswith(b"{"):
        return None
    return orjson.loads(answer.body).get("code")


def _short(answer: Answer) -> str:
    return f"{answer.status} {answer.body[:300].decode(errors='replace')}"


def coverage(matrix: Matrix, reports: Collection[Report]) -> list[str]:
    """What was not exercised: operations without a cell and those without a recipe."""
    seen = set().union(*(report.operations for report in reports)) if reports else set()
    return [*matrix.missing, *(f"never asked: {name}" for name in sorted(matrix.operations.keys() - seen))]
