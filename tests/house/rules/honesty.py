"""Tests that test: nothing skipped, nothing expected to fail, nothing that cannot fail."""

from __future__ import annotations

import ast
from functools import lru_cache

from tests.house.source import Found, Module, functions, modules, name_of, rule

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
    """A test asserts something, itself or through a function of the tests that does."""
    asserting = _asserting() | {function.name for function in functions(module.tree) if _asserts(function, frozenset())}
    for function in functions(module.tree):
        if function.name.startswith("test_") and module.stem.startswith("test_") and not _asserts(function, asserting):
            yield function.lineno, f"{function.name} asserts nothing"


@lru_cache(maxsize=1)
def _asserting() -> frozenset[str]:
    """The names of the functions of the tests that assert."""
    tests = [module for module in modules() if module.inside("tests")]
    return frozenset(node.name for test in tests for node in functions(test.tree) if _asserts(node, frozenset()))


def _asserts(function: ast.AST, through: frozenset[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Raise) and node.exc and "Error" in ast.unparse(node.exc):
            return True
        name = name_of(node)
        if name in _SAYING or name.rpartition(".")[2] in through | _CHECKING:
            return True
    return False
