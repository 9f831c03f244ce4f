"""The verbs of second factors: enrol, prove, replace, remove.

Invariant: a proof counts once (a step of time is remembered, a counter grows, a recovery code is spent, a challenge is
deleted by its answer); whether a proof fails for a person known or unknown, the same statements are run.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import Connection, RowMapping, delete, insert, update
from sqlalchemy.dialects import postgresql

from app.audit import service as audit
from app.audit.service import Act
from app.identity.factors import queries, rules
from app.identity.factors.errors import FactorNotFound, FactorRejected, LastFactor, TooManyFactors
from app.identity.factors.models import challenge, factor, recovery_code
from app.identity.factors.types import Challenge, Passkey, Proof, RelyingParty
from app.identity.revocations.queries import hold
from infra.crypto import FirmCipher
from infra.ids import encode, new_id
from tenants.scope import TenantScope

_NOBODY = UUID(int=0)
_DECOY_SEED = "A" * 32


# ---- asking and proving


def ask(
    connection: Connection,
    party: RelyingParty,
    kind: str,
    user_id: UUID,
    tenant_id: UUID,
    now: datetime,
    session_id: UUID | None = None,
    generation: int = 0,
) -> Challenge:
    """Ask a person for a second factor, to `login`, to `step_up` or to `register` one; what waited too long goes.

    A login's question carries the generation of the person by which its first factor was proved.
    """
    held = queries.confirmed(connection, user_id)
    chance = secrets.token_bytes(32)
    expires_at = now + rules.CHALLENGE_LIFE
    connection.execute(delete(challenge).where(challenge.c.user_id == user_id, challenge.c.expires_at <= now))
    connection.execute(
        insert(challenge).values(
            hash=rules.challenge_hash(chance),
            kind=kind,
            user_id=user_id,
            tenant_id=tenant_id,
            session_id=session_id,
            expires_at=expires_at,
            generation=generation,
        )
    )
    kinds = {row["kind"] for row in held}
    if kind == "login" and queries.codes_left(connection, user_id):
        kinds.add("recovery_code")
    keys = _keys(held)
    options = rules.request_options(party, keys, chance) if keys and kind != "register" else None
    return Challenge(rules.challenge_text(chance), tuple(sorted(kinds)), options, expires_at)


def answer(
    connection: Connection, cipher: FirmCipher, party: RelyingParty, proof: Proof, now: datetime
) -> RowMapping | None:
    """Whose login a proof completes, and in which firm, or None; the fifth wrong proof ends the login's challenge.

    It never raises for a wrong proof, so that the count of tries is kept.
    """
    hashed = rules.challenge_hash(proof.challenge)
    asked = queries.asked(connection, "login", hashed, None, now)
    proved = prove(connection, cipher, party, asked["user_id"] if asked else _NOBODY, proof, now)
    spent = proved or (asked is not None and asked["tries"] + 1 >= rules.CHALLENGE_TRIES)
    this = challenge.c.hash == hashed
    connection.execute(
        delete(challenge).where(this) if spent else update(challenge).where(this).values(tries=challenge.c.tries + 1)
    )
    return asked if proved else None


def prove(
    connection: Connection, cipher: FirmCipher, party: RelyingParty, user_id: UUID, proof: Proof, now: datetime
) -> bool:
    """Whether a proof is this person's and unused; it is used from now on. The challenge was checked by the caller."""
    held = queries.confirmed(connection, user_id)
    if proof.code is not None:
        return _prove_code(connection, cipher, held, proof.code, now)
    if proof.recovery_code is not None:
        return _prove_recovery(connection, user_id, proof.recovery_code, now)
    if proof.passkey is not None:
        return _prove_passkey(connection, party, held, proof, now)
    return False


def _prove_code(
    connection: Connection, cipher: FirmCipher, held: Sequence[RowMapping], code: str, now: datetime
) -> bool:
    row = next((row for row in held if row["kind"] == "totp"), None)
    seed = cipher.open_field(row["seed"], _place(row["id"])) if row else _DECOY_SEED
    step = rules.matching_step(seed, code, now, row["last_step"] if row else None)
    if row is None or step is None:
        return False
    taken = connection.execute(
        update(factor).where(factor.c.id == row["id"], factor.c.last_step < step).values(last_step=step, used_at=now)
    )
    return taken.rowcount == 1


