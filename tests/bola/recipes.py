"""How each operation is asked so that it succeeds, and which kinds of objects its parameters name.

`{kind}` stands for an object of the world (`Book.objects`, `Firm.objects`); everything else is literal. What every
route shares is derived; a route whose body or parameters are new here has no recipe, and the matrix fails until it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bola.operations import Operation
from tests.bola.recipes_books import BODIES, QUERIES
from tests.bola.recipes_paths import BOOKWISE, PAST, PATHS, SEEN, SOFT

PLACE = re.compile(r"^{(\w+)}$")


class NoRecipe(AssertionError):
    """An operation nobody has said how to ask; the builder of the route adds the recipe."""


# Parameters of a query that name an object, and the kind they name.
NAMING = {
    "account_code": "{account_used}",
    "account_prefix": "{account_used}",
    "by": "{dimension}",
    "dimension": "{dimension}",
    "item": "{item_name}",
    "external_id": "{external_id}",
    "q": "{external_id}",
    "actor": "{author}",
    "object_id": "{voucher}",
    "prepared_by": "{author}",
    "reviewed_by": "{author}",
}
# Parameters of a query that name no object: periods, layouts, figures, states.
PLAIN = frozenset(
    {
        *("limit", "cursor", "validate_only", "dry_run", "mode", "format", "layout", "level", "level_from", "zeros"),
        *("period", "period_from", "period_to", "first_period", "last_period", "year", "cycle", "after", "before"),
        *(
            "date_from",
            "date_to",
            "from",
            "to",
            "number_from",
            "number_to",
            "volume",
            "word",
            "kind",
            "status",
            "state",
        ),
        *("amount", "amount_gte", "amount_lte", "currency", "direction", "side", "figure", "red", "items", "leaf"),
        *("account_from", "account_to"),  # the ends of a range need not exist
        *("action", "object_type", "seq", "firm"),
        *("client_id", "redirect_uri", "response_type", "scope", "nonce", "prompt", "login_hint", "request"),
        *("request_uri", "code_challenge", "code_challenge_method", "max_age", "response_mode"),
        *("has_attachments", "include_unposted", "unposted", "source_type"),
    }
)


@dataclass(frozen=True)
class Recipe:
    """How to ask one operation.

    `soft` says that a foreign id among good ones is answered item by item (200) instead of refusing the request.
    `inside` is what the caller needs in the book that a firm-level route's objects belong to: a permission, or `*` for
    merely being allowed in; who lacks `seen` there is told that there is no such object. `past` is the refusal of a
    room that only who came past every door can get.
    """

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    soft: bool = False
    inside: str = ""
    seen: str = ""
    past: str = ""

    @property
    def mine(self) -> set[str]:
        """The kinds of things that are a person's own, whoever asks."""
        named = {match[1] for one in self.path.values() if (match := PLACE.match(one))}
        return {kind for kind in named if kind.startswith("my_")}


def recipe_of(operation: Operation) -> Recipe:
    """The recipe of an operation; raises `NoRecipe`."""
    strange = operation.query.keys() - NAMING.keys() - PLAIN
    if strange:
        raise NoRecipe(f"no recipe for the query of {operation.name}: {sorted(strange)} (tests/bola/recipes.py)")
    if operation.body and operation.body_required and operation.name not in BODIES:
        raise NoRecipe(f"no recipe for the body of {operation.name} (tests/bola/recipes_books.py)")
    required = {name for name, one in operation.query.items() if one.get("required")}
    query = QUERIES.get(operation.name, {})
    if required - query.keys():
        raise NoRecipe(f"no recipe for the query of {operation.name}: {sorted(required)} (tests/bola/recipes_books.py)")
    recipe = Recipe(
        {name: _kind(operation, name) for name in operation.parameters},
        query,
        BODIES.get(operation.name),
        operation.name in SOFT,
        BOOKWISE.get(operation.name, ""),
        SEEN.get(operation.name, ""),
        PAST.get(operation.name, ""),
    )
    _covers(operation, recipe)
    return recipe


def _kind(operation: Operation, parameter: str) -> str:
    """What stands in a path parameter; the last rule that fits the operation's path."""
    for pattern, kind in reversed(PATHS):
        name, _, where = pattern.partition(" ")
        if name == parameter and re.search(where or "", f"{operation.name} {operation.path}"):
            return kind
    raise NoRecipe(f"no recipe for {{{parameter}}} of {operation.name} (tests/bola/recipes_paths.py)")


def _covers(operation: Operation, recipe: Recipe) -> None:
    """Every `x-object-refs` entry must be an object of the world in this recipe."""
    pointers = {pointer for pointer, _ in places(recipe.body)}
    for ref in operation.refs:
        where, _, name = ref.partition(":")
        if where == "body":
            wanted = re.sub(r"/\*", "/0", name)
            covered = any(pointer == wanted or pointer.startswith(f"{wanted}/") for pointer in pointers)
        elif where == "path":
            covered = bool(PLACE.match(recipe.path.get(name, "")))
        else:
            covered = where == "query" and name in NAMING
        if not covered:
            raise NoRecipe(f"no recipe for {ref} of {operation.name}: no object of the world stands there")


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every object that a body names: the JSON pointer and the kind."""
    if isinstance(value, str) and (match := PLACE.match(value)):
        yield pointer, match[1]
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from places(below, f"{pointer}/{name}")
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from places(below, f"{pointer}/{index}")


def filled(value: Any, objects: Mapping[str, str]) -> Any:
    """A value with the objects in their places."""
    if isinstance(value, str):
        match = PLACE.match(value)
        return objects[match[1]] if match else value
    if isinstance(value, Mapping):
        return {filled(name, objects): filled(below, objects) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [filled(below, objects) for below in value]
    return value


def with_at(value: Any, pointer: str, put: str) -> Any:
    """A body with something else at a pointer."""
    if not pointer:
        return put
    head, _, rest = pointer[1:].partition("/")
    rest = f"/{rest}" if rest else ""
    if isinstance(value, Mapping):
        return {name: with_at(below, rest, put) if name == head else below for name, below in value.items()}
    return [with_at(below, rest, put) if index == int(head) else below for index, below in enumerate(value)]
