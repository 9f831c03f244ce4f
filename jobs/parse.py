"""`zhangfang parse FILE...`: what the parsers make of files, as plain JSON values, without any database.

Invariant: one entry an invoice or a refusal, always with the same keys; the exit status is 3 when any is not ok.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.invoices.parsing import errors
from app.invoices.parsing.apart import parse_apart, sandbox
from app.invoices.parsing.types import Parsed, ParsedInvoice, ParsedLine, Problem, Refused
from app.kernel.money import show
from infra.errors import render
from infra.hostile.faces import MOST_CONTAINER
from infra.sandbox.runner import Sandbox
from infra.sandbox.walls import NETWORK_WALLS

NOT_OK = 3


def parse_files(paths: Sequence[str | Path]) -> tuple[list[dict[str, Any]], int]:
    """The entries of all files in order, and the exit status: 0, or 3 when anything is not ok."""
    entries = []
    with sandbox() as cell:
        for path in paths:
            parsed = _parsed(cell, Path(path))
            entries += [_invoice(str(path), invoice) for invoice in parsed.items]
            entries += [_refusal(str(path), refusal) for refusal in parsed.refused]
    return entries, 0 if all(entry["ok"] for entry in entries) else NOT_OK


def walls() -> tuple[tuple[str, ...], bool]:
    """The walls of a sandbox on this machine, and whether one of them keeps the network out by the kernel."""
    with sandbox() as cell:
        parse_apart(cell, "a.xml", b"<a/>")
        return cell.walls, not NETWORK_WALLS.isdisjoint(cell.walls)


def _parsed(cell: Sandbox, path: Path) -> Parsed:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_CONTAINER + 1)
    except OSError as error:
        return Parsed(path.name, refused=(Refused(path.name, errors.FILE_UNREADABLE.code, error.strerror or ""),))
    return parse_apart(cell, path.name, content)


def _invoice(file: str, invoice: ParsedInvoice) -> dict[str, Any]:
    return {
        "file": file, "ok": True, "kind": invoice.kind, "format": invoice.format, "number": invoice.number,
        "code": invoice.code, "issued_on": invoice.issued_on.isoformat(),
        "seller": {"name": invoice.seller.name, "tax_id": invoice.seller.tax_id},
        "buyer": {"name": invoice.buyer.name, "tax_id": invoice.buyer.tax_id},
        "net": show(invoice.net), "tax": show(invoice.tax), "gross": show(invoice.gross), "red": invoice.red,
        "lines": [_line(line) for line in invoice.lines],
        "problems": [_problem(problem) for problem in invoice.problems],
    }  # fmt: skip


def _refusal(file: str, refusal: Refused) -> dict[str, Any]:
    inner = "" if refusal.file == Path(file).name else refusal.file
    detail = ": ".join(part for part in (inner, refusal.detail) if part)
    return {
        "file": file, "ok": False, "kind": None, "format": None, "number": None, "code": None, "issued_on": None,
        "seller": {"name": None, "tax_id": None}, "buyer": {"name": None, "tax_id": None},
        "net": None, "tax": None, "gross": None, "red": None, "lines": [],
        "problems": [_problem(Problem(refusal.code, detail))],
    }  # fmt: skip


def _line(line: ParsedLine) -> dict[str, Any]:
    return {
        "name": line.name, "tax_code": line.tax_code, "quantity": _plain(line.quantity),
        "unit_price": _plain(line.unit_price), "net": show(line.net), "tax_rate": _plain(line.tax_rate),
        "tax": show(line.tax),
    }  # fmt: skip


def _problem(problem: Problem) -> dict[str, str]:
    sentence = render(problem.code, {})
    return {"code": problem.code, "detail": f"{sentence}：{problem.detail}" if problem.detail else sentence}


def _plain(value: Decimal | None) -> str | None:
    """Plain digits without an exponent or idle zeros."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def main(arguments: Sequence[str]) -> int:
    """Print the entries of the files as JSON and return the exit status."""
    entries, status = parse_files(arguments)
    sys.stdout.write(json.dumps(entries, ensure_ascii=False, indent=1) + "\n")
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
