"""Mutants of the doors: what is broken there is said by hand, with the cells that could see it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from flask import request

from app.books import door as book_door
from app.books import queries as books
from app.books.access import queries as access
from app.books.errors import BookNotFound, PermissionMissing
from app.closing import api as closing
from app.factory import BLUEPRINTS
from app.http import cursors, gate, intake
from app.identity.keys import service as keys
from app.kernel.permissions import BUILTIN, Permission
from tenants import registry
from tenants.scope import TenantScope
from tests.bola.matrix import Matrix
from tests.bola.mutants import Mutant
from tests.bola.mutations import Hits, dropped, hurried, replaced, rewritten, unchanged_for

_READS = ("vouchers_read", "documents_read", "invoices_read", "books_read", "accounts_list")
_WRITES = ("vouchers_void", "vouchers_post", "books_change", "accounts_change", "periods_reopen")
_FIRM = ("staff_list", "api_keys_read", "staff_update", "roles_create")


def _instead(value: Any) -> Callable[[Any, Hits], Any]:
    """A function that answers this, whatever it is asked."""

    def make(before: Any, hits: Hits) -> Any:
        def other(*args: Any, **named: Any) -> Any:
            hits()
            return value

        return other

    return make


def _with(change: Callable[..., Any]) -> Callable[[Any, Hits], Any]:
    """A function in place of another: `change(before, *args)`."""

    def make(before: Any, hits: Hits) -> Any:
        def other(*args: Any, **named: Any) -> Any:
            hits()
            return change(before, *args, **named)

        return other

    return make


def _at(name: str, holder: Any, attribute: str, make: Any, operations: tuple[str, ...], contexts: str = "1",
        *principals: str, what: str = "") -> Mutant:  # fmt: skip
    return Mutant(
        name, "door", lambda matrix: replaced(holder, attribute, make), operations, contexts, frozenset(principals),
        what=what,
    )  # fmt: skip


def _without(name: str, condition: str, operations: tuple[str, ...], contexts: str, *principals: str) -> Mutant:
    return Mutant(
        name, "token", lambda matrix: rewritten(matrix.world, dropped(condition)), operations, contexts,
        frozenset(principals),
    )  # fmt: skip


def _weaker(operation: str, permission: str) -> Mutant:
    """A route that asks for less than it should."""

    def broken(matrix: Matrix) -> Any:
        declared = next(
            one for blueprint in BLUEPRINTS for one in blueprint.operations.values() if one.name == operation
        )

        def make(before: Any, hits: Hits) -> Permission:
            hits()
            return Permission(permission)

        return replaced(declared, "needs", make)

    return Mutant(f"{operation} asks for {permission} only", "permission", broken, (operation,), "1")


def _more(role: str, permission: str, operation: str, principal: str) -> Mutant:
    """A role of the product that holds more than the accountant's table says."""

    def make(before: Any, hits: Hits) -> Any:
        hits()
        return replace(before, permissions=before.permissions | {Permission(permission)})

    return _at(f"{role} may {permission}", BUILTIN, role, make, (operation,), "1", principal)


def _found_out(before: Any, scope: TenantScope, uid: Any, needs: Permission) -> Any:
    """A door that tells a known book from one that never was."""
    try:
        return before(scope, uid, needs)
    except BookNotFound:
        if scope.run("select 1 from tenant.book where uid = :u", u=uid).first():
            raise PermissionMissing(permission=needs.value) from None
        raise


def _told(before: Any, scope: TenantScope, uid: Any, needs: Permission) -> Any:
    """A door whose refusal carries a header where the book is known."""
    try:
        return before(scope, uid, needs)
    except BookNotFound:
        if scope.run("select 1 from tenant.book where uid = :u", u=uid).first():
            raise BookNotFound(headers={"X-Reason": "no grant"}) from None
        raise


def _pretending(before: Any, engine: Any, secret: str, now: Any, **named: Any) -> Any:
    """A caller whose firm is the one a header names."""
    found = before(engine, secret, now, **named)
    wanted = request.headers.get("X-Tenant-Id")
    if found is None or found.tenant is None or not wanted:
        return found
    with engine.connect() as connection:
        return replace(found, tenant=registry.by_id(connection, wanted))


def _ungated(matrix: Matrix) -> Any:
    found = matrix.app.extensions[gate.EXTENSION]
    return replaced(found, "authenticate", _with(_pretending))


def _own_reader(before: Any, secret: str, owner: Any, *rest: Any) -> Any:
    return before(secret, ("anybody",), *rest)


def _one_owner(matrix: Matrix) -> Any:
    @contextmanager
    def both() -> Any:
        with ExitStack() as stack:
            stack.enter_context(replaced(cursors, "seal", _with(_own_reader)))
            yield stack.enter_context(replaced(cursors, "unseal", _with(_own_reader)))

    return both()


