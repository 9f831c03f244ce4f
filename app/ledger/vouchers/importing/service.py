"""The import of vouchers from a workbook (凭证导入): each is drafted whole or not at all, with a fate of its own.

Invariant: a voucher's external id is the hash of what its rows say, so the same voucher is drafted once, however often
and in whatever file it comes; a rehearsal leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.http.apart import Apart
from app.http.errors import RequestInvalid
from app.http.replies import canonical
from app.http.violations import violations_of
from app.ledger.vouchers.asking import service as asking
from app.ledger.vouchers.bulk import service as bulk
from app.ledger.vouchers.bulk.types import BulkItem, Fate
from app.ledger.vouchers.importing import errors, rules
from app.ledger.vouchers.importing.reading.rules import NEEDED
from app.ledger.vouchers.importing.reading.types import MOST_ROWS, Table
from app.ledger.vouchers.importing.types import Group
from app.ledger.vouchers.schemas import VoucherIn
from app.ledger.vouchers.types import Draft
from infra.errors import Refusal
from infra.hostile.errors import Unreadable
from infra.ids import encode
from infra.sandbox import wire
from infra.sandbox.types import Limits

# the fullest workbook within the limits takes 8 s of CPU at most, and the longest import answers with a megabyte
_APART = Apart("app.ledger.vouchers.importing.reading.service:read", Limits(cpu=12, wall=15, answer=3_000_000))
_DIMENSIONS = "SELECT code, name_zh, name_en FROM tenant.dimension WHERE book_id = :book"


def read_vouchers(scope: BookScope, content: bytes) -> list[Group]:
    """The vouchers of the first sheet that has their headers, read in a process of its own.

    Raises `WorkbookUnreadable`, `HeadersMissing`, `TooManyRows`, `TooManyAtOnce`, `SandboxUnavailable`.
    """
    dimensions: dict[str, str] = {}
    for row in scope.run(_DIMENSIONS, book=scope.book.id):
        dimensions |= {row.name_zh: row.code, row.name_en: row.code, row.code: row.code}
    try:
        table = _APART.read(scope.tenant, _believed, content, json.dumps(dimensions))
    except Unreadable as refusal:
        raise errors.WorkbookUnreadable(reason=refusal.code, detail=refusal.detail) from refusal
    if table.repeated or not table.fields:
        twice = [errors.HEADER_TWICE.at("", column=header) for header in table.repeated]
        raise errors.HeadersMissing(violations=twice, columns="、".join(NEEDED))
    if len(table.rows) > MOST_ROWS:
        raise errors.TooManyRows(limit=MOST_ROWS)
    return rules.groups(table)


def _believed(answer: bytes) -> Table:
    """The table of an answer; raises `ValueError` for one that the reader does not give."""
    table = wire.unpack(Table, answer)
    if len(set(table.fields)) < len(table.fields) or any(len(row.said) != len(table.fields) for row in table.rows):
        raise ValueError("rows of another table")
    return table


def import_vouchers(scope: BookScope, groups: Sequence[Group], *, atomic: bool, rehearse: bool) -> list[Fate]:
    """Draft the vouchers of a workbook; what was imported before is `unchanged`. A rehearsal undoes it all again."""
    with scope.connection.begin_nested() as savepoint:
        fates = bulk.draft(scope, _items(scope, groups), atomic=atomic)
        if rehearse:
            savepoint.rollback()
    located = [_located(fate, group) for fate, group in zip(fates, groups, strict=True)]
    if not rehearse:
        count = sum(fate.status == "created" for fate in fates)
        details = {"vouchers": len(groups), "created": count}
        audit.record(scope, [Act("voucher.import", "book", encode("bk", scope.book.uid), details, scope.book.id)])
    return located


def _items(scope: BookScope, groups: Sequence[Group]) -> list[BulkItem]:
    loaded = [_loaded(group) for group in groups]
    good = [each for each in loaded if not isinstance(each, Refusal)]
    drafts = iter(asking.read_drafts(scope, good))
    items = []
    for each in loaded:
        if isinstance(each, Refusal):
            items.append(BulkItem(None, None, each))
            continue
        read = next(drafts)
        draft, refusal = (read, None) if isinstance(read, Draft) else (None, read)
        items.append(BulkItem(each["external_id"], draft, refusal))
    return items


def _loaded(group: Group) -> dict[str, Any] | RequestInvalid:
    """What the rows ask for, read like the body of a request; what is broken is named at once."""
    broken = list(group.broken)
    seen = {violation.path for violation in broken}
    external_id = f"xlsx:{hashlib.sha256(canonical([group.named, group.asked])).hexdigest()}"
    try:
        read: dict[str, Any] = VoucherIn().load({**group.asked, "external_id": external_id})
    except ValidationError as error:
        found = [rules.located(each, group.rows) for each in violations_of(error.messages)]
        return RequestInvalid(violations=[*broken, *(each for each in found if each.path not in seen)])
    return RequestInvalid(violations=broken) if broken else read


def _located(fate: Fate, group: Group) -> Fate:
    if fate.refusal is None:
        return fate
    refusal = type(fate.refusal)(
        violations=[rules.located(each, group.rows) for each in fate.refusal.violations], **fate.refusal.params
    )
    return Fate(fate.status, fate.id, refusal, fate.version)
