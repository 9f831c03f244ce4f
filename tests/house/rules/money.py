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
