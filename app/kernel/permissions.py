"""Permissions and the built-in roles that hold them: data, and a firm's own roles have the same shape.

A role reaches a firm (what a member may do on the firm itself and, with `all_books`, in every book) or one book (by
grant, 岗位授权); operators' roles reach neither. Its side says whose people may hold it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


class Permission(StrEnum):
    """What a route or service needs; `x-permission` of the API names these values."""

    ME_READ = "me.read"
    STAFF_MANAGE = "staff.manage"
    ROLE_MANAGE = "role.manage"
    TEAM_MANAGE = "team.manage"
    SESSION_MANAGE = "session.manage"
    KEY_MANAGE = "key.manage"
    OAUTH_CLIENT_MANAGE = "oauth_client.manage"
    OUTSIDE_LOGIN_MANAGE = "outside_login.manage"
    POLICY_MANAGE = "policy.manage"
    BREAK_GLASS_APPROVE = "break_glass.approve"
    JOB_READ = "job.read"
    JOB_CANCEL = "job.cancel"
    BOOK_LIST = "book.list"
    BOOK_CREATE = "book.create"
    BOOK_READ = "book.read"
    BOOK_EDIT = "book.edit"
    BOOK_EXPORT = "book.export"
    AUDIT_READ = "audit.read"
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
    STATEMENT_CONFIRM = "statement.confirm"
    PERIOD_CLOSE = "period.close"
    PERIOD_REOPEN = "period.reopen"
    DOCUMENT_UPLOAD = "document.upload"
    DOCUMENT_READ = "document.read"
    INVOICE_READ = "invoice.read"
    INVOICE_BOOK = "invoice.book"
    SENSITIVE_READ = "sensitive.read"
    REQUEST_ASK = "request.ask"
    REQUEST_READ = "request.read"
    REQUEST_ANSWER = "request.answer"
    FIRM_PROVISION = "firm.provision"
    FIRM_OPERATE = "firm.operate"
    BREAK_GLASS_REQUEST = "break_glass.request"


P = Permission
Reach = Literal["firm", "book", "ops"]
Side = Literal["staff", "client", "ops"]


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions (岗位): `reach` says where it is held, `side` by whose people."""

    code: str
    zh: str
    en: str
    reach: Reach
    side: Side
    permissions: frozenset[Permission]
    all_books: bool = False


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
    P.REQUEST_ASK,
    P.REQUEST_READ,
}
_ACCOUNTANT = _KEEP | {P.VOUCHER_REVIEW, P.VOUCHER_POST, P.PERIOD_CLOSE, P.BOOK_EXPORT, P.SENSITIVE_READ}
_ANYBODY = frozenset({P.ME_READ, P.BOOK_LIST, P.JOB_READ})
_CLIENT = frozenset({P.BOOK_READ, P.DOCUMENT_READ, P.DOCUMENT_UPLOAD, P.REQUEST_READ, P.REQUEST_ANSWER})

OPS_ONLY = frozenset({P.FIRM_PROVISION, P.FIRM_OPERATE, P.BREAK_GLASS_REQUEST})
CLIENT_ONLY = frozenset({P.STATEMENT_CONFIRM, P.REQUEST_ANSWER})
FIRM_ONLY = _ANYBODY | {
    P.STAFF_MANAGE,
    P.ROLE_MANAGE,
    P.TEAM_MANAGE,
    P.SESSION_MANAGE,
    P.KEY_MANAGE,
    P.OAUTH_CLIENT_MANAGE,
    P.OUTSIDE_LOGIN_MANAGE,
    P.POLICY_MANAGE,
    P.BREAK_GLASS_APPROVE,
    P.JOB_CANCEL,
    P.BOOK_CREATE,
}
OWNER_ONLY = frozenset(
    {P.KEY_MANAGE, P.OAUTH_CLIENT_MANAGE, P.OUTSIDE_LOGIN_MANAGE, P.POLICY_MANAGE, P.BREAK_GLASS_APPROVE}
)
CLIENT_MOST = _CLIENT | {P.STATEMENT_READ, P.STATEMENT_CONFIRM, P.LEDGER_READ, P.VOUCHER_READ, P.INVOICE_READ}
"""What a role on the client's side may hold at most."""

_OWNER = frozenset(Permission) - OPS_ONLY - CLIENT_ONLY

