"""Every coded refusal of the product, and where it is written down. Importing this module loads the whole product."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from importlib import import_module
from string import Formatter

from infra.errors import CATALOGUE, Message
from tests.house.source import Module, called, modules

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_LOADED = ("app", "tenants", "infra", "jobs")


def catalogue() -> Mapping[str, Message]:
    """The codes of the whole product, in order; those the tests' own rooms register are left out."""
    ours: set[str] = set()
    for module in modules():
        if module.inside(*_LOADED) and module.stem != "__main__":
            import_module(module.name)
            ours.update(code for code, _ in registrations(module))
    return {code: message for code, message in sorted(CATALOGUE.items()) if code in ours}


def registrations(module: Module) -> list[tuple[str, str]]:
    """The codes a module registers, each with its place: of a refusal's class, of `rule(...)`, of `register(...)`."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and [ast.unparse(target) for target in line.targets] == ["code"]:
                    found.append((line.value, line.lineno))
        if called(node) in {"rule", "register"} and isinstance(node, ast.Call) and len(node.args) >= 3:
            found.append((node.args[0], node.lineno))
    return [
        (value.value, f"{module.path}:{line}")
        for value, line in found
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value
    ]


def registered_twice(sources: tuple[Module, ...]) -> list[str]:
    """Codes that two places register, even with the same words."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in sources:
        for code, place in registrations(module):
            places[code].append(place)
    return [f"{code}: {', '.join(where)}" for code, where in places.items() if len(where) > 1]


def badly_said(message: Message) -> list[str]:
    """What is wrong with one code: its spelling, a missing language, other params in one than in the other."""
    found = []
    if not _CODE.fullmatch(message.code):
        found.append(f"{message.code!r} is not spelled subject.reason")
    if not re.search("[\u4e00-\u9fff]", message.zh):
        found.append(f"{message.code} is not said in Chinese")
    if not re.search("[a-zA-Z]", message.en) or re.search("[\u4e00-\u9fff]", message.en):
        found.append(f"{message.code} is not said in English")
    if _params(message.zh) != _params(message.en):
        found.append(f"{message.code}: {_params(message.zh)} in Chinese, {_params(message.en)} in English")
    return found


def _params(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
