"""Books of account as tables: the shapes in which accountants expect to see them.

Purely presentation: no figure is made here. Printed titles are Chinese (财会〔2024〕12号 Art. 13), JSON has both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.kernel.periods import Period
from app.ledger.rendering.types import Table, TableColumn, Value
from app.ledger.reports.columns.types import Column
from app.ledger.reports.items.types import ACCOUNT, ItemBook, ItemShape, Matrix
from app.ledger.reports.summary.types import Summary
from app.ledger.reports.trial.types import TrialBalance
from app.ledger.reports.types import STANDARD, Layout, Row

SIDES = {"debit": "借", "credit": "贷", "flat": "平"}
_AMOUNT = 8
_UNPOSTED = "包含未记账凭证"
_CODE = TableColumn("科目编码", "text", 6)
_NAME = TableColumn("科目名称", "text", 12)
_MARKS = (TableColumn("币别", "centre", 3), "currency"), (TableColumn("单位", "centre", 3), "unit")


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above every table of a book."""

    company: str
    span: str
    made_on: date
    unposted: bool

    def table(self, title: str, columns: Sequence[TableColumn], rows: Iterable[Sequence[Value]], **more: Any) -> Table:
        """The table under this heading; a wide one is printed across."""
        note = _UNPOSTED if self.unposted else ""
        more.setdefault("landscape", len(columns) > 7)
        return Table(title, self.company, self.span, self.made_on, columns, rows, note=note, **more)


def month(period: Period) -> str:
    """A period as it is printed."""
    return f"{period.year}年{period.month:02d}月"


def months(first: Period, last: Period) -> str:
    """A range of periods as it is printed."""
    return month(first) if first == last else f"{month(first)} 至 {month(last)}"


def amounts(*titles: str) -> list[TableColumn]:
    """Columns of amounts."""
    return [TableColumn(title, "amount", _AMOUNT) for title in titles]


def _beside(layout: Layout, prefix: str, name: str, *, prices: bool) -> list[tuple[TableColumn, str]]:
    """The columns a layout puts before the amount of `prefix` (a title), with the members of the row they show."""
    found = []
    if layout.quantity:
        found.append((TableColumn(f"{prefix}数量", "number", 6), f"{name}_quantity"))
        if prices:
            found.append((TableColumn(f"{prefix}单价", "number", 6), f"{name}_price"))
    if layout.foreign:
        found.append((TableColumn(f"{prefix}原币", "amount", _AMOUNT), f"{name}_foreign"))
    return found


def trial_balance(heading: Heading, trial: TrialBalance) -> Table:
    """科目余额表: both sides of opening, turnover, year to date and closing, and the totals of the first level."""
    shown = _moved_columns(trial.layout)
    marks = [
        mark for mark, shown_too in zip(_MARKS, (trial.layout.foreign, trial.layout.quantity), strict=True) if shown_too
    ]
    columns = [_CODE, _NAME, *(column for column, _ in marks), *(column for column, _ in shown)]
    rows: list[list[Value]] = []
    for row in trial.rows:
        name = "、".join(row["items"].values()) if row.get("items") else row["account_name"]
        code = "" if row.get("items") else row["account_code"]
        head = [code, "　" * (row["level"] - 1) + name]
        rows.append([*head, *(row[name] for _, name in marks), *_values(row, shown)])
    rows.append(["", "合计", *[None] * len(marks), *_values(trial.totals, shown)])
    return heading.table("科目余额表", columns, rows, landscape=True)


def _moved_columns(layout: Layout) -> list[tuple[TableColumn, str]]:
    """Opening, turnover, year to date and closing; balances on both sides, or in one column beside other measures."""
    pairs = [("期初", "opening"), ("期末", "closing")]
    if layout == STANDARD:
        opening, closing = (
            [
                (column, f"{name}_{side}")
                for column, side in zip(amounts(f"{zh}借方", f"{zh}贷方"), ("debit", "credit"), strict=True)
            ]
            for zh, name in pairs
        )
    else:
        opening, closing = (
            [
                (TableColumn(f"{zh}方向", "centre", 3), f"{name}_side"),
                *_beside(layout, zh, name, prices=True),
                (amounts(f"{zh}余额")[0], name),
            ]
            for zh, name in pairs
        )
    turnover = []
    for zh, name in (
        ("本期借方", "debit"),
        ("本期贷方", "credit"),
        ("本年累计借方", "year_debit"),
        ("本年累计贷方", "year_credit"),
    ):
        turnover += [*_beside(layout, zh, name, prices=False), (amounts(zh)[0], name)]
    return [*opening, *turnover, *closing]


