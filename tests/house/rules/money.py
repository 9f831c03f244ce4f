"""Money is Decimal: no binary float where amounts are."""

from __future__ import annotations

import ast
import re

from tests.house.source import Found, Module, called, name_of, rule, texts

MONEY = ("app", "tenants")
CHANCES = ("app.samples.catalogue", "app.samples.choices", "app.samples.deliveries", "app.samples.invoices")
"""Rooms of invented invoices: chances are floats there, and no book is computed."""

_SQL_FLOAT = re.compile(r"::\s*(float|real|double)|\bAS\s+(float|real|double precision)\b", re.I)


@rule(
    bad=["rate = 0.13\n", "total = float(text)\n", "SQL = 'SELECT cast(debit AS float) FROM x'\n", "x: float = 1\n"],
    good=["rate = Decimal('0.13')\n", "wrong = isinstance(cell, float)\n", "SQL = 'SELECT debit FROM x'\n"],
    where=MONEY,
    excused={
        "app/demo/service.py": "pauses and durations, in seconds",
        "app/demo/types.py": "a duration, in seconds",
        "app/doctor/types.py": "a duration, in seconds",
        "app/http/limits/service.py": "pauses, in seconds",
        "app/identity/passwords/service.py": "a pause, in seconds",
        "app/invoices/parsing/cells.py": "a workbook's cell arrives as float",
        "app/invoices/parsing/figures.py": "a workbook's cell arrives as float and leaves as Decimal here",
        "app/invoices/parsing/ofd.py": "places on a page, in millimetres",
        "app/invoices/parsing/ofd_tags.py": "places on a page, in millimetres",
        "tenants/door.py": "a pause, in seconds",
        "tenants/leases.py": "time left, in seconds",
    },
)
def no_binary_float_where_amounts_are(module: Module) -> Found:
    """No float literal, conversion, annotation or SQL cast."""
    if module.inside(*CHANCES):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the float {node.value}"
        if called(node) == "float":
            yield node.lineno, "converts to float"
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None and "float" in {name_of(part) for part in ast.walk(annotation)}:
                yield annotation.lineno, "says float"
    for line, value in texts(module.tree):
        if _SQL_FLOAT.search(value):
            yield line, "casts to float in SQL"


@rule(
    bad=["x = round(total, 2)\n", "x = total.quantize(FEN)\n"],
    good=["x = fen(total)\n", ("app/kernel/money.py", "x = total.quantize(FEN, ROUND_HALF_UP)\n")],
    where=MONEY,
    excused={
        "app/doctor/types.py": "a duration, in seconds",
        "app/samples/invoices/rules.py": "invents prices: how a half fen falls is nobody's right",
    },
)
def rounding_is_named(module: Module) -> Found:
    """Nobody rounds without saying how: to the fen in `kernel.money`, elsewhere with a named mode."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        if name_of(node.func) == "round":
            yield node.lineno, "rounds half to even, silently"
        if called(node) == "quantize" and len(node.args) + len(node.keywords) < 2:
            yield node.lineno, "quantizes without naming the rounding"


@rule(
    bad=["share = total / count\n", "total /= 3\n", "Column('x', Float())\n", "Numeric(19, 2, asdecimal=False)\n"],
    good=[
        "path = CONTENT / 'tax'\n",
        "whole, rest = divmod(fen, count)\n",
        "Numeric(19, 2)\n",
        ("app/kernel/money.py", "x = (total * weight / whole).quantize(FEN, ROUND_DOWN)\n"),
    ],
    where=MONEY,
    excused={
        "app/closing/steps/costs/rules.py divides: leaf.closing * taken / leaf.quantity": "Decimal, to the fen at once",
        "app/invoices/parsing/figures.py": "a Decimal rate out of a percentage, and a bound",
        "app/ledger/filing/files/rules.py": "widths and heights of cells",
        "app/ledger/reports/rules.py divides: amount / quantity": "a Decimal unit price, rounded by its name",
        "app/ledger/vouchers/importing/reading/rules.py divides: FEN / 10000": "a bound, of Decimals",
        "app/samples/expected/rules.py": "invents amounts of Decimal",
        "app/samples/vouchers/rules.py": "invents amounts of Decimal",
        "tenants/provisioning.py divides: ROOT / tree": "a path",
    },
)
def a_division_of_amounts_is_named(module: Module) -> Found:
    """`/` on whole numbers is a float: amounts are shared out by `kernel.money`, and columns never read as floats."""
    if module.inside(*CHANCES, "app.kernel.money"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _path(node):
            yield node.lineno, f"divides: {ast.unparse(node)}"
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, f"divides: {ast.unparse(node)}"
        if called(node) in {"Float", "REAL", "Double", "DOUBLE_PRECISION"}:
            yield node.lineno, f"a column of {called(node)}"  # type: ignore[attr-defined]
        if isinstance(node, ast.keyword) and node.arg == "asdecimal":
            yield node.value.lineno, "reads a number as something else than Decimal"


def _path(node: ast.BinOp) -> bool:
    """Whether a path goes down: a name in text stands on the right of some `/` of it."""
    below = isinstance(node.right, ast.JoinedStr) or (
        isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)
    )
    return below or (isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Div) and _path(node.left))
