"""Tests that test: nothing skipped, nothing expected to fail, nothing that cannot fail."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TypeGuard

from tests.house.source import Found, Module, functions, imports, modules, name_of, rule

_SAYING = frozenset({"pytest.raises", "pytest.fail", "suppress"})  # `suppress`: nothing else may be raised
_CHECKING = frozenset({"call_and_validate"})
_EXCUSES = ("skip", "skipif", "xfail", "importorskip")


@rule(
    bad=[
        ("tests/db/test_x.py", "@pytest.mark.skip\ndef test_x():\n    assert x\n"),
        ("tests/db/test_x.py", "def test_x():\n    pytest.importorskip('y')\n    assert x\n"),
    ],
    good=[("tests/db/test_x.py", "def test_x():\n    assert skipped == 0\n")],
    where=("tests",),
)
def no_test_is_skipped(module: Module) -> Found:
    """A test that is not run proves nothing."""
    for node in ast.walk(module.tree):
        name = name_of(node)
        if name.startswith("pytest.") and name.rpartition(".")[2] in _EXCUSES:
            yield getattr(node, "lineno", 1), name


@rule(
    bad=[
        ("tests/db/test_x.py", "def test_x():\n    run()\n"),
        ("tests/db/test_x.py", "def test_x():\n    assert True\n"),
    ],
    good=[
        ("tests/db/test_x.py", "def test_x():\n    assert perform() == 1\n"),
        ("tests/db/test_x.py", "def test_x():\n    with pytest.raises(ValueError):\n        perform()\n"),
        ("tests/db/test_x.py", "def test_x():\n    _check(perform())\n\n\ndef _check(x):\n    assert x\n"),
    ],
    where=("tests",),
)
def every_test_can_fail(module: Module) -> Found:
    """A test asserts something: itself, or by a function of its file, a helper it imports, a method of the tests."""
    here = {function.name for function in functions(module.tree) if _asserts(function)}
    imported = {name.rpartition(".")[2] for _, name in imports(module) if name in _asserting()[0]}
    methods = {f".{name}" for name in _asserting()[1]}
    for function in functions(module.tree):
        if not (function.name.startswith("test_") and module.stem.startswith("test_")):
            continue
        if not _asserts(function, frozenset(here | imported | methods)):
            yield function.lineno, f"{function.name} asserts nothing"


@lru_cache(maxsize=1)
def _asserting() -> tuple[frozenset[str], frozenset[str]]:
    """The functions of the tests that assert, by dotted name, and the methods that do, by name."""
    plain, methods = set(), set()
    for module in (module for module in modules() if module.inside("tests")):
        plain |= {f"{module.name}.{node.name}" for node in module.tree.body if _is_function(node) and _asserts(node)}
        for owner in (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)):
            methods |= {node.name for node in owner.body if _is_function(node) and _asserts(node)}
    return frozenset(plain), frozenset(methods)


def _is_function(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef)


def _asserts(function: ast.AST, through: frozenset[str] = frozenset()) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Raise) and node.exc and "Error" in ast.unparse(node.exc):
            return True
        name = name_of(node)
        if name in _SAYING | through or name.rpartition(".")[2] in _CHECKING:
            return True
        if isinstance(node, ast.Attribute) and f".{node.attr}" in through:
            return True
    return False
