"""Identity numbers of natural persons that invoices brought are masked, and the sealed files alone still say them."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from app.sensitive.types import mask_citizen_numbers

revision = "t0015"
down_revision = "t0014"
branch_labels = None
depends_on = None

_NUMBER = "[1-9][0-9]{5}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]"
_PARTIES = ("seller_name", "seller_tax_id", "buyer_name", "buyer_tax_id")


def _table(name: str, keys: dict[str, Any], *columns: sa.Column[Any]) -> sa.Table:
    named = [sa.Column(key, kind) for key, kind in keys.items()]
    return sa.Table(name, sa.MetaData(), *named, *columns, schema="tenant")


_INVOICE = _table(
    "invoice",
    {"book_id": sa.BigInteger, "id": sa.Uuid},
    *(sa.Column(each, sa.Text) for each in _PARTIES),
    sa.Column("problems", JSONB),
    sa.Column("row_version", sa.Integer),
)
_LINE = _table(
    "invoice_line",
    {"book_id": sa.BigInteger, "invoice_id": sa.Uuid, "line_no": sa.Integer},
    sa.Column("name", sa.Text),
)
_ITEM = _table(
    "job_item", {"book_id": sa.BigInteger, "job_id": sa.Uuid, "seq": sa.Integer}, sa.Column("problems", JSONB)
)
_DOCUMENT = _table("document", {"book_id": sa.BigInteger, "id": sa.Uuid}, sa.Column("problems", JSONB))
_ANSWER = _table("idempotency_key", dict.fromkeys(("principal", "route", "key"), sa.Text), sa.Column("body", BYTEA))


def upgrade() -> None:
    """Mask them in the register, in what was said of it, and in the answers kept for a replay."""
    _mask(_INVOICE, (*_PARTIES, "problems"), row_version=_INVOICE.c.row_version + 1)  # what is shown changes its tag
    _mask(_LINE, ("name",))
    _mask(_ITEM, ("problems",))
    _mask(_DOCUMENT, ("problems",))
    _mask(_ANSWER, ("body",))


def downgrade() -> None:
    """Leave everything as it is, because a mask cannot be taken off."""


def _mask(table: sa.Table, names: tuple[str, ...], **beside: sa.ColumnElement[Any]) -> None:
    keys, columns = [each for each in table.c if each.name not in {*names, *beside}], [table.c[name] for name in names]
    suspect = sa.or_(*(_readable(column).regexp_match(_NUMBER) for column in columns))
    found = op.get_bind().execute(sa.select(*keys, *columns).where(suspect)).mappings().all()
    changed = [row for row in found if any(_masked(row[name]) != row[name] for name in names)]
    if not changed:
        return
    row_is = [key == sa.bindparam(f"the_{key.name}") for key in keys]
    values = {column.name: sa.bindparam(f"new_{column.name}", type_=column.type) for column in columns}
    op.get_bind().execute(
        sa.update(table).where(*row_is).values(**values, **beside),
        [
            {f"the_{key.name}": row[key.name] for key in keys} | {f"new_{name}": _masked(row[name]) for name in names}
            for row in changed
        ],
    )


def _readable(column: sa.Column[Any]) -> sa.ColumnElement[str]:
    return sa.func.encode(column, "escape") if isinstance(column.type, BYTEA) else sa.cast(column, sa.Text)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_citizen_numbers(value)
    if isinstance(value, bytes):  # every byte is a character, so the others stay as they are
        return mask_citizen_numbers(value.decode("latin-1")).encode("latin-1")
    return json.loads(mask_citizen_numbers(json.dumps(value, ensure_ascii=False)))
