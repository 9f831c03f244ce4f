"""What runs inside the sandbox: the bytes of a workbook in, the rows of its vouchers out as texts."""

from __future__ import annotations

import json

from app.ledger.vouchers.importing.reading import rules
from infra.hostile import workbook
from infra.hostile.archive import Budget, open_archive
from infra.sandbox import wire


def read(content: bytes, dimensions: str) -> bytes:
    """The table of a workbook's vouchers; `dimensions` are dimension codes by name, in JSON. Raises `Unreadable`."""
    return wire.pack(rules.table(workbook.read(open_archive(content, Budget())), json.loads(dimensions)))
