"""The cells of the matrix: every operation by every principal in every context that applies, as pairs of requests.

C1 its own objects · C2 its own book's address with the objects of another book of the firm · C3 a book of the firm it
is not assigned to · C4 another firm's · C5 one deeper path parameter foreign · C6 something foreign in body, query or
header. A cell with a `twin` must be answered as the twin is, which names a thing that never existed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bola.asking import Ask, compose, never
from tests.bola.operations import Operation
from tests.bola.policy import NO_OBJECT, OK, Verdict, verdict
from tests.bola.principals import Principal
from tests.bola.recipes import NAMING, PLACE, Recipe, filled, places, with_at
from tests.bola.recipes_paths import TAGS
from tests.bola.world import World

Objects = Mapping[str, str]
# Who asks public routes: the doors know nobody there, and a failing login slows its account down.
_AT_SANDBOX = frozenset({"owner", "accountant", "client_boss", "key_book", "of_two_firms"})
_AT_PUBLIC = ("anonymous", "owner", "of_two_firms")


@dataclass(frozen=True)
class Cell:
    """One request of a principal, what it must be answered, and the twin whose answer must be the same."""

    operation: Operation
    who: Principal
    context: str
    what: str
    ask: Ask
    expected: Verdict | None
    twin: Ask | None = None
    writes_to: frozenset[str] = frozenset()
    replayed: bool = False
    refused: bool = False

    @property
    def name(self) -> str:
        """As it is shown when it fails."""
        return f"{self.operation.name} × {self.who.name} × {self.context} {self.what}".strip()


class Cells:
    """Makes the cells of one world."""

    def __init__(self, world: World, operations: Mapping[str, Operation], tags: Mapping[tuple[str, str], str]) -> None:
        self.world, self.operations, self.tags = world, operations, tags
        self._never: dict[str, str] = {}
        self._objects = {label: world.objects(label) for label in world.books}

    def of(self, operation: Operation, recipe: Recipe, contexts: str = "123456") -> Iterator[Cell]:
        """Every cell of an operation in the contexts asked for."""
        makers = {"1": self._own, "2": self._crossed, "3": self._unassigned, "4": self._abroad, "5": self._child,
                  "6": self._within}  # fmt: skip
        for who in self.asking(operation):
            for context in contexts:
                yield from makers[context](operation, recipe, who)

    def asking(self, operation: Operation) -> list[Principal]:
        """Who asks an operation: everybody, or at the public ones a few."""
        everybody = self.world.principals
        return [everybody[name] for name in _AT_PUBLIC] if operation.scope == "public" else list(everybody.values())

    # ---- the contexts

    def _own(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        expected = verdict(operation, recipe, who, who.home)
        yield Cell(
            operation, who, "C1", "", self.ask(operation, recipe, who.home, who), expected, None, frozenset({who.home})
        )

    def _crossed(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        label = f"{who.home[0]}2"
        if operation.scope == "book":
            foreign = set(self._foreign(operation, recipe, who.home, label)) - {"book_id"}
            if foreign:
                yield self._pair(operation, recipe, who, "C2", label, foreign)
        elif operation.scope == "firm" and who.enters(label) and self._foreign(operation, recipe, who.home, label):
            yield from self.elsewhere(operation, recipe, who, "C2", label)

    def _unassigned(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        for label in (f"{who.home[0]}2", f"{who.home[0]}3"):
            if not who.enters(label):
                yield from self.elsewhere(operation, recipe, who, "C3", label)

    def _abroad(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        sandbox = ("D",) if who.name in _AT_SANDBOX else ()
        for letter in ("A" if who.home[0] == "B" else "B", *sandbox):
            label = f"{letter}1"
            yield from self.elsewhere(operation, recipe, who, "C4", label)

    def _child(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        if operation.scope != "book":
            return
        letter = who.home[0]
        for label in (f"{letter}2", f"{letter}3", "A1" if letter == "B" else "B1"):
            deeper = [name for name in self._foreign(operation, recipe, who.home, label) if name != "book_id"]
            for name in deeper:
                if label[1] != "2" or len(deeper) > 1:  # one alone is C2
                    yield self._pair(operation, recipe, who, "C5", label, {name})

    def _within(self, operation: Operation, recipe: Recipe, who: Principal) -> Iterator[Cell]:
        home, letter = who.home, who.home[0]
        expected = verdict(operation, recipe, who, home)
        ask = self.ask(operation, recipe, home, who)
        for label in (f"{letter}2", f"{letter}3", "A1" if letter == "B" else "B1"):
            for pointer, kind in places(recipe.body):
                if self._strange(operation, who, kind, home, label):
                    yield self._in_body(operation, recipe, who, ask, expected, (label, pointer, kind))
            for name in operation.query.keys() & NAMING.keys():
                kind = NAMING[name][1:-1]
                if self._strange(operation, who, kind, home, label):
                    yield self._in_query(operation, recipe, who, ask, expected, (label, name, kind))

    # ---- the pieces

    def ask(self, operation: Operation, recipe: Recipe, label: str, who: Principal | None = None) -> Ask:
        """An operation asked for everything of one book, at its present version."""
        objects = self._objects[label] if who is None else {**self._objects[label], **who.objects}
        path = dict.fromkeys(operation.parameters, objects)
        return compose(operation, recipe, path, objects, self._tag(operation, label))

    def _tag(self, operation: Operation, label: str) -> str:
        """The tag of what an operation would change in a book, as it truly is."""
        return self.tags.get((operation.name, label)) or TAGS.get(operation.name, '"1-x"')

    def _foreign(self, operation: Operation, recipe: Recipe, home: str, label: str) -> list[str]:
        """The path parameters that name something else in the other book; also what a firm's body names."""
        differs = []
        for name in operation.parameters:
            match = PLACE.match(recipe.path[name])
            if match and self._objects[home][match[1]] != self._objects[label][match[1]]:
                differs.append(name)
        if operation.scope == "firm" and not operation.parameters and recipe.inside:
            differs.append("body")  # what it is about stands there
        return differs

    def _strange(self, operation: Operation, who: Principal, kind: str, home: str, label: str) -> bool:
        """Whether a thing of another book is none of the caller's business where it would be put."""
        differs = self._objects[home].get(kind) != self._objects[label].get(kind)
        public = operation.scope == "public" and kind not in ("firm_name", "email")  # whoever knows it may use it
        return (
            differs
            and operation.scope != "ops"
            and not public
            and not (operation.scope == "firm" and who.enters(label))
        )

    def nobody(self, objects: Objects) -> Objects:
        """The same kinds of things, none of which exists."""
        return {kind: self._never.setdefault(value, never(value)) for kind, value in objects.items()}

    def elsewhere(
        self, operation: Operation, recipe: Recipe, who: Principal, context: str, label: str
    ) -> Iterator[Cell]:
        """Everything of another book, beside a book that never existed; nothing where an operation names nothing."""
        if not self._foreign(operation, recipe, who.home, label):
            return
        objects, known = self._objects[label], self.ask(operation, recipe, label)
        home = self._objects[who.home]
        gone = self.nobody(objects) if operation.parameters else self._nobodys_books(home)
        kept = home if operation.parameters else gone
        twin = compose(operation, recipe, dict.fromkeys(operation.parameters, gone), kept, _tag(known))
        if operation.parameters:
            known = known.with_(body=twin.body, query=twin.query)
        expected = verdict(operation, recipe, who, label)
        known_there = expected.status == OK or (operation.scope == "firm" and who.enters(label))
        yield Cell(operation, who, context, label, known, expected, None if known_there else twin, frozenset({label}))

    def _nobodys_books(self, home: Objects) -> Objects:
        return {**home, "book": self.nobody({"book": home["book"]})["book"]}

    def _pair(
        self, operation: Operation, recipe: Recipe, who: Principal, context: str, label: str, names: set[str]
    ) -> Cell:
        """The own book's address with some parameters from another book, beside ones that never existed."""
        home, other = self._objects[who.home], self._objects[label]
        own = [name for name in operation.parameters if name != "book_id"]
        tag = self._tag(operation, label if own[0] in names else who.home)
        asks = [
            compose(operation, recipe, {name: source if name in names else home for name in operation.parameters},
                    home, tag)
            for source in (other, self.nobody(other))
        ]  # fmt: skip
        expected = verdict(operation, recipe, who, who.home)
        what = f"{label} {','.join(sorted(names))}"
        return Cell(operation, who, context, what, asks[0], NO_OBJECT if expected.status == OK else expected, asks[1])

    def _in_body(
        self, operation: Operation, recipe: Recipe, who: Principal, ask: Ask, expected: Verdict,
        where: tuple[str, str, str],
    ) -> Cell:  # fmt: skip
        label, pointer, kind = where
        value = self._objects[label][kind]
        gone = self.nobody({kind: value})[kind]
        own = {**self._objects[who.home], **who.objects}
        bodies = {each: filled(with_at(recipe.body, pointer, each), own) for each in (value, gone)}
        asks = [ask.with_(body=bodies[each], named=ask.named | {each}) for each in (value, gone)]
        if recipe.inside and kind == "book":
            expected = verdict(operation, recipe, who, label)
        declared = any(f"body:{pointer}".startswith(ref.removesuffix("/*")) for ref in operation.refs)
        what = f"{label} {pointer}"
        return Cell(operation, who, "C6", what, asks[0], _or_twin(expected), asks[1], refused=declared)

    def _in_query(
        self, operation: Operation, recipe: Recipe, who: Principal, ask: Ask, expected: Verdict,
        where: tuple[str, str, str],
    ) -> Cell:  # fmt: skip
        label, name, kind = where
        foreign = self._objects[label]
        gone = self.nobody(foreign)
        asks = []
        for objects in (foreign, gone):
            added = {name: objects[kind]}
            if name in ("dimension", "item") and {"dimension", "item"} <= operation.query.keys():
                added = {"dimension": objects["dimension"], "item": objects["item_name"]}
            asks.append(ask.with_(query={**ask.query, **added}, named=ask.named | set(added.values())))
        return Cell(operation, who, "C6", f"{label} ?{name}", asks[0], _or_twin(expected), asks[1])


def _or_twin(expected: Verdict) -> Verdict | None:
    """Where the caller may act, what becomes of a foreign name is what becomes of one that never existed."""
    return None if expected.status == OK else expected


def _tag(ask: Ask) -> str:
    return ask.headers.get("If-Match", '"1-x"')