def _values(row: Row, shown: Iterable[tuple[TableColumn, str]]) -> Iterator[Value]:
    """The members of a row; `opening_debit` is the opening when it stands on that side."""
    for _, name in shown:
        if name in row:
            yield SIDES[row[name]] if name.endswith("_side") else row[name]
            continue
        balance, _, side = name.rpartition("_")
        yield row[balance] if row.get(f"{balance}_side") == side else None


def _ledger_columns(layout: Layout) -> list[tuple[TableColumn, str]]:
    found = []
    for zh, name in (("借方", "debit"), ("贷方", "credit")):
        found += [
            *_beside(layout, zh, name, prices=True),
            (amounts(zh if layout == STANDARD else f"{zh}金额")[0], name),
        ]
    found.append((TableColumn("方向", "centre", 3), "side"))
    return [
        *found,
        *_beside(layout, "余额", "balance", prices=True),
        (amounts("余额" if layout == STANDARD else "余额金额")[0], "balance"),
    ]


def _end(row: Row, shown: Sequence[tuple[TableColumn, str]]) -> list[Value]:
    return [SIDES[row[name]] if name == "side" else row[name] for _, name in shown]


def general_ledger(heading: Heading, rows: Iterable[Row], layout: Layout = STANDARD) -> Table:
    """总账."""
    shown = _ledger_columns(layout)
    columns = [
        _CODE,
        TableColumn("科目名称", "text", 10),
        TableColumn("期间", "centre", 5),
        TableColumn("摘要", "text", 6),
        *(column for column, _ in shown),
    ]
    values = (
        [row["account_code"], row["account_name"], row["period"], row["summary"], *_end(row, shown)] for row in rows
    )
    return heading.table(_titled("总账", layout), columns, values, landscape=layout != STANDARD)


def _titled(title: str, layout: Layout) -> str:
    names = {(True, False): "数量金额", (False, True): "外币", (True, True): "外币数量"}
    return names.get((layout.quantity, layout.foreign), "") + title


def subsidiary_ledger(heading: Heading, subject: str, rows: Iterable[Row], layout: Layout = STANDARD) -> Table:
    """明细账 of an account or an item."""
    shown = _ledger_columns(layout)
    columns = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("科目", "text", 6),
        TableColumn("辅助核算", "text", 9),
        TableColumn("摘要", "text", 12),
        *(column for column, _ in shown),
    ]
    values = ([*_line_head(row), row["summary"], *_end(row, shown)] for row in rows)
    return heading.table(f"{_titled('明细账', layout)} {subject}", columns, values, landscape=True)


def _line_head(row: Row) -> list[Value]:
    if "number" in row:
        return [row["date"].isoformat(), _number(row), row["account_code"], _items(row)]
    return [row["date"].isoformat() if "date" in row else row["period"], None, None, None]


def _items(row: Row) -> str:
    return "、".join(filter(None, [row["counterparty"], *row["items"].values()]))


def day_journal(heading: Heading, account: str, rows: Iterable[Row], layout: Layout = STANDARD) -> Table:
    """日记账 of a cash or bank account."""
    shown = _ledger_columns(layout)
    columns = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("对方科目", "text", 8),
        TableColumn("摘要", "text", 14),
        *(column for column, _ in shown),
    ]
    values = ([*_day_head(row), row["summary"], *_end_of_day(row, shown)] for row in rows)
    return heading.table(f"{_titled('日记账', layout)} {account}", columns, values, landscape=True)


def _day_head(row: Row) -> list[Value]:
    when, number, _, _ = _line_head(row)
    return [when, number, "、".join(row.get("counterparts", ()))]


def _end_of_day(row: Row, shown: Sequence[tuple[TableColumn, str]]) -> list[Value]:
    return [SIDES[row[name]] if name == "side" else row.get(name) for _, name in shown]


