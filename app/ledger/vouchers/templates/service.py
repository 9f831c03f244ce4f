"""Voucher templates (凭证模板): what a recurring voucher says, and vouchers made from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.ledger.accounts import queries as accounts
from app.ledger.vouchers import errors as voucher_errors
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.asking import service as asking
from app.ledger.vouchers.models import voucher_template as table
from app.ledger.vouchers.templates import queries, rules
from app.ledger.vouchers.templates.errors import TemplateNameTaken
from app.ledger.vouchers.types import Drafted
from app.standards.loader import load
from infra.db import constraint
from infra.errors import Violation
from infra.ids import encode, new_id

Fields = Mapping[str, Any]


def create_template(scope: BookScope, fields: Fields) -> UUID:
    """Keep a template; raises `TemplateNameTaken`, `VoucherRejected` when a line names no leaf of the chart."""
    _check(scope, fields["lines"])
    template_id = new_id()
    values = {**fields, "lines": rules.kept(fields["lines"]), "created_at": scope.now, "updated_at": scope.now}
    row = {**values, "book_id": scope.book.id, "id": template_id, "created_by": scope.actor.name}
    try:
        scope.execute(insert(table).values(**row))
    except IntegrityError as error:
        _explain(error, fields)
        raise
    _log(scope, "template.create", template_id, name=fields["name"])
    return template_id


def change_template(scope: BookScope, template_id: UUID, changes: Fields) -> None:
    """Change a template whose row the caller holds; raises as `create_template` does and `TemplateNotFound`."""
    before = queries.find(scope, template_id, lock=True)
    values = dict(changes)
    if "lines" in changes:
        _check(scope, changes["lines"])
        values["lines"] = rules.kept(changes["lines"])
    own = (table.c.book_id == scope.book.id) & (table.c.id == template_id)
    later = {"row_version": table.c.row_version + 1, "updated_at": scope.now}
    try:
        scope.execute(update(table).where(own).values(**values, **later))
    except IntegrityError as error:
        _explain(error, changes)
        raise
    was = {name: rules.kept(before[name]) if name == "lines" else before[name] for name in values}
    _log(scope, "template.change", template_id, before=was, after=values)


def delete_template(scope: BookScope, template_id: UUID) -> None:
    """Forget a template; vouchers made from it do not change. Raises `TemplateNotFound`."""
    before = queries.find(scope, template_id, lock=True)
    scope.execute(delete(table).where(table.c.book_id == scope.book.id, table.c.id == template_id))
    _log(scope, "template.delete", template_id, name=before["name"], lines=rules.kept(before["lines"]))


def draft_from_template(scope: BookScope, template_id: UUID, asked: Fields) -> Drafted:
    """Draft a voucher from a template with what is filled in; one amount may stay open and balances the voucher.

    Raises `TemplateNotFound`, `VoucherRejected`, `PeriodClosed`, `ExternalIdTaken`.
    """
    template = queries.find(scope, template_id)
    lines, broken = rules.filled(template["lines"], asked["lines"])
    if broken:
        raise voucher_errors.VoucherRejected(violations=broken, count=len(broken))
    head = {"word": template["word"], "note": template["note"]}
    draft = asking.read_draft(scope, {**head, **asked, "lines": lines})
    (done,) = vouchers.draft_vouchers(scope, [draft])
    return done


def _check(scope: BookScope, lines: Sequence[Fields]) -> None:
    """Every account is a leaf of the chart, every cash-flow item one of the standard's."""
    found = accounts.in_books(scope, [scope.book.id], [line["account_code"] for line in lines])
    known = load(scope.book.standard, scope.book.edition).cash_items | {None}
    broken: list[Violation] = []
    for index, line in enumerate(lines):
        account, path = found.get((scope.book.id, line["account_code"])), f"/lines/{index}"
        if account is None:
            broken.append(voucher_errors.ACCOUNT_UNKNOWN.at(f"{path}/account_code", account=line["account_code"]))
        elif not account.leaf:
            broken.append(voucher_errors.ACCOUNT_NOT_LEAF.at(f"{path}/account_code", account=line["account_code"]))
        if line["cash_item"] not in known:
            broken.append(voucher_errors.CASH_ITEM_UNKNOWN.at(f"{path}/cash_item", item=line["cash_item"]))
    if broken:
        raise voucher_errors.VoucherRejected(violations=broken, count=len(broken))


def _explain(error: IntegrityError, fields: Fields) -> None:
    if constraint(error) == "voucher_template_name_uq":
        raise TemplateNameTaken(name=fields["name"]) from error


def _log(scope: BookScope, action: str, template_id: UUID, **details: Any) -> None:
    audit.record(scope, [Act(action, "voucher_template", encode("vtp", template_id), details, scope.book.id)])
