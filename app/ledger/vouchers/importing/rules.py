"""Vouchers from the rows of a workbook: rows grouped by date, word and number.

Invariant: nothing is rounded or guessed. Date and number that are blank go on from the row above, and the word with the
number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.ledger.vouchers.importing import errors
from app.ledger.vouchers.importing.reading.types import Table
from app.ledger.vouchers.importing.types import Group
from infra.errors import Violation


def groups(table: Table) -> list[Group]:
    """The vouchers of a table."""
    found: dict[tuple[str, str, str], list[tuple[int, dict[str, str]]]] = {}
    head = ("", "", "")
    for row in table.rows:
        said = dict(zip(table.fields, row.said, strict=True))
        own = (said.get("date", ""), said.get("word", ""), said.get("number", ""))
        head = (own[0] or head[0], own[1] if own[2] else own[1] or head[1], own[2] or head[2])
        found.setdefault(head, []).append((row.number, said))
    return [_group(key, lines) for key, lines in found.items()]


def _group(key: tuple[str, str, str], lines: Sequence[tuple[int, dict[str, str]]]) -> Group:
    day, word, number = key
    broken: list[Violation] = []
    first = lines[0][0]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        broken.append(errors.NO_DATE.at(f"/rows/{first}/date"))
    if not number:
        broken.append(errors.NO_NUMBER.at(f"/rows/{first}/number"))
    asked_lines: list[dict[str, Any]] = []
    for row, said in lines:
        if not (said.get("account_code") or said.get("account_name")):
            broken.append(errors.NO_ACCOUNT.at(f"/rows/{row}/account_code"))
        above = asked_lines[-1]["summary"] if asked_lines else ""
        asked_lines.append(_line(said, above))
    asked: dict[str, Any] = {"date": day, "lines": asked_lines}
    if word:
        asked["word"] = word
    attachments = [said["attachments"] for _, said in lines if said.get("attachments")]
    if attachments:
        asked["attachments"] = int(attachments[0]) if re.fullmatch("[0-9]{1,6}", attachments[0]) else attachments[0]
    notes = [said["note"] for _, said in lines if said.get("note")]
    if notes:
        asked["note"] = notes[0]
    return Group(f"{word}-{number}" if word else number, tuple(row for row, _ in lines), asked, tuple(broken))


def _line(said: Mapping[str, str], above: str) -> dict[str, Any]:
    plain = (
        "debit",
        "credit",
        "counterparty",
        "currency",
        "foreign_amount",
        "rate",
        "quantity",
        "unit_price",
        "cash_item",
    )
    line: dict[str, Any] = {field: said[field] for field in plain if said.get(field)}
    if line.get("currency") in ("人民币", "RMB"):
        line["currency"] = "CNY"
    if line.get("currency", "CNY") == "CNY":
        line = {field: value for field, value in line.items() if field not in ("foreign_amount", "rate")}
    line["account_code"] = said.get("account_code") or said.get("account_name", "")
    line["summary"] = said.get("summary") or above
    items = {field.partition(".")[2]: name for field, name in said.items() if field.startswith("items.") and name}
    return {**line, "items": items} if items else line


def located(violation: Violation, rows: Sequence[int]) -> Violation:
    """The violation with its pointer into the workbook: `/rows/7/debit` for `/lines/2/debit` of a voucher."""
    match = re.match(r"/lines/([0-9]+)(.*)", violation.path)
    if match and int(match[1]) < len(rows):
        path = f"/rows/{rows[int(match[1])]}{match[2]}"
    else:
        path = violation.path if violation.path.startswith("/rows/") else f"/rows/{rows[0]}{violation.path}"
    return Violation(violation.code, path, violation.params)
