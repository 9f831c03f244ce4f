"""The firm's own desk: a client's book is opened (建账) with the chart of its standard and its first period."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.audit import service as audit
from app.audit.service import Act
from app.books import queries
from app.books.errors import BookCodeTaken
from app.books.models import book
from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.dimensions import service as dimensions
from app.ledger.periods import service as periods
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

    Raises `BookCodeTaken`, `StandardUnknown`.
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
    if scope.execute(select(book.c.id).where(book.c.code == new.code)).first():
        raise BookCodeTaken(book_code=new.code)
    try:
        opened = queries.ref(scope.execute(insert(book).values(values).returning(book)).mappings().one())
    except IntegrityError as error:
        raise BookCodeTaken(book_code=new.code) from error
    scope.narrow((opened.id,))
    dimensions.begin(scope, [opened.id])
    accounts.seed(scope, opened.id, accounts_for(standard, Taxpayer(new.taxpayer)))
    periods.begin(scope, [(opened.id, new.start_period)])
    uid = encode("bk", opened.uid)
    audit.record(scope, [Act("book.create", "book", uid, {"code": new.code, "name": new.name}, opened.id)])
    return opened
