"""手算的报表与产品的报表对账：表里写的每一行都要到分相符，表里没写的行必须是零。"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal as D

from app.kernel.money import ZERO
from app.ledger.statements.types import Made


@dataclass(frozen=True, slots=True)
class Figures:
    """一张报表的金额：栏 -> 行次 -> 金额；`names` 是行次 -> 项目名称，`failed` 是不成立的勾稽关系。"""

    columns: dict[str, dict[str, D]]
    names: dict[str, str]
    failed: tuple[str, ...]

    @classmethod
    def of(cls, made: Made) -> Figures:
        """产品做出来的一张报表。"""
        columns = {
            column: {cell.key: cell.amount for cell in cells if cell.amount is not None}
            for column, cells in made.columns.items()
        }
        names = {cell.key: cell.name_zh for cell in next(iter(made.columns.values()))}
        failed = tuple(f"{column}:{one.code}" for column, all_ in made.checks.items() for one in all_ if not one.ok)
        return cls(columns, names, failed)


def by_hand(table: str, column: int) -> dict[str, tuple[str, D]]:
    """手算表的一栏：行次 -> (项目, 金额)；`-` 是零，`#` 之后是算式。"""
    rows = {}
    for text in table.splitlines():
        cells = text.partition("#")[0].split()
        if cells:
            key, name, *amounts = cells
            rows[key] = name, ZERO if amounts[column] == "-" else D(amounts[column].replace(",", ""))
    return rows


def differences(figures: Figures, column: str, expected: dict[str, tuple[str, D]]) -> list[str]:
    """产品与手算不同之处，一行一句；名称对不上也算。"""
    ours = figures.columns[column]
    found = [
        f"{key} {name}：手算 {amount}，产品 {ours.get(key)}"
        for key, (name, amount) in expected.items()
        if ours.get(key) != amount
    ]
    found += [
        f"{key} 名称：手算表写 {name}，报表写 {figures.names.get(key)}"
        for key, (name, _) in expected.items()
        if name not in figures.names.get(key, "")
    ]
    found += [
        f"{key} {figures.names[key]}：手算表没有这一行，产品 {amount}"
        for key, amount in ours.items()
        if amount and key not in expected
    ]
    return found + [f"勾稽不符 {code}" for code in figures.failed if code.startswith(column)]


def unequal(before: Sequence[Figures], after: Sequence[Figures]) -> list[str]:
    """两次读出的报表哪里不同。"""
    return [
        f"{column} {key}：{amount} -> {two.columns[column].get(key)}"
        for one, two in zip(before, after, strict=True)
        for column, cells in one.columns.items()
        for key, amount in cells.items()
        if two.columns[column].get(key) != amount
    ]