def multi_column(heading: Heading, account: str, side: str, columns: Sequence[Column], rows: Iterable[Row]) -> Table:
    """多栏账: the ledger of an account with a column for each account below or each item."""
    heads = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("摘要", "text", 12),
        *amounts("借方", "贷方"),
        TableColumn("方向", "centre", 3),
        *amounts(
            "余额", *(f"{column.key} {column.name}" if column.key != column.name else column.name for column in columns)
        ),
    ]
    values = (
        [
            *_line_head(row)[:2],
            row["summary"],
            row["debit"],
            row["credit"],
            SIDES[row["side"]],
            row["balance"],
            *(row["amounts"].get(column.key) for column in columns),
        ]
        for row in rows
    )
    return heading.table(f"多栏账 {account}（{SIDES[side]}方分析）", heads, values, landscape=True)


def journal(heading: Heading, rows: Iterable[Row]) -> Table:
    """序时账."""
    columns = [
        TableColumn("日期", "centre", 6),
        TableColumn("凭证字号", "centre", 5),
        TableColumn("摘要", "text", 12),
        _CODE,
        TableColumn("科目名称", "text", 10),
        TableColumn("辅助核算", "text", 9),
        *amounts("借方", "贷方"),
        TableColumn("币别", "centre", 3),
        *amounts("原币"),
        TableColumn("数量", "number", 5),
    ]
    values = (
        [
            row["date"].isoformat(),
            _number(row),
            row["summary"],
            row["account_code"],
            row["account_name"],
            _items(row),
            row["debit"] or None,
            row["credit"] or None,
            row["currency"] if row["foreign_amount"] is not None else None,
            row["foreign_amount"],
            row["quantity"],
        ]
        for row in rows
    )
    return heading.table("序时账", columns, values, landscape=True)


def _number(row: Row) -> str:
    part = f"-{row['part']}/{row['parts']}" if row["parts"] > 1 else ""
    return f"{row['word']}-{row['number']}{part}"


def item_balances(heading: Heading, shape: ItemShape, names: Mapping[str, str], book: ItemBook) -> Table:
    """辅助余额表 or 核算项目组合; `names` are those of the dimensions."""
    shown = _moved_columns(shape.layout)
    keys = [TableColumn("科目" if key == ACCOUNT else names[key], "text", 10) for key in shape.keys]
    rows: list[list[Value]] = []
    for row in book.rows:
        head: list[Value] = [None] * len(keys)
        key = shape.keys[row["level"] - 1]
        head[row["level"] - 1] = f"{row['account_code']} {row['account_name']}" if key == ACCOUNT else row["items"][key]
        rows.append([*head, *_values(row, shown)])
    rows.append(["合计", *[None] * (len(keys) - 1), *_values(book.totals, shown)])
    title = "辅助余额表" if len(shape.keys) == 1 else "核算项目组合表"
    return heading.table(_titled(title, shape.layout), [*keys, *(column for column, _ in shown)], rows, landscape=True)


def item_matrix(heading: Heading, name: str, figure: str, found: Matrix) -> Table:
    """辅助余额表 of items by accounts."""
    columns = [TableColumn(name, "text", 12), *amounts(*(f"{code} {account}" for code, account in found.accounts))]
    rows: list[list[Value]] = [
        [row["item_name"], *(row["amounts"].get(code) for code, _ in found.accounts)] for row in found.rows
    ]
    rows.append(["合计", *(found.totals[code] for code, _ in found.accounts)])
    titles = {"opening": "期初余额", "debit": "借方发生额", "credit": "贷方发生额", "closing": "期末余额"}
    return heading.table(f"辅助余额表（{titles[figure]}）", columns, rows)


def voucher_summary(heading: Heading, summary: Summary) -> Table:
    """凭证汇总表, with the number of vouchers and attachments of each word below the totals."""
    columns = [_CODE, _NAME, *amounts("借方", "贷方")]
    rows: list[list[Value]] = [
        [row["account_code"], "　" * (row["level"] - 1) + row["account_name"], row["debit"], row["credit"]]
        for row in summary.rows
    ]
    rows.append(["", "合计", summary.totals["debit"], summary.totals["credit"]])
    for row in summary.words:
        rows.append(["", f"{row['word']}字凭证 {row['vouchers']} 张，附件 {row['attachments']} 张", None, None])
    return heading.table("凭证汇总表", columns, rows)
