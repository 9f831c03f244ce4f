"""How a voucher is shown, and the tag that says at which version it was."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.http import etags
from app.ledger.vouchers.answers.queries import Relation
from app.ledger.vouchers.rules import number_text
from infra.ids import encode

VIEW = "voucher"
_PREFIX = {"reversed_by": "vch", "corrected_by": "vch", "documents": "doc"}
_INSIDE = frozenset(("source_type", "source_id", "source_rule", "row_version", "post_seq", "lines"))


def tag(row_version: int, relations: Sequence[Relation] = ()) -> str:
    """The tag of a voucher: its version, and what points at it, which changes without it (a posted one never does)."""
    if not relations:
        return etags.tag(row_version, VIEW)
    digest = zlib.crc32(b"".join(relation.id.bytes for relation in relations))
    return etags.tag(f"{row_version}.{digest:08x}", VIEW)


def means(given: str, row_version: int) -> bool:
    """Whether a tag means this version of the row; what points at the voucher does not matter to a change of it."""
    version, _, view = given.partition("-")
    return view == VIEW and version.partition(".")[0] == str(row_version)


def shown(row: Mapping[str, Any], relations: Sequence[Relation] = ()) -> dict[str, Any]:
    """A voucher row as it is sent, without marshmallow."""
    named: dict[str, list[str]] = {kind: [] for kind in _PREFIX}
    for relation in relations:
        named[relation.kind].append(encode(_PREFIX[relation.kind], relation.id))
    source = {"type": row["source_type"], "id": row["source_id"], "rule": row["source_rule"]}
    seen = {name: value for name, value in row.items() if name not in _INSIDE}
    seen["id"] = encode("vch", row["id"])
    seen["number_text"] = number_text(row["word"], row["number"], row["part"], row["parts"])
    seen["reverses"] = encode("vch", row["reverses"]) if row["reverses"] else None
    seen["corrects"] = row["source_id"] if row["source_type"] == "correction" else None
    seen["reversed_by"] = next(iter(named["reversed_by"]), None)
    seen["corrected_by"] = next(iter(named["corrected_by"]), None)
    seen["documents"] = named["documents"]
    seen["source"] = source if row["source_id"] else None
    seen["etag"] = tag(row["row_version"], relations)
    seen["lines"] = [
        {"account_code" if name == "account" else name: value for name, value in line.items()} for line in row["lines"]
    ]
    return seen
