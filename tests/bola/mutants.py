"""The catalogue of mutants: one thing broken each, and the cells that could see it. The matrix must see nearly all.

A forgotten filter is tried twice: with row-level security down the cells must see it, and with it up nothing may come
through, because the second wall alone is to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sqlalchemy import event

from tests.bola.cells import Cell
from tests.bola.matrix import Matrix, Report
from tests.bola.mutations import Hits, forgotten, key_gone, policy_gone, rewritten, walls_down
from tests.bola.walls import book_tables, composite_keys, probe

Break = Callable[[Matrix], AbstractContextManager[Hits]]
_MOST_OPERATIONS = 16  # a mutant is shown to
_WALLED = (
    "voucher",
    "voucher_line",
    "account",
    "document",
    "invoice",
    "posting",
    "dimension_item",
    "period",
    "book_grant",
)


@dataclass(frozen=True)
class Mutant:
    """A break and where it could be seen: operations, contexts, principals (none named: all)."""

    name: str
    kind: str
    broken: Break
    operations: tuple[str, ...] = ()
    contexts: str = "1"
    principals: frozenset[str] = frozenset()
    walls: str = ""
    what: str = ""

    def wants(self, cell: Cell) -> bool:
        """Whether a cell is shown to it."""
        return (not self.principals or cell.who.name in self.principals) and self.what in cell.what


@dataclass
class Trial:
    """What became of a mutant: `hit` if it changed something, `stopped` if nothing came past the second wall."""

    name: str
    kind: str
    hit: bool
    killed: bool
    seen: str = ""
    stopped: bool | None = None


def trial(matrix: Matrix, mutant: Mutant) -> Trial:
    """Break, look, mend."""
    if mutant.kind == "filter":
        return _forgotten(matrix, mutant)
    with mutant.broken(matrix) as hits:
        seen = _look(matrix, mutant)
    return Trial(mutant.name, mutant.kind, hits.count > 0, bool(seen), seen[0] if seen else "")


def _look(matrix: Matrix, mutant: Mutant) -> list[str]:
    if mutant.walls:
        return probe(matrix.world, mutant.walls).failed
    report = _show(matrix, mutant)
    return [*report.unexpected, *report.leaks]


def _show(matrix: Matrix, mutant: Mutant) -> Report:
    """The cells of a mutant; every request is rehearsed, so that a mutant's deeds do not outlive it."""
    chosen = [matrix.operations[name] for name in mutant.operations if name in matrix.recipes]
    with matrix.rehearsal():
        more = bool(mutant.what)
        return matrix.run(chosen, mutant.contexts, mutant.wants, watch=False, beside=more, borrowed=more)


def _forgotten(matrix: Matrix, mutant: Mutant) -> Trial:
    with walls_down(matrix.world), mutant.broken(matrix) as hits:
        bare = _show(matrix, mutant)
    seen = [*bare.leaks, *bare.unexpected]
    with mutant.broken(matrix):
        walled = _show(matrix, mutant)
    return Trial(
        mutant.name, mutant.kind, hits.count > 0, bool(seen), seen[0] if seen else "", not walled.leaks
        and not any(" × C" in one and ": 2" in one for one in walled.unexpected),
    )  # fmt: skip


# ---- mutants that are made from the tables


def of_tables(matrix: Matrix) -> list[Mutant]:
    """A forgotten filter for every table that is asked for by book, and holes in the walls of some."""
    asked = _statements(matrix)
    found = []
    for table in book_tables():
        change = forgotten(table.name)
        touching = [name for name, statements in asked.items() if any(change(one) != one for one in statements)]
        if touching:
            found.append(
                Mutant(f"filter forgotten: {table.name}", "filter", _rewriting(change), _some(matrix, touching), "1256",
                       frozenset({"accountant", "inspector", "key_book", "owner"}))
            )  # fmt: skip
    found += [
        Mutant(f"policy gone: {name}", "policy", lambda matrix, name=name: policy_gone(matrix.world, name), walls=name)
        for name in _WALLED
    ]
    for table, key in list(composite_keys())[::4]:
        names = table.name, str(key.name)
        found.append(
            Mutant(f"key gone: {names[1]}", "key", lambda matrix, names=names: key_gone(matrix.world, *names),
                   walls=names[1])
        )  # fmt: skip
    return found


def _rewriting(change: Callable[[str], str]) -> Break:
    return lambda matrix: rewritten(matrix.world, change)


def _some(matrix: Matrix, names: Collection[str]) -> tuple[str, ...]:
    """A few operations, those first that name objects in their paths, and those that read before those that write."""

    def order(name: str) -> tuple[bool, bool, int]:
        operation = matrix.operations[name]
        heavy = operation.hints.get("x-rate-class") == "heavy"
        return heavy, len(operation.parameters) < 2, 0 if operation.reads else 1

    ordered = sorted(names, key=order)
    half = _MOST_OPERATIONS // 2
    return tuple(dict.fromkeys([*ordered[: _MOST_OPERATIONS - half], *_lists(matrix, ordered)[:half]]))


def _lists(matrix: Matrix, names: Iterable[str]) -> list[str]:
    return [name for name in names if matrix.operations[name].reads and len(matrix.operations[name].parameters) == 1]


def _statements(matrix: Matrix) -> dict[str, list[str]]:
    """What each operation asks the database when an owner asks it."""
    found: dict[str, list[str]] = {}
    heard: list[str] = []

    def hear(connection: object, cursor: object, statement: str, *rest: object) -> None:
        heard.append(statement)

    engine = matrix.world.ports.engine
    event.listen(engine, "before_cursor_execute", hear)
    matrix.learning = True  # for the principals the mutants are shown to
    try:
        for operation in matrix.known():
            if operation.scope == "book":
                heard.clear()
                mutant = Mutant(
                    "", "", lambda matrix: nullcontext(Hits()), (operation.name,), "1", frozenset({"owner"})
                )
                _show(matrix, mutant)
                found[operation.name] = list(heard)
    finally:
        matrix.learning = False
        event.remove(engine, "before_cursor_execute", hear)
    return found
