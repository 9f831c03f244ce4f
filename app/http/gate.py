"""The wrapper of every view: who calls, what may be read, which doors open, one transaction, one effect.

The order is fixed: token (401), the other plane (404), the limits (429), request line and body (400, 406, 413, 415),
the doors (403, 404), the fresh proof of who one is (401), `If-Match` (428), the idempotency key, then the view. So
nothing is read for a caller that asks too much, and nothing about an object is said before it may be seen.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

import orjson
from flask import Response, current_app, g, make_response, request
from redis import RedisError

from app.books.access.queries import on_firm
from app.books.door import enter_book
from app.books.errors import BookNotFound, PermissionMissing
from app.http import etags, intake
from app.http.errors import (
    KeyInvalid,
    KeyRequired,
    PersonRequired,
    RouteNotFound,
    StepUpRequired,
    TokenInvalid,
    TokenMissing,
)
from app.http.headers import came_from, request_id
from app.http.limits.service import Limiter
from app.http.replies import canonical, dumps, rows
from app.http.types import STEP_UP_LIFE, Authenticated, Gate, Operation, Sight, Taking, Visit
from app.kernel.permissions import BUILTIN, NOBODY, Permission
from infra.errors import Refusal
from infra.ids import decode
from infra.queue import nudge
from tenants.door import enter_tenant, retrying
from tenants.idempotency import Claim, Kept, claim, keep
from tenants.scope import Origin, TenantRef, TenantScope

EXTENSION = "zhangfang.gate"
KEY_PATTERN = "^[!-~]{16,128}$"

View = Callable[..., Any]

_KEPT_HEADERS = ("Content-Type", "Location", "ETag")


class _Rehearsed(Exception):
    """The view went well, and its transaction is to be rolled back (`validate_only`)."""


def guarded(op: Operation, view: View) -> View:
    """The view as Flask may call it: nothing reaches it that its operation does not allow."""

    @wraps(view)
    def enter(**path: Any) -> Response:
        gate: Gate = current_app.extensions[EXTENSION]
        caller = _caller(gate, op)
        if caller is None or caller.tenant is None:
            _admit(op, caller)
            actor = caller.actor if caller else None
            answered = make_response(view(Visit(gate.ports, actor, gate.ports.clock(), request_id()), **path))
        else:
            answered = _seen(gate, op, view, caller, path)
            if op.job_type and answered.status_code == 202:
                _tell_relay(gate, caller.tenant)
        return _finished(op, answered)

    return enter


def _admit(op: Operation, caller: Authenticated | None) -> None:
    """The limits, the request line and the body, before anything is read for the caller."""
    limiter = Limiter.here()
    limiter.enter(op, caller)
    intake.take(op)
    limiter.weigh(op, caller)


def _tell_relay(gate: Gate, tenant: TenantRef) -> None:
    """Say after the commit that a job waits; nothing is lost when nobody hears it, the relay looks by itself."""
    with suppress(RedisError):
        nudge(gate.ports.redis, [tenant.id])


def bearer() -> str:
    """The secret of the `Authorization` header; raises `TokenMissing`."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise TokenMissing(headers={"WWW-Authenticate": 'Bearer realm="zhangfang"'})
    return secret.strip()


def _caller(gate: Gate, op: Operation) -> Authenticated | None:
    """Whom the token stands for; each plane knows only its own tokens, and to others its routes do not exist."""
    if op.scope == "public":
        return None
    caller = gate.authenticate(gate.ports.engine, bearer(), gate.ports.clock())
    if caller is None:
        raise TokenInvalid(headers={"WWW-Authenticate": 'Bearer realm="zhangfang", error="invalid_token"'})
    if (caller.tenant is None) != (op.scope == "ops"):
        raise RouteNotFound
    if op.scope == "ops":
        _check(op, BUILTIN.get(caller.actor.role, NOBODY).permissions)
    return caller


def _check(op: Operation, held: frozenset[Permission]) -> None:
    if op.needs not in held:
        raise PermissionMissing(permission=op.needs.value)


def _seen(gate: Gate, op: Operation, view: View, caller: Authenticated, path: dict[str, Any]) -> Response:
    """The answer; what is refused at the doors, and everything a visitor asks, is written down besides."""
    visitor = caller.actor.kind == "visitor"
    origin = Origin(*came_from(), caller.session, caller.on_behalf, caller.strong_at)

    def tell(refusal: Refusal | None) -> None:
        gate.witness(gate.ports, Sight(caller, op, path, refusal, request_id(), origin))

    try:
        _admit(op, caller)
        if caller.pending is not None and not op.enrolling:
            raise caller.pending
        answered = retrying(lambda: _inside(gate, op, view, caller, origin, path))
    except Refusal as refusal:
        if visitor or refusal.status in (403, 404):
            tell(refusal)
        if isinstance(refusal, PermissionMissing) and caller.on_behalf:
            _name_scope(caller, refusal)
        raise
    if visitor:
        tell(None)
    return answered