def _prove_recovery(connection: Connection, user_id: UUID, code: str, now: datetime) -> bool:
    spent = connection.execute(
        update(recovery_code)
        .where(
            recovery_code.c.user_id == user_id,
            recovery_code.c.hash == rules.recovery_hash(code),
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return spent.rowcount == 1


def _prove_passkey(
    connection: Connection, party: RelyingParty, held: Sequence[RowMapping], proof: Proof, now: datetime
) -> bool:
    signed = proof.passkey or {}
    named = rules.credential_id(signed)
    row = next((row for row in held if row["credential_id"] == named), None)
    if row is None:
        return False
    key = Passkey(row["credential_id"], row["public_key"], row["sign_count"])
    count = rules.signed_count(party, signed, proof.challenge, key)
    if count is None:
        return False
    taken = connection.execute(
        update(factor)
        .where(factor.c.id == row["id"], factor.c.sign_count == key.sign_count)
        .values(sign_count=count, used_at=now)
    )
    return taken.rowcount == 1


def take_challenge(scope: TenantScope, kind: str, chance: bytes) -> bool:
    """Whether this session was asked this question and has not answered it; it is answered from now on."""
    hashed = rules.challenge_hash(chance)
    asked = queries.asked(scope.connection, kind, hashed, scope.origin.session, scope.now)
    scope.execute(delete(challenge).where(challenge.c.hash == hashed))
    return asked is not None and asked["user_id"] == scope.actor.id


# ---- enrolling


def begin_totp(scope: TenantScope, cipher: FirmCipher, email: str, name: str) -> dict[str, Any]:
    """Begin to enrol an authenticator app (验证器): its seed is shown once; an enrolment begun before is given up."""
    user_id = _person(scope)
    _check_room(scope, user_id)
    scope.execute(
        delete(factor).where(factor.c.user_id == user_id, factor.c.kind == "totp", factor.c.confirmed_at.is_(None))
    )
    factor_id, seed = new_id(), pyotp.random_base32(32)
    scope.execute(
        insert(factor).values(
            id=factor_id,
            user_id=user_id,
            kind="totp",
            name=name,
            seed=cipher.seal_field(seed, _place(factor_id)),
            created_at=scope.now,
        )
    )
    return {"id": factor_id, "seed": seed, "uri": rules.provisioning_uri(seed, email)}


def confirm_totp(scope: TenantScope, cipher: FirmCipher, code: str) -> dict[str, Any]:
    """Finish an enrolment with a first code; the app takes the place of an older one. Raises `FactorRejected`."""
    user_id = _person_alone(scope)
    begun = queries.begun_totp(scope.connection, user_id)
    seed = cipher.open_field(begun["seed"], _place(begun["id"])) if begun else _DECOY_SEED
    step = rules.matching_step(seed, code, scope.now, None)
    if begun is None or step is None:
        raise FactorRejected
    scope.execute(
        delete(factor).where(factor.c.user_id == user_id, factor.c.kind == "totp", factor.c.id != begun["id"])
    )
    scope.execute(
        update(factor)
        .where(factor.c.id == begun["id"])
        .values(confirmed_at=scope.now, last_step=step, used_at=scope.now)
    )
    return _added(scope, user_id, begun["id"])


def begin_passkey(scope: TenantScope, party: RelyingParty, email: str) -> Challenge:
    """Begin to make a passkey (通行密钥) in this session; raises `TooManyFactors`."""
    user_id = _person(scope)
    held = _check_room(scope, user_id)
    asked = ask(scope.connection, party, "register", user_id, scope.tenant.id, scope.now, scope.origin.session)
    options = rules.creation_options(party, user_id, email, _keys(held), rules.challenge_bytes(asked.secret))
    return Challenge(asked.secret, asked.kinds, options, asked.expires_at)


def add_passkey(scope: TenantScope, party: RelyingParty, name: str, proof: Proof) -> dict[str, Any]:
    """Keep the passkey that answers this session's challenge; raises `FactorRejected`."""
    user_id = _person_alone(scope)
    asked = take_challenge(scope, "register", proof.challenge)
    made = rules.made_passkey(party, proof.passkey or {}, proof.challenge)
    if not asked or made is None:
        raise FactorRejected
    factor_id = new_id()
    kept = scope.execute(
        postgresql.insert(factor)
        .values(
            id=factor_id,
            user_id=user_id,
            kind="passkey",
            name=name,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            created_at=scope.now,
            confirmed_at=scope.now,
        )
        .on_conflict_do_nothing(constraint="factor_credential_uq")
        .returning(factor.c.id)
    )
    if kept.first() is None:
        raise FactorRejected
    return _added(scope, user_id, factor_id)


def remove(scope: TenantScope, factor_id: UUID, *, required: bool) -> None:
    """Take a factor away, and with the last one the recovery codes; raises `FactorNotFound` or `LastFactor`."""
    user_id = _person_alone(scope)
    held = {row["id"]: row for row in queries.confirmed(scope.connection, user_id)}
    if factor_id not in held:
        raise FactorNotFound
    if len(held) == 1 and required:
        raise LastFactor
    scope.execute(delete(factor).where(factor.c.id == factor_id, factor.c.user_id == user_id))
    if len(held) == 1:
        scope.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    _record(scope, "factor.remove", factor_id, {"kind": held[factor_id]["kind"]})


def remove_all(scope: TenantScope, user_id: UUID) -> None:
    """Take every factor and recovery code of a person away, those being enrolled as well; the caller may do that."""
    hold(scope.connection, user_id, alone=True)
    gone = {
        "factors": len(queries.confirmed(scope.connection, user_id)),
        "recovery_codes": queries.codes_left(scope.connection, user_id),
    }
    scope.execute(delete(factor).where(factor.c.user_id == user_id))
    scope.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    details = {what: {"before": held, "after": 0} for what, held in gone.items()}
    audit.record(scope, [Act("factor.remove_all", "user", encode("usr", user_id), details)])


def renew_recovery_codes(scope: TenantScope) -> list[str]:
    """Ten new recovery codes (恢复码), shown once; the old ones end. Raises `FactorNotFound` without a factor."""
    user_id = _person_alone(scope)
    if not queries.confirmed(scope.connection, user_id):
        raise FactorNotFound
    codes = _recovery_codes(scope, user_id)
    audit.record(scope, [Act("recovery_codes.renew", "user", encode("usr", user_id), {})])
    return codes


# ---- within


def _added(scope: TenantScope, user_id: UUID, factor_id: UUID) -> dict[str, Any]:
    """The factor as it now is, with recovery codes when the person has none left."""
    row = queries.shown(scope.connection, user_id, factor_id)
    assert row is not None  # noqa: S101  (the type checker's; it was written a moment ago)
    _record(scope, "factor.add", factor_id, {"kind": row["kind"]})
    codes = [] if queries.codes_left(scope.connection, user_id) else _recovery_codes(scope, user_id)
    return {**row, "recovery_codes": codes}


def _recovery_codes(scope: TenantScope, user_id: UUID) -> list[str]:
    codes = [rules.recovery_code(secrets.token_bytes(rules.RECOVERY_BYTES)) for _ in range(rules.RECOVERY_CODES)]
    scope.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    scope.execute(
        insert(recovery_code),
        [{"user_id": user_id, "hash": rules.recovery_hash(code), "created_at": scope.now} for code in codes],
    )
    return codes


def _check_room(scope: TenantScope, user_id: UUID) -> Sequence[RowMapping]:
    held = queries.confirmed(scope.connection, user_id)
    if len(held) >= rules.MOST_FACTORS:
        raise TooManyFactors(most=rules.MOST_FACTORS)
    return held


def _record(scope: TenantScope, action: str, factor_id: UUID, details: dict[str, Any]) -> None:
    audit.record(scope, [Act(action, "factor", encode("fct", factor_id), details)])


def _keys(held: Sequence[RowMapping]) -> list[bytes]:
    return [row["credential_id"] for row in held if row["kind"] == "passkey"]


def _person(scope: TenantScope) -> UUID:
    """Whose factors these are: the routes let only people in."""
    assert scope.actor.kind == "user" and scope.actor.id is not None  # noqa: S101
    return scope.actor.id


def _person_alone(scope: TenantScope) -> UUID:
    """The person, whose factors nobody else counts or changes until this transaction ends."""
    user_id = _person(scope)
    hold(scope.connection, user_id, alone=True)
    return user_id


def _place(factor_id: UUID) -> str:
    """Where a seed lies, so that it opens nowhere else."""
    return f"platform|factor|seed|{factor_id}"
