"""The firm's own desk: a client's book is opened (建账) with the chart of its standard and its first period."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from app.audit import service as audit
from app.audit.service import Act
from app.books import service as books
from app.books.types import BookRef, BookScope
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.dimensions import service as dimensions
from app.ledger.periods import service as periods
from app.sensitive.types import mask_citizen_numbers
from app.standards.loader import accounts_for, load
from app.standards.types import Taxpayer
from infra.ids import encode, new_id
from tenants.scope import TenantScope


@dataclass(frozen=True, slots=True)
class NewBook:
    """What has to be known to open a client's book; `settings` are the book's switches."""

    code: str
    name: str
    tax_id: str
    taxpayer: str
    industry: str
    standard: str
    start_period: Period
    location: str = "city"
    small_low_profit: bool = True
    settings: dict[str, object] = field(default_factory=dict)


def open_book(scope: TenantScope, new: NewBook) -> BookRef:
    """Open a book: its row, the whole chart of its standard and taxpayer kind, its first period.

    The codes of the chart have the widths of the setting `code_widths`, or the standard's. Raises `BookCodeTaken`,
    `StandardUnknown`, `WidthsRejected`.
    """
    standard = load(new.standard)
    values = {
        "uid": new_id(),
        "code": new.code,
        "name": new.name,
        "tax_id": new.tax_id,
        "taxpayer": new.taxpayer,
        "industry": new.industry,
        "location": new.location,
        "small_low_profit": new.small_low_profit,
        "standard": standard.id,
        "edition": standard.edition,
        "start_period": str(new.start_period),
        "settings": new.settings,
        "state": "active",
        "created_at": scope.now,
        "updated_at": scope.now,
    }
    opened = books.insert_book(scope, values)
    scope.narrow((opened.id,))
    dimensions.begin(scope, [opened.id])
    accounts.seed(scope, opened, accounts_for(standard, Taxpayer(new.taxpayer)))
    periods.begin(scope, [(opened.id, new.start_period)])
    uid = encode("bk", opened.uid)
    audit.record(scope, [Act("book.create", "book", uid, {"code": new.code, "name": new.name}, opened.id)])
    return opened


@dataclass(frozen=True, slots=True)
class BookChange:
    """What may change of a book; None leaves it as it is. `settings` are merged, a null setting is removed."""

    name: str | None = None
    tax_id: str | None = None
    industry: str | None = None
    location: str | None = None
    small_low_profit: bool | None = None
    settings: dict[str, object | None] | None = None


def change_book(scope: BookScope, change: BookChange) -> BookRef:
    """Change a book's name, tax id, business or switches; the log says what was and what is."""
    before = books.lock_book(scope)
    values = {name: value for name, value in asdict(change).items() if value is not None}
    if change.settings is not None:
        merged = {**before.settings, **change.settings}
        values["settings"] = {name: value for name, value in merged.items() if value is not None}
    after = books.update_book(scope, values)
    details = {name: {"before": _said(getattr(before, name)), "after": value} for name, value in values.items()}
    audit.record(scope, [Act("book.change", "book", encode("bk", before.uid), details, before.id)])
    return after


def _said(value: object) -> object:
    """What was, as the log keeps it: books opened before identity numbers were refused may still lose one."""
    return mask_citizen_numbers(value) if isinstance(value, str) else value
