"""Every pattern of the contract with a text that makes a careless expression try all its ways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from infra.ids import encode, new_id
from tests.attack.dos.cases import Attack, ask, text
from tests.house.source import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())
_KIND = re.compile(r"^\^([a-z]+)_\[")
_LONG = 5_000


def patterns(part: Any = DOCUMENT) -> Iterator[str]:
    """Every pattern of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        part = list(part.values())
    if isinstance(part, list):
        for below in part:
            yield from patterns(below)


def likeness(pattern: str) -> list[str]:
    """Characters that some class or literal of a pattern takes."""
    return [char for char in "0a-A1.bé中_:,+ (=[/\\" if re.search(_classes(pattern), char)] or ["a"]


def _classes(pattern: str) -> str:
    """The pattern's classes and literals as one class."""
    found = re.findall(r"\[[^\]]+\]|\\[dws]", pattern)
    return "|".join(found) or "a"


def bombs(pattern: str, length: int = _LONG) -> list[str]:
    """Texts of one length that a pattern nearly takes: what it likes, over and over, and a wrong end."""
    made = []
    liked = likeness(pattern)
    for char in liked:
        made += [char * (length - 1) + "!", "-" + char * (length - 2) + "\n"]
    made.append("".join(liked) * (length // len(liked)))
    return made


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _bombed(schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A body in which every text with a pattern is a bomb, and None when there is no such text."""
    schema = _resolved(schema)
    for choice in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(choice, ()):
            if depth < 5 and (made := _bombed(one, depth + 1)) is not None:
                return made
    if "pattern" in schema:
        return bombs(schema["pattern"])[0]
    if "items" in schema and depth < 5:
        made = _bombed(schema["items"], depth + 1)
        return None if made is None else [made]
    if depth < 5:
        members = {name: _bombed(below, depth + 1) for name, below in schema.get("properties", {}).items()}
        return {name: made for name, made in members.items() if made is not None} or None
    return None


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    """A path whose ids are well formed and unknown, except the book."""
    for one in parameters:
        if one["in"] == "path" and one["name"] != "book_id":
            kind = _KIND.match(one["schema"].get("pattern", ""))
            path = path.replace(f"{{{one['name']}}}", encode(kind[1], new_id()) if kind else "x")
    return path


def _attacks() -> Iterator[tuple[str, Attack]]:
    for path, told in DOCUMENT["paths"].items():
        if path.startswith("/ops/"):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            op = told.get(method)
            if op:
                parameters = [*told.get("parameters", ()), *op.get("parameters", ())]
                yield from _of_operation(op, method.upper(), path, parameters)


def _of_operation(
    op: dict[str, Any], method: str, path: str, parameters: list[dict[str, Any]]
) -> Iterator[tuple[str, Attack]]:
    name, where = op["operationId"], _address(path, parameters)
    for one in parameters:
        pattern = one["schema"].get("pattern")
        if pattern is None or one["in"] == "header" or (one["in"] == "path" and one["name"] == "book_id"):
            continue
        bomb = quote(bombs(pattern, 2_000 if one["in"] == "query" else 400)[0])
        if one["in"] == "query":
            yield f"{name} with {one['name']}", _ask(method, f"{where}?{one['name']}={bomb}")
        else:
            blown = _address(path, [other for other in parameters if other is not one])
            yield f"{name} at {one['name']}", _ask(method, blown.replace(f"{{{one['name']}}}", bomb))
    schema = op.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    body = _bombed(schema) if schema else None
    if body is not None:
        yield f"{name} with a body", _ask(method, where, text(body))


def _ask(method: str, path: str, body: bytes | None = None) -> Attack:
    return Attack(lambda target: ask(target, method, path, body))


CASES = {f"a bomb for {title}": attack for title, attack in _attacks()}
