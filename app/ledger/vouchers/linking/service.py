"""Documents attached to vouchers (附件): the original beside what was booked from it.

Invariant: a posted voucher may still get a document, but keeps every one it has; the database refuses otherwise. A
review looked at the voucher with its papers, so it is taken back when they are no longer the same. The number of
attachments on the voucher (附单据数) stays what the accountant says.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.books.types import BookScope
from app.documents.errors import DocumentNotFound
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.acts import service as acts
from app.ledger.vouchers.errors import VoucherState
from app.ledger.vouchers.linking.errors import TooManyDocuments
from infra.db import constraint
from infra.ids import encode

MOST = 50
_LINK = """
INSERT INTO tenant.voucher_document (book_id, voucher_id, document_id, linked_by, linked_at)
SELECT :book, :voucher, d, :actor, :now FROM unnest(cast(:documents AS uuid[])) AS k (d) ORDER BY d
ON CONFLICT (book_id, voucher_id, document_id) DO NOTHING
RETURNING document_id
"""
_COUNT = "SELECT count(*) FROM tenant.voucher_document WHERE book_id = :book AND voucher_id = :voucher"
_UNLINK = """
DELETE FROM tenant.voucher_document WHERE book_id = :book AND voucher_id = :voucher AND document_id = :document
"""


def attach(scope: BookScope, voucher_id: UUID, documents: Sequence[UUID]) -> None:
    """Attach documents to a voucher that is not void; those that are attached already stay so, others end its review.

    Raises `VoucherNotFound`, `VoucherState`, `DocumentNotFound`, `TooManyDocuments`.
    """
    row = vouchers.locked_row(scope, voucher_id)
    if row["status"] == "void":
        raise VoucherState(status="void")
    who = {"book": scope.book.id, "voucher": voucher_id}
    try:
        found = scope.run(_LINK, **who, documents=sorted(set(documents)), actor=scope.actor.name, now=scope.now)
        fresh = list(found.scalars())
    except IntegrityError as error:
        if constraint(error) == "voucher_document_document_fk":
            raise DocumentNotFound from error
        raise
    if scope.run(_COUNT, **who).scalar_one() > MOST:
        raise TooManyDocuments(limit=MOST)
    if fresh:
        vouchers.take_review_back(scope, row)
        acts.one(scope, "voucher.attach", voucher_id, documents=[encode("doc", one) for one in fresh])


def detach(scope: BookScope, voucher_id: UUID, document_id: UUID) -> None:
    """Take a document from an unposted voucher, and its review back; the document itself stays in the archive.

    Raises `VoucherNotFound`, `VoucherPosted`, `VoucherState`, `DocumentNotFound` when it is not attached.
    """
    row = vouchers.open_row(scope, voucher_id)
    if not scope.run(_UNLINK, book=scope.book.id, voucher=voucher_id, document=document_id).rowcount:
        raise DocumentNotFound
    vouchers.take_review_back(scope, row)
    acts.one(scope, "voucher.detach", voucher_id, documents=[encode("doc", document_id)])
