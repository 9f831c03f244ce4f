"""Statements (财务报表) as tables and as JSON: the shapes in which accountants expect to see them.

Purely presentation: no figure is made here. Printed titles are Chinese (财会〔2024〕12号 Art. 13), JSON has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.money import show
from app.ledger.rendering.rules import Heading, amounts
from app.ledger.rendering.types import Table, TableColumn, Value
from app.ledger.statements.types import Made, StatementSet
from app.standards.statements import Cell


def statement(heading: Heading, made: Made) -> Table:
    """A statement in its printed form; a balance sheet has assets on the left, liabilities and equity on the right."""
    columns = list(made.columns.values())
    lined = any(cell.line is not None for cell in columns[0])
    rows = [_printed(cells, lined) for cells in zip(*columns, strict=True)]
    title = made.statement.title_zh
    if made.statement.id != "balance_sheet":
        return heading.table(title, _statement_columns("项目", made, lined), rows, form=made.statement.form)
    left = [row for row, cell in zip(rows, columns[0], strict=True) if cell.side == "asset"]
    right = [row for row, cell in zip(rows, columns[0], strict=True) if cell.side != "asset"]
    height = max(len(left), len(right))
    both = [[*a, *b] for a, b in zip(_filled(left, height), _filled(right, height), strict=True)]
    heads = _statement_columns("资产", made, lined) + _statement_columns("负债和所有者权益", made, lined)
    return heading.table(title, heads, both, form=made.statement.form, landscape=True)


def _filled(rows: list[list[Value]], height: int) -> list[list[Value]]:
    """A side of the sheet with empty rows above its last, so that both grand totals stand on one line."""
    blank: list[Value] = [None] * len(rows[0])
    return [*rows[:-1], *[blank] * (height - len(rows)), rows[-1]]


def _statement_columns(name: str, made: Made, lined: bool) -> list[TableColumn]:
    columns = [TableColumn(name, "text", 16)]
    if lined:
        columns.append(TableColumn("行次", "centre", 3))
    return columns + amounts(*(column.title_zh for column in made.statement.columns))


def _printed(cells: Sequence[Cell], lined: bool) -> list[Value]:
    first = cells[0]
    name = "　" * first.indent + first.name_zh
    return [name, *([first.line] if lined else []), *(cell.amount for cell in cells)]


def statement_body(period: str, found: StatementSet, made: Made) -> Mapping[str, Any]:
    """A statement as JSON: every row with its figures by column, its formula and the accounts behind it."""
    form = made.statement
    return {
        "statement": form.id.replace("_", "-"),
        "form": form.form,
        "title_zh": form.title_zh,
        "title_en": form.title_en,
        "standard": found.standard.id,
        "edition": found.standard.edition,
        "content": found.standard.fingerprint,
        "period": period,
        "ledger_seq": found.ledger_seq,
        "reclass": found.reclass,
        "columns": [{"id": c.id, "title_zh": c.title_zh, "title_en": c.title_en} for c in form.columns],
        "rows": [_row_body(list(made.columns), cells) for cells in zip(*made.columns.values(), strict=True)],
        "checks": [
            {
                "code": result.code,
                "column": column,
                "ok": result.ok,
                "left": show(result.left),
                "right": show(result.right),
                "severity": result.severity,
                "text": result.text,
            }
            for column, results in made.checks.items()
            for result in results
        ],
    }


def _row_body(columns: Sequence[str], cells: Sequence[Cell]) -> dict[str, Any]:
    first = cells[0]
    amounts = {
        column: show(cell.amount) for column, cell in zip(columns, cells, strict=True) if cell.amount is not None
    }
    return {
        "key": first.key,
        "line": first.line,
        "kind": first.kind,
        "indent": first.indent,
        "name_zh": first.name_zh,
        "name_en": first.name_en,
        "amounts": amounts,
        "formula": first.formula,
        "accounts": first.codes,
    }
