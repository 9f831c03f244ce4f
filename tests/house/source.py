"""The project's own source, read once, and the form in which a house rule is written down.

Invariant: a rule cannot be registered without a source that breaks it, so no rule can be vacuous.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("app", "tenants", "infra", "jobs", "migrations")

Found = Iterator[tuple[int, str]]
Sample = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the root of the project, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The dotted name, packages without their `__init__`."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return Path(self.path).stem

    def inside(self, *packages: str) -> bool:
        """Whether the module lies in one of these packages."""
        return any(f"{self.name}.".startswith(f"{package}.") for package in packages)


@dataclass(frozen=True)
class Rule:
    """A rule over single modules: what breaks it, a source that does, one that does not, and who is excused why."""

    check: Callable[[Module], Found]
    bad: tuple[Sample, ...]
    good: tuple[Sample, ...]
    where: tuple[str, ...]
    excused: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The rule as words."""
        return self.check.__name__

    def offences(self, module: Module) -> list[str]:
        """`path:line what` for every place where a module breaks the rule."""
        if not module.inside(*self.where):
            return []
        return [f"{module.path}:{line} {what}" for line, what in self.check(module)]

    @cached_property
    def found(self) -> list[str]:
        """The offences in the project."""
        return [offence for module in modules() for offence in self.offences(module)]

    def excuse(self, offence: str) -> str | None:
        """The entry of `excused` that lets an offence pass: a path, or a path and a name in it."""
        place = re.sub(r":\d+ ", " ", offence, count=1)
        return next((excuse for excuse in self.excused if f"{place} ".startswith((f"{excuse} ", f"{excuse}()"))), None)


RULES: list[Rule] = []


def rule(
    *,
    bad: list[str | Sample],
    good: list[str | Sample],
    where: tuple[str, ...] = PRODUCT,
    excused: Mapping[str, str] | None = None,
) -> Callable[[Callable[[Module], Found]], Callable[[Module], Found]]:
    """Register a rule; a sample is a source, or a path and a source when the rule looks at the path."""
    if not bad or not good:
        raise ValueError("a rule needs a source that breaks it and one that keeps it")

    def register(check: Callable[[Module], Found]) -> Callable[[Module], Found]:
        RULES.append(Rule(check, _samples(bad), _samples(good), where, excused or {}))
        return check

    return register


def _samples(sources: list[str | Sample]) -> tuple[Sample, ...]:
    return tuple(source if isinstance(source, tuple) else ("app/closing/service.py", source) for source in sources)


def parse(path: str, text: str) -> Module:
    """A module from its text."""
    return Module(path, text, ast.parse(text, path))


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every Python file of the product and of its tests."""
    paths = [path for package in (*PRODUCT, "tests") for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(parse(str(path.relative_to(ROOT)), path.read_text()) for path in [*paths, ROOT / "wsgi.py"])


def called(node: ast.AST) -> str:
    """The last name of what a call calls: `run` of `scope.run(...)`, else an empty string."""
    if not isinstance(node, ast.Call):
        return ""
    return name_of(node.func).rpartition(".")[2]


def name_of(node: ast.AST) -> str:
    """The dotted name an expression spells, `` where it is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, the inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def public(node: ast.AST) -> bool:
    """Whether this is a function or class that others may use."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """The dotted names a module imports, `from a import b` as `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string a tree holds, the constant parts of f-strings too, docstrings left out."""
    documented = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


def _has_docstring(node: ast.AST) -> bool:
    holders = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, holders) and ast.get_docstring(node, clean=False) is not None