def _name_scope(caller: Authenticated, refusal: PermissionMissing) -> None:
    """Say to an OAuth client which scope its token lacks, when it is the scope that lacks (RFC 6750, 3)."""
    wanted = refusal.params["permission"]
    if wanted not in (caller.actor.ceiling or ()):
        refusal.headers["WWW-Authenticate"] = f'Bearer realm="zhangfang", error="insufficient_scope", scope="{wanted}"'


def _prove(gate: Gate, op: Operation, caller: Authenticated) -> None:
    """A person proves anew who it is; a key may do it only when its own list of permissions names it.

    A client that acts for a person is not the person, and its token never counts as a fresh proof.
    """
    if op.person and (caller.actor.kind != "user" or caller.on_behalf):
        raise PersonRequired(permission=op.needs.value)
    if caller.actor.kind != "user":
        named = caller.actor.ceiling is not None and op.needs.value in caller.actor.ceiling
        if op.step_up and not named:
            raise PersonRequired(permission=op.needs.value)
    elif op.step_up and (caller.strong_at is None or gate.ports.clock() - caller.strong_at > STEP_UP_LIFE):
        minutes, seconds = int(STEP_UP_LIFE.total_seconds() // 60), int(STEP_UP_LIFE.total_seconds())
        told = f'Bearer realm="zhangfang", error="insufficient_user_authentication", max_age="{seconds}"'
        raise StepUpRequired(headers={"WWW-Authenticate": told}, minutes=minutes)


def _inside(
    gate: Gate, op: Operation, view: View, caller: Authenticated, origin: Origin, path: dict[str, Any]
) -> Response:
    """One attempt: one transaction through the doors; it may run again when the database asks for it."""
    assert caller.tenant is not None  # noqa: S101  (the type checker's; `_caller` made sure)
    intake.rewind()
    try:
        with enter_tenant(
            gate.ports.engine,
            caller.tenant,
            caller.actor,
            gate.ports.clock,
            read_only=op.reads,
            logged=op.audit is not None or intake.file_asked(op),
            request_id=request_id(),
            origin=origin,
            keyring=gate.ports.keyring,
        ) as firm:
            scope, rest = _through(op, firm, caller, path)
            _prove(gate, op, caller)
            if op.if_match:
                etags.demand()
            if g.rehearsal:
                _rehearse(scope, view, rest)
            if op.idempotent:
                return _once(gate, op, scope, view, rest)
            answered = make_response(view(scope, **rest))
            if op.export and answered.mimetype in op.files:
                gate.takings(scope, Taking(op, path, answered.mimetype))
            return answered
    except _Rehearsed:
        return rows({"valid": True})


def _through(
    op: Operation, firm: TenantScope, caller: Authenticated, path: dict[str, Any]
) -> tuple[TenantScope, dict[str, Any]]:
    """The scope the view gets, and the path parameters that are left for it."""
    if op.scope == "firm":
        if op.by_oauth_scope is None or op.by_oauth_scope not in (firm.actor.ceiling or ()):
            _check(op, on_firm(firm))
        return firm, path
    named = path["book_id"]
    uid = decode("bk", named)
    if uid is None or (caller.books is not None and uid not in caller.books):
        raise BookNotFound
    assert isinstance(op.needs, Permission)  # noqa: S101  (a book's route is never public)
    rest = {name: value for name, value in path.items() if name != "book_id"}
    return enter_book(firm, uid, op.needs), rest


def _rehearse(scope: TenantScope, view: View, rest: dict[str, Any]) -> None:
    make_response(view(scope, **rest))
    raise _Rehearsed


def _once(gate: Gate, op: Operation, scope: TenantScope, view: View, rest: dict[str, Any]) -> Response:
    """The effect, or the answer it had the first time, for whoever may still have it."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise KeyRequired
    if not re.fullmatch(KEY_PATTERN[1:-1], key):
        raise KeyInvalid
    wanted = Claim(scope.actor.key, f"{request.method} {request.path}", key, _fingerprint(gate))
    known = claim(scope, wanted)
    if known is not None:
        if op.again is not None:
            op.again(scope, **rest)
        again = Response(known.body, known.status, dict(known.headers))
        again.headers["Idempotency-Replayed"] = "true"
        return again
    answered = make_response(view(scope, **rest))
    if answered.status_code < 300:
        headers = {name: answered.headers[name] for name in _KEPT_HEADERS if name in answered.headers}
        keep(scope, wanted, Kept(answered.status_code, headers, _without(op.once, answered.get_data())))
    return answered


def _fingerprint(gate: Gate) -> bytes:
    """What the request asks for, keyed so that a stolen row does not let anybody guess a body."""
    asked = [sorted(request.args.items(multi=True)), g.body, intake.files_asked()]
    secret = gate.ports.settings.secret_key.encode()
    return hmac.digest(secret, b"idempotency:" + canonical(asked), hashlib.sha256)


def _without(once: tuple[str, ...], body: bytes) -> bytes:
    if not once:
        return body
    members = orjson.loads(body)
    return dumps(members | {name: None for name in once if name in members})


def _finished(op: Operation, response: Response) -> Response:
    if response.status_code == 204:
        response.set_data(b"")
        del response.headers["Content-Type"]
    return etags.unchanged(response) if op.reads else response
