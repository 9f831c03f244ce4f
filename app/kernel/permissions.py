"""Permissions and the roles that hold them: data, so that a firm's own roles can follow the same shape.

Firm roles hold permissions on the firm and, when `ALL_BOOKS` says so, on every book; any other member holds a role
per book by grant (岗位授权).
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What a route or service needs; `x-permission` of the API names these values."""

    ME_READ = "me.read"
    FIRM_PROVISION = "firm.provision"
    STAFF_MANAGE = "staff.manage"
    KEY_MANAGE = "key.manage"
    AUDIT_READ = "audit.read"
    JOB_READ = "job.read"
    JOB_CANCEL = "job.cancel"
    BOOK_LIST = "book.list"
    BOOK_CREATE = "book.create"
    BOOK_READ = "book.read"
    BOOK_EDIT = "book.edit"
    ACCOUNT_READ = "account.read"
    ACCOUNT_EDIT = "account.edit"
    OPENING_EDIT = "opening.edit"
    VOUCHER_READ = "voucher.read"
    VOUCHER_DRAFT = "voucher.draft"
    VOUCHER_REVIEW = "voucher.review"
    VOUCHER_SIGN = "voucher.sign"
    VOUCHER_POST = "voucher.post"
    REVIEW_RULE_APPROVE = "review_rule.approve"
    LEDGER_READ = "ledger.read"
    STATEMENT_READ = "statement.read"
    PERIOD_CLOSE = "period.close"
    PERIOD_REOPEN = "period.reopen"
    DOCUMENT_UPLOAD = "document.upload"
    DOCUMENT_READ = "document.read"
    INVOICE_READ = "invoice.read"
    INVOICE_BOOK = "invoice.book"


P = Permission

_READ = frozenset(
    {
        P.BOOK_READ,
        P.ACCOUNT_READ,
        P.VOUCHER_READ,
        P.LEDGER_READ,
        P.STATEMENT_READ,
        P.DOCUMENT_READ,
        P.INVOICE_READ,
    }
)
_KEEP = _READ | {
    P.ACCOUNT_EDIT,
    P.OPENING_EDIT,
    P.VOUCHER_DRAFT,
    P.DOCUMENT_UPLOAD,
    P.INVOICE_BOOK,
}
_ANYBODY = frozenset({P.ME_READ, P.BOOK_LIST, P.JOB_READ})

BOOK_ROLES: dict[str, frozenset[Permission]] = {
    "accountant": _KEEP | {P.VOUCHER_REVIEW, P.VOUCHER_POST, P.PERIOD_CLOSE},
    "reviewer": _READ | {P.VOUCHER_REVIEW, P.VOUCHER_POST},
    "cashier": _READ | {P.DOCUMENT_UPLOAD, P.VOUCHER_SIGN},
    "inspector": _READ,
    "client_uploader": frozenset({P.DOCUMENT_UPLOAD, P.DOCUMENT_READ}),
    "client_boss": frozenset({P.BOOK_READ, P.STATEMENT_READ, P.DOCUMENT_READ, P.DOCUMENT_UPLOAD}),
}

CLIENT_ROLES = frozenset({"client_uploader", "client_boss"})

FIRM_ROLES: dict[str, frozenset[Permission]] = {
    "system": frozenset(Permission),
    "owner": frozenset(Permission) - {P.FIRM_PROVISION},
    "manager": frozenset(Permission) - {P.FIRM_PROVISION, P.KEY_MANAGE},
    "staff": _ANYBODY | {P.JOB_CANCEL},
    "client": frozenset({P.ME_READ, P.BOOK_LIST, P.JOB_READ}),
    "operator": frozenset({P.FIRM_PROVISION}),
}

ALL_BOOKS = frozenset({"system", "owner", "manager"})


def firm_permissions(role: str) -> frozenset[Permission]:
    """What a firm role may do on the firm itself; an unknown role may do nothing."""
    return FIRM_ROLES.get(role, frozenset())


def fits(firm_role: str, book_role: str) -> bool:
    """Whether a person of this firm role may hold that role in a book: a client's people only a client's roles."""
    return book_role in BOOK_ROLES and (firm_role != "client" or book_role in CLIENT_ROLES)


def book_permissions(firm_role: str, grant: str | None) -> frozenset[Permission]:
    """What a member may do in one book: everything its firm role holds, or what its grant there says."""
    if firm_role in ALL_BOOKS:
        return FIRM_ROLES[firm_role]
    return BOOK_ROLES[grant] if grant and fits(firm_role, grant) else frozenset()
