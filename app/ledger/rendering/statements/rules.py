"""Statements (财务报表) as tables and as JSON: the shapes in which accountants expect to see them.

Purely presentation: no figure is made here. Printed titles are Chinese (财会〔2024〕12号 Art. 13), JSON has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from app.kernel.money import show
from app.kernel.periods import Period
from app.ledger.rendering.rules import Heading, amounts, month
from app.ledger.rendering.types import Table, TableColumn, Value
from app.ledger.statements.types import CellSources, Made, NamedShare, StatementSet
from app.standards.statements import Cell
from app.standards.types import Column, Statement

_BY_HAND = "空白项目不由账簿取数，由编制人填列"


def statement(heading: Heading, made: Made) -> Table:
    """A statement in its printed form; a balance sheet has assets on the left, liabilities and equity on the right."""
    columns = list(made.columns.values())
    lined = any(cell.line is not None for cell in columns[0])
    rows = [_printed(cells, lined) for cells in zip(*columns, strict=True)]
    title, form = made.statement.title_zh, made.statement.form
    if made.statement.id != "balance_sheet":
        table = heading.table(title, _statement_columns("项目", made, lined), rows, form=form)
        if any(cell.kind == "hand" for cells in columns for cell in cells):
            table = replace(table, note="；".join(filter(None, (table.note, _BY_HAND))))
        return table
    left = [row for row, cell in zip(rows, columns[0], strict=True) if cell.side == "asset"]
    right = [row for row, cell in zip(rows, columns[0], strict=True) if cell.side != "asset"]
    height = max(len(left), len(right))
    both = [[*a, *b] for a, b in zip(_filled(left, height), _filled(right, height), strict=True)]
    heads = _statement_columns("资产", made, lined) + _statement_columns("负债和所有者权益", made, lined)
    return heading.table(title, heads, both, form=form, landscape=True)


def spoken(made: Made, period: Period) -> str:
    """What a statement says of its time: a day for a form of balances, else a month, a quarter or a year."""
    if all(column.reads in ("closing", "year_opening") for column in made.titled):
        day = period.last_day
        return f"{day.year}年{day.month}月{day.day}日"
    if made.cycle == "month":
        return month(period)
    return f"{period.year}年第{period.quarter}季度" if made.cycle == "quarter" else f"{period.year}年度"


def _filled(rows: list[list[Value]], height: int) -> list[list[Value]]:
    """A side of the sheet with empty rows above its last, so that both grand totals stand on one line."""
    blank: list[Value] = [None] * len(rows[0])
    return [*rows[:-1], *[blank] * (height - len(rows)), rows[-1]]


def _statement_columns(name: str, made: Made, lined: bool) -> list[TableColumn]:
    columns = [TableColumn(name, "text", 16)]
    if lined:
        columns.append(TableColumn("行次", "centre", 3))
    return columns + amounts(*(column.title_zh for column in made.titled))


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
        "cycle": found.cycle,
        "ledger_seq": found.ledger_seq,
        "reclass": found.reclass,
        "columns": _titles(made.titled),
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


def _titles(columns: Sequence[Column]) -> list[dict[str, str]]:
    return [{"id": c.id, "title_zh": c.title_zh, "title_en": c.title_en} for c in columns]


def form_body(form: Statement) -> dict[str, Any]:
    """A form as JSON, without figures."""
    return {
        "statement": form.id.replace("_", "-"),
        "form": form.form,
        "title_zh": form.title_zh,
        "title_en": form.title_en,
        "source": form.source,
        "cycles": {cycle: _titles(columns) for cycle, columns in form.cycles.items()},
    }


def cell_body(
    period: str, place: tuple[str, str, str], found: CellSources, at: str, *, unposted: bool
) -> dict[str, Any]:
    """A cell as JSON with every share of it; `at` is the address of the book, under which the ledgers are."""
    statement, row, column = place
    return {
        "statement": statement.replace("_", "-"),
        "row": row,
        "column": column,
        "period": period,
        "cycle": found.cycle,
        "standard": found.standard.id,
        "content": found.standard.fingerprint,
        "ledger_seq": found.ledger_seq,
        "name_zh": found.cell.name_zh,
        "name_en": found.cell.name_en,
        "formula": found.cell.formula,
        "amount": show(found.amount),
        "accounts": [
            {
                "account_code": share.code,
                "account_name": share.name_zh,
                "account_name_en": share.name_en,
                "amount": show(share.amount),
                "period_from": str(share.first),
                "period_to": str(share.last),
                "ledger": f"{at}/subsidiary-ledger?" + urlencode(_span(share.code, share.first, share.last, unposted)),
            }
            for share in found.accounts
        ],
        "rows": _named("row", found.rows),
        "cash_items": _named("item", found.flows),
    }


def _span(account: str, first: Period, last: Period, unposted: bool) -> dict[str, str]:
    found = {"account_code": account, "period_from": str(first), "period_to": str(last)}
    return {**found, "include_unposted": "true"} if unposted else found


def _named(key: str, shares: Sequence[NamedShare]) -> list[dict[str, str]]:
    return [
        {key: share.key, "name_zh": share.name_zh, "name_en": share.name_en, "amount": show(share.amount)}
        for share in shares
    ]


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
