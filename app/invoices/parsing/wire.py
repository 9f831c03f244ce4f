"""`Parsed` as it came out of the sandbox (infra/sandbox/wire.py).

Invariant: beyond the types of its fields, an answer is held against the catalogue of codes and the sums of an invoice.
"""

from __future__ import annotations

from app.invoices.parsing.types import KINDS, Parsed, ParsedInvoice
from infra.errors import CATALOGUE
from infra.sandbox import wire

READER = "app.invoices.parsing.inside:read"


def unpack(answer: bytes) -> Parsed:
    """What a file gave; raises `ValueError` for anything that no parser of ours gives."""
    parsed = wire.unpack(Parsed, answer)
    codes = [one.code for one in parsed.refused] + [each.code for one in parsed.items for each in one.problems]
    if not set(codes) <= CATALOGUE.keys() or not all(map(_holds, parsed.items)):
        raise ValueError("an answer that the parsers do not give")
    return parsed


def _holds(invoice: ParsedInvoice) -> bool:
    """The promise of `ParsedInvoice`, made good a second time on this side."""
    return invoice.kind in KINDS and invoice.net + invoice.tax == invoice.gross and invoice.number != ""
