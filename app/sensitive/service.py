"""The verbs on one sensitive value: seal it into a column, open it again, say how its column is searched.

Invariant: a value goes into the database only sealed by the firm's key and bound to its place, and into a refusal, a
log or an act (操作日志) never in the clear.
"""

from __future__ import annotations

from app.sensitive.types import Kind, Sealed
from tenants.scope import TenantScope


def seal(scope: TenantScope, kind: Kind, value: str, place: str) -> Sealed:
    """Seal an accepted value into a column; `place` is `book|table|column|row` and must be given again to open it."""
    cipher = scope.cipher
    blind = cipher.blind(kind.comparable(value), kind.value) if kind.found_by_value else None
    return Sealed(cipher.seal_field(value, place), blind)


def unseal(scope: TenantScope, sealed: str, place: str) -> str:
    """The value of a column; raises `crypto.unreadable`."""
    return scope.cipher.open_field(sealed, place)


def blinds(scope: TenantScope, kind: Kind, text: str) -> list[bytes]:
    """What the blind index of a column holds when it holds this value; raises `SensitiveRejected`."""
    return scope.cipher.blinds(kind.comparable(kind.accept(text)), kind.value)
