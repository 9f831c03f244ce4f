"""Reports and statements as tables, and statements as JSON: the shapes in which accountants expect to see them.

Purely presentation: no figure is made here. Printed titles are Chinese (财会〔2024〕12号 Art. 13), JSON has both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.kernel.money import show
from app.ledger.rendering.types import Table, TableColumn, Value
from app.ledger.reports.service import TrialBalance
from app.ledger.reports.types import Row
from app.ledger.statements.types import Made, StatementSet
from app.standards.statements import Cell

SIDES = {"debit": "借", "credit": "贷", "flat": "平"}
_AMOUNT = 8
_UNPOSTED = "包含未记账凭证"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above every table of a book."""

    company: str
    span: str
    made_on: date
    unposted: bool

    def table(self, title: str, columns: Sequence[TableColumn], rows: Sequence[Sequence[Value]], **more: Any) -> Table:
        """The table under this heading."""
        note = _UNPOSTED if self.unposted else ""
        return Table(title, self.company, self.span, self.made_on, columns, rows, note=note, **more)


def _amounts(*titles: str) -> list[TableColumn]:
    return [TableColumn(title, "amount", _AMOUNT) for title in titles]


def trial_balance(heading: Heading, trial: TrialBalance) -> Table:
    """科目余额表: both sides of opening, turnover, year to date and closing, and the totals of the first level."""
    pairs = [f"{name}{side}" for name in ("期初", "本期", "本年累计", "期末") for side in ("借方", "贷方")]
    columns = [TableColumn("科目编码", "text", 6), TableColumn("科目名称", "text", 12), *_amounts(*pairs)]
    rows: list[list[Value]] = [
        [
            row["account_code"],
            "　" * (row["level"] - 1) + row["account_name"],
            *_sides(row, "opening"),
            row["debit"],
            row["credit"],
            row["year_debit"],
            row["year_credit"],
            *_sides(row, "closing"),
        ]
        for row in trial.rows
    ]
    totals = [amount for name, amount in trial.totals.items() if name != "balanced"]
    rows.append(["", "合计", *totals])
    return heading.table("科目余额表", columns, rows, landscape=True)


def _sides(row: Row, name: str) -> list[Value]:
    amount = row[name]
    side = row[f"{name}_side"]
    return [amount if side == "debit" else None, amount if side == "credit" else None]


def general_ledger(heading: Heading, rows: Iterable[Row]) -> Table:
    """总账."""
    columns = [
        TableColumn("科目编码", "text", 6),
        TableColumn("科目名称", "text", 10),
        TableColumn("期间", "centre", 5),
        TableColumn("摘要", "text", 6),
        *_amounts("借方", "贷方"),
        TableColumn("方向", "centre", 3),
        *_amounts("余额"),
    ]
    shown = [[row["account_code"], row["account_name"], row["period"], *_end(row)] for row in rows]
    return heading.table("总账", columns, shown)


def _end(row: Row) -> list[Value]:
    return [row["summary"], row["debit"], row["credit"], SIDES[row["side"]], row["balance"]]


def subsidiary_ledger(heading: Heading, account: str, rows: Iterable[Row]) -> Table:
    """明细账 of an account."""
    columns = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("科目", "text", 6),
        TableColumn("往来单位", "text", 9),
        TableColumn("摘要", "text", 12),
        *_amounts("借方", "贷方"),
        TableColumn("方向", "centre", 3),
        *_amounts("余额"),
    ]
    shown: list[list[Value]] = []
    for row in rows:
        if "number" in row:
            head: list[Value] = [row["date"].isoformat(), _number(row), row["account_code"], row["counterparty"]]
        else:
            head = [row["period"], None, None, None]
        shown.append([*head, *_end(row)])
    return heading.table(f"明细账 {account}", columns, shown, landscape=True)


def journal(heading: Heading, rows: Iterable[Row]) -> Table:
    """序时账."""
    columns = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("摘要", "text", 12),
        TableColumn("科目编码", "text", 6),
        TableColumn("科目名称", "text", 10),
        TableColumn("往来单位", "text", 9),
        *_amounts("借方", "贷方"),
    ]
    shown: list[list[Value]] = [
        [
            row["date"].isoformat(),
            _number(row),
            row["summary"],
            row["account_code"],
            row["account_name"],
            row["counterparty"],
            row["debit"] or None,
            row["credit"] or None,
        ]
        for row in rows
    ]
    return heading.table("序时账", columns, shown, landscape=True)


def _number(row: Row) -> str:
    return f"{row['word']}-{row['number']}"


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
    return columns + _amounts(*(column.title_zh for column in made.statement.columns))


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
