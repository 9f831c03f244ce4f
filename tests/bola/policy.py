"""Who may do what, written down a second time by hand and from the accountant's side: the judge of every cell.

Nothing here is imported from the product: a permission that a role of the product gained by mistake differs from this
table, and the matrix says so. A new permission must be entered here, for everybody who is to have it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.bola.operations import Operation
from tests.bola.principals import Principal
from tests.bola.recipes import Recipe

OK = 200  # stands for every 2xx

_READ_BOOK = {
    "book.read", "account.read", "voucher.read", "ledger.read", "statement.read", "document.read", "invoice.read",
}  # fmt: skip
_KEEP_BOOK = {
    "account.edit", "opening.edit", "voucher.draft", "voucher.review", "voucher.post", "period.close",
    "document.upload", "invoice.book", "book.export", "sensitive.read", "request.ask", "request.read",
}  # fmt: skip
_HAND_IN = {"document.upload", "document.read", "request.read", "request.answer"}
_ANYBODY = {"me.read", "book.list", "job.read"}

IN_BOOK: dict[str, set[str]] = {
    "owner": {
        *_READ_BOOK, *_KEEP_BOOK, "book.edit", "voucher.sign", "review_rule.approve", "period.reopen", "staff.manage",
        "audit.read",
    },
    "accountant": {*_READ_BOOK, *_KEEP_BOOK},
    "reviewer": {*_READ_BOOK, "voucher.review", "voucher.post"},
    "cashier": {*_READ_BOOK, "document.upload", "voucher.sign"},
    "inspector": {*_READ_BOOK, "audit.read", "book.export"},
    "client_uploader": _HAND_IN,
    "client_boss": {*_HAND_IN, "book.read", "statement.read", "statement.confirm"},
}  # fmt: skip
_STAFF = {*_ANYBODY, "job.cancel"}
IN_FIRM: dict[str, set[str]] = {
    "owner": {
        *_STAFF, "book.create", "staff.manage", "role.manage", "team.manage", "session.manage", "key.manage",
        "oauth_client.manage", "outside_login.manage", "policy.manage", "break_glass.approve", "audit.read",
        "book.export", "request.read", "request.ask", "sensitive.read",
    },
    "accountant": _STAFF,
    "reviewer": _STAFF,
    "cashier": _STAFF,
    "inspector": _STAFF,
    "client_uploader": _ANYBODY,
    "client_boss": _ANYBODY,
}  # fmt: skip
IN_OPS: dict[str, set[str]] = {
    "ops_support": {"firm.operate", "break_glass.request"},
    "ops_provisioner": {"firm.provision"},
}
PERMISSIONS = frozenset().union(*IN_BOOK.values(), *IN_FIRM.values(), *IN_OPS.values(), {"public"})


@dataclass(frozen=True)
class Verdict:
    """What a cell must answer: a status (`OK` for 2xx) and, of a refusal, its code."""

    status: int
    code: str = ""

    @property
    def witnessed(self) -> bool:
        """Whether the firm's log must tell of it: what is said at another plane's routes or to a firm that is shut out
        is nobody's business there."""
        return self not in (OTHER_PLANE, SHUT_OUT)


PUBLIC = Verdict(OK)
UNKNOWN_TOKEN = Verdict(401)
OTHER_PLANE = Verdict(404, "route.not_found")
SHUT_OUT = Verdict(403, "tenant.suspended")
NO_PERMISSION = Verdict(403, "permission.missing")
NO_BOOK = Verdict(404, "book.not_found")
NO_OBJECT = Verdict(404)
PEOPLES = dict.fromkeys(("oauth_userinfo", "oauth_userinfo_post"), Verdict(403, "oauth.person_only"))
STAFFS = frozenset({"roles_read"})  # the world's own role is of the staff's side: to a client's people there is none
NOT_LATELY = Verdict(401, "auth.step_up_required")
NOT_BY_A_KEY = Verdict(403, "auth.person_required")


def verdict(operation: Operation, recipe: Recipe, who: Principal, label: str) -> Verdict:
    """What a principal gets that asks an operation for the things of one book (`A1`) or of its firm."""
    at_door = before_the_doors(operation, who) or (SHUT_OUT if who.suspended and operation.scope != "public" else None)
    if at_door is not None:
        return at_door
    if operation.scope == "public":
        return PUBLIC
    if operation.scope == "ops":
        return Verdict(OK) if operation.permission in IN_OPS[who.role] else NO_PERMISSION
    if operation.scope == "firm":
        return _in_firm(operation, recipe, who, label)
    if not who.enters(label):
        return NO_BOOK
    if not _holds(who, IN_BOOK, operation.permission):
        return NO_PERMISSION
    return _by_whom(operation, who) or Verdict(OK)


def _by_whom(operation: Operation, who: Principal) -> Verdict | None:
    """What asks for a person is not for keys; nor for a fresh proof of being one, unless a key's own list names it."""
    named = not operation.hints.get("x-person") and operation.permission in (who.ceiling or ())
    if operation.personal and not who.person and not named:
        return NOT_BY_A_KEY
    if operation.name in PEOPLES and not who.person:
        return PEOPLES[operation.name]
    return NOT_LATELY if operation.fresh and who.stale else None


def _holds(who: Principal, table: dict[str, set[str]], permission: str) -> bool:
    return permission in table[who.role] and (who.ceiling is None or permission in who.ceiling)


def before_the_doors(operation: Operation, who: Principal) -> Verdict | None:
    """What is said before the request is read: to whom the house does not know, and at the other plane's routes."""
    if operation.scope == "public":
        return None
    if who.bad:
        return UNKNOWN_TOKEN
    return OTHER_PLANE if (operation.scope == "ops") != (not who.firm) else None


def _in_firm(operation: Operation, recipe: Recipe, who: Principal, label: str) -> Verdict:
    if not _holds(who, IN_FIRM, operation.permission):
        return NO_PERMISSION
    if (refused := _by_whom(operation, who)) is not None:
        return refused
    if operation.name in STAFFS and who.role.startswith("client_"):
        return NO_OBJECT
    if recipe.mine and (label != who.home or not recipe.mine <= who.objects.keys()):
        return NO_OBJECT
    if label[0] != who.firm or (recipe.inside and not who.enters(label)):
        return NO_OBJECT
    if recipe.seen and not _holds(who, IN_BOOK, recipe.seen):
        return NO_OBJECT
    if recipe.inside not in ("", "*") and not _holds(who, IN_BOOK, recipe.inside):
        return NO_PERMISSION
    return Verdict(OK)