_ROLES = (
    Role("system", "系统", "System", "firm", "ops", frozenset(Permission), all_books=True),
    Role("owner", "所有者", "Firm owner", "firm", "staff", _OWNER, all_books=True),
    Role("manager", "经理", "Manager", "firm", "staff", _OWNER - OWNER_ONLY, all_books=True),
    Role("staff", "员工", "Staff", "firm", "staff", _ANYBODY | {P.JOB_CANCEL}),
    Role("client", "客户人员", "Client's person", "firm", "client", _ANYBODY),
    Role(
        "team_lead",
        "组长",
        "Team lead",
        "book",
        "staff",
        _ACCOUNTANT | {P.BOOK_EDIT, P.PERIOD_REOPEN, P.REVIEW_RULE_APPROVE, P.AUDIT_READ},
    ),
    Role("accountant", "会计", "Accountant", "book", "staff", _ACCOUNTANT),
    Role("reviewer", "审核", "Reviewer", "book", "staff", _READ | {P.VOUCHER_REVIEW, P.VOUCHER_POST}),
    Role("cashier", "出纳", "Cashier", "book", "staff", _READ | {P.DOCUMENT_UPLOAD, P.VOUCHER_SIGN}),
    Role(
        "tax_clerk",
        "报税员",
        "Tax clerk",
        "book",
        "staff",
        _READ | {P.DOCUMENT_UPLOAD, P.REQUEST_ASK, P.REQUEST_READ, P.BOOK_EXPORT},
    ),
    Role("inspector", "检查人员", "Inspector", "book", "staff", _READ | {P.AUDIT_READ, P.BOOK_EXPORT}),
    Role(
        "client_boss",
        "客户负责人",
        "Client's boss",
        "book",
        "client",
        _CLIENT | {P.STATEMENT_READ, P.STATEMENT_CONFIRM},
    ),
    Role("client_cashier", "客户出纳", "Client's cashier", "book", "client", _CLIENT | {P.STATEMENT_READ}),
    Role("client_uploader", "客户票据员", "Client's uploader", "book", "client", _CLIENT - {P.BOOK_READ}),
    Role("ops_provisioner", "开通运维", "Provisioning operator", "ops", "ops", frozenset({P.FIRM_PROVISION})),
    Role(
        "ops_support",
        "支持运维",
        "Support operator",
        "ops",
        "ops",
        frozenset({P.FIRM_OPERATE, P.BREAK_GLASS_REQUEST}),
    ),
    Role("operator", "运维主管", "Chief operator", "ops", "ops", OPS_ONLY),
    Role("visitor", "应急访问", "Break-glass visitor", "firm", "ops", _ANYBODY | _READ, all_books=True),
)

BUILTIN: dict[str, Role] = {role.code: role for role in _ROLES}
BOOK_ROLES = tuple(role.code for role in _ROLES if role.reach == "book")
BOOK_ROLES_OF = {side: tuple(code for code in BOOK_ROLES if BUILTIN[code].side == side) for side in ("staff", "client")}
TIME_BOXED = frozenset({"inspector"})
"""Roles of people from outside, who hold them until a moment and never for good."""
LONGEST_BOX = timedelta(days=366)
"""How long such a role is given at most: a year, the longest one included."""
FIRM_ROLES = ("owner", "manager", "staff", "client")
NOBODY = Role("", "无", "Nobody", "firm", "staff", frozenset())


def limited(permissions: frozenset[Permission], ceiling: frozenset[str] | None) -> frozenset[Permission]:
    """What is left of permissions under a ceiling of names; None limits nothing."""
    return permissions if ceiling is None else frozenset(one for one in permissions if one.value in ceiling)


def book_permissions(member: Role, granted: Iterable[Role]) -> frozenset[Permission]:
    """What a member may do in one book: everything its firm role holds, or what the roles granted there add up to.

    A client's people hold only roles on the client's side and the staff only the staff's, whatever they were granted.
    """
    if member.all_books:
        return member.permissions
    fitting = (role.permissions for role in granted if role.reach == "book" and fits(member, role))
    return frozenset().union(*fitting)


def internal(held: frozenset[Permission]) -> bool:
    """Whether who may do so much reads what the firm says among itself: the ledger, and more than any client's role."""
    return P.LEDGER_READ in held and not held <= CLIENT_MOST


def fits(member: Role, role: Role) -> bool:
    """Whether a person of this firm role may hold that role in a book: each side's people only that side's roles."""
    return role.reach == "book" and role.side == member.side


def within(role: Role, held: frozenset[Permission]) -> bool:
    """Whether who may do so much may give a role: it may do all of it itself, but what is the client's alone."""
    return role.permissions - CLIENT_ONLY <= held