DOORS = (
    _at("grants ignored", books, "held", _instead(None), _READS, "3", "accountant", "inspector", "key_read"),
    _at("permission unchecked in a book", book_door, "in_book", _instead(frozenset(Permission)), _WRITES),
    _at("permission unchecked on the firm", gate, "_check", _instead(None), _FIRM),
    _at("permission unchecked for operators", gate, "_check", _instead(None), ("ops_firms_list",), "1", "ops_support"),
    _at("ceiling ignored", access, "limited", _with(lambda before, held, ceiling: held), _READS, "1", "key_narrow"),
    _at("key may what only a person may", gate, "_prove", _instead(None), ("passwords_change", "factors_totp_begin"),
        "1", "key_book", "key_read"),
    _at("a proof never grows old", gate, "_prove", _instead(None), ("grants_put", "roles_create"), "1", "stale"),
    _at("query unchecked", intake, "_check_query", _instead(None), _READS, "6", "owner", what="?firm_id"),
    _at("jobs of every book", books, "enterable", _instead(None), ("jobs_read", "jobs_cancel"), "3", "accountant"),
    _at("jobs read with any permission", books, "enterable",
        _with(lambda before, scope, needs: before(scope, Permission.BOOK_READ)), ("jobs_read",), "1", "key_narrow"),
    _at("closing asks to be let in only", closing, "enter_books",
        _with(lambda before, scope, uids, needs: before(scope, uids, Permission.BOOK_READ)), ("closings_create",), "1"),
    _at("books of a key unchecked", keys, "_books", _instead([]), ("api_keys_create",), "6", "owner"),
    _at("door tells what it knows", gate, "enter_book", _with(_found_out), _READS, "34", "accountant"),
    _at("door tells it in a header", gate, "enter_book", _with(_told), _READS, "34", "accountant"),
    _at("suspended firms served", registry, "by_id",
        _with(lambda before, *asked: (found := before(*asked)) and replace(found, state="active")),
        ("me_read", "books_list", "vouchers_list"), "1", "suspended_owner"),
    _at("idempotency without its principal", gate, "Claim",
        _with(lambda before, principal, *rest: before("", *rest)), ("vouchers_create", "staff_create"), "6",
        what="Idempotency-Key"),
    Mutant("cursors open for anybody", "door", _one_owner, ("vouchers_list", "staff_list", "jobs_list"), "6",
           what="cursor"),
    Mutant("firm taken from a header", "door", _ungated, ("staff_list", "books_list", "api_keys_list"), "6",
           frozenset({"owner"}), what="headers"),
    Mutant("If-None-Match before the doors", "door",
           lambda matrix: hurried(matrix.app, unchanged_for(frozenset(matrix.tags.values()))), _READS, "6",
           what="If-None-Match"),
    _without("revoked tokens live", r"platform\.token\.revoked_at IS NULL", ("me_read",), "1", "revoked"),
    _without("tokens never expire", r"platform\.token\.expires_at > %\(\w+\)s(::TIMESTAMP WITH TIME ZONE)?",
             ("me_read",), "1", "expired"),
    _without("members let go stay", r"platform\.app_user\.active", ("me_read",), "1", "former"),
    _without("grants never lapse", r"(\w+\.)*book_grant\.expires_at > %\(\w+\)s(::TIMESTAMP WITH TIME ZONE)?",
             _READS, "1", "lapsed"),
    _without("grants of anybody", r"(\w+\.)*book_grant\.holder_id = %\(\w+\)s(::UUID)?", _READS, "13", "outsider"),
    _without("teams of anybody", r"(\w+\.)*team_member\.user_id = %\(\w+\)s(::UUID)?", _READS, "1", "outsider"),
    _without("a firm's people are everybody's", r"platform\.app_user\.tenant_id = %\(\w+\)s(::UUID)?",
             ("staff_list", "staff_read"), "14", "owner"),
    _without("a firm's keys are everybody's", r"platform\.token\.tenant_id = %\(\w+\)s(::UUID)?",
             ("api_keys_list", "api_keys_read"), "14", "owner"),
)  # fmt: skip

ROUTES = (
    _weaker("vouchers_post", "voucher.read"),
    _weaker("vouchers_create", "voucher.read"),
    _weaker("vouchers_void", "document.read"),
    _weaker("documents_download", "document.upload"),
    _weaker("periods_reopen", "period.close"),
    _weaker("grants_put", "book.read"),
    _weaker("books_change", "book.read"),
    _weaker("staff_list", "me.read"),
    _weaker("api_keys_create", "me.read"),
    _weaker("jobs_cancel", "job.read"),
    _weaker("trial_balance_read", "statement.read"),
    _more("reviewer", "voucher.draft", "vouchers_create", "reviewer"),
    _more("client_boss", "ledger.read", "journal_read", "client_boss"),
    _more("inspector", "voucher.draft", "vouchers_void", "inspector"),
    _more("accountant", "period.reopen", "periods_reopen", "accountant"),
    _more("ops_support", "firm.provision", "ops_firms_list", "ops_support"),
    _more("client_uploader", "book.read", "books_read", "client_uploader"),
)

CATALOGUE = (*DOORS, *ROUTES)
