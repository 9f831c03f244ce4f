"""The words of this storey: who calls, what a route declares, and what a view outside any firm is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Engine

from app.kernel.permissions import Permission
from infra.errors import Refusal
from infra.ports import Ports
from tenants.scope import Actor, Origin, TenantRef, TenantScope


class _Public:
    """The mark of a route that anybody may call."""

    value = "public"


PUBLIC: Final = _Public()
Needs = Permission | _Public
ScopeName = Literal["book", "firm", "ops", "public"]
RateClass = Literal["standard", "bulk", "heavy", "login"]
ErrorShape = Literal["problem", "oauth"]
"""How an operation refuses: as RFC 9457 says, or, where a protocol wants it, as RFC 6749 does."""


_SHOWN = frozenset({"application/json", "text/html"})

STEP_UP_LIFE = timedelta(minutes=5)
"""How long a proof of who one is holds for what asks for a fresh one (SEC-033)."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Whom a token stands for; an operator has no firm, and `books` limits a key to the books of these uids.

    `session` is the token's id, `strong_at` when the person last proved who it is, `on_behalf` the OAuth client that
    asks for it; `pending` is the refusal of everything but what completes the login.
    """

    actor: Actor
    tenant: TenantRef | None
    books: frozenset[UUID] | None = None
    session: UUID | None = None
    strong_at: datetime | None = None
    on_behalf: str = ""
    pending: Refusal | None = None


Authenticate = Callable[[Engine, str, datetime], Authenticated | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a witness is told of: a refusal at the doors, or a visit that is to leave a trace of its own."""

    caller: Authenticated
    operation: Operation
    path: Mapping[str, Any]
    refusal: Refusal | None
    request_id: str
    origin: Origin


Witness = Callable[[Ports, Sight], None]


@dataclass(frozen=True, slots=True)
class Taking:
    """What leaves as a file: by which operation, of what, and in which media type."""

    operation: Operation
    path: Mapping[str, Any]
    media: str


Takings = Callable[[TenantScope, Taking], None]
"""Who writes down, in the transaction that made a file, that it was taken."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What every view's wrapper needs: the ports of the process, the way to know a caller, and who writes down what
    was refused and what was taken away."""

    ports: Ports
    authenticate: Authenticate
    witness: Witness
    takings: Takings


@dataclass(frozen=True, slots=True)
class Visit:
    """What a view without a firm gets instead of a scope: `public` views know nobody, `ops` views an operator."""

    ports: Ports
    actor: Actor | None
    now: datetime
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Everything a route declares; the wrapper obeys it and the OpenAPI document shows it (API-171).

    `audit` is the act a view records, `export` the one the gate records for every answer that is a file.
    `refs` name what else the request names (`path:…`, `query:…`, `body:/pointer`). `again` opens the doors that the
    view opens by itself, called like the view before an answer is given a second time: a firm's route that names what
    lies in books has such doors. `once` are response members that are shown once and never kept for a replay;
    `step_up` asks for a fresh proof of who one is, `person` for no key, and `enrolling` may be asked by who has yet to
    complete the login; with the scope `by_oauth_scope` an OAuth token needs no permission. A `tolerant` one passes
    over parameters nobody knows, and `errors` says how it refuses (both as RFC 6749 wants).
    """

    name: str
    method: str
    scope: ScopeName
    needs: Needs
    refs: tuple[str, ...] = ()
    idempotent: bool = False
    again: Callable[..., object] | None = None
    if_match: bool = False
    rate_class: RateClass = "standard"
    audit: str | None = None
    export: str | None = None
    job_type: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    produces: tuple[str, ...] = ("application/json",)
    once: tuple[str, ...] = ()
    step_up: bool = False
    person: bool = False
    enrolling: bool = False
    by_oauth_scope: str | None = None
    tolerant: bool = False
    errors: ErrorShape = "problem"
    query: frozenset[str] = frozenset()
    body: Literal["json", "files", "form"] | None = None
    body_required: bool = True

    def __post_init__(self) -> None:
        inside = self.scope in ("book", "firm")
        if (self.needs is PUBLIC) != (self.scope == "public"):
            raise ValueError(f"{self.name}: a public scope and a public need go together")
        if inside and self.reads and self.files and not (self.audit or self.export):
            raise ValueError(f"{self.name}: what is taken away as a file leaves a line in the log")
        if self.again and not self.idempotent:
            raise ValueError(f"{self.name}: only what is idempotent by key is answered again")
        if (self.idempotent or self.if_match) and (self.reads or not inside):
            raise ValueError(f"{self.name}: only a write inside a firm is idempotent by key or takes If-Match")

    @property
    def reads(self) -> bool:
        """Whether the operation may never change anything."""
        return self.method == "GET"

    @property
    def files(self) -> frozenset[str]:
        """The media types of its answers that are taken away, and not shown on a screen."""
        return frozenset(self.produces) - _SHOWN

    @property
    def validates(self) -> bool:
        """Whether `?validate_only=true` may be asked: writes inside a firm that take no files (API-011)."""
        return not self.reads and self.scope in ("book", "firm") and self.body != "files"

    @property
    def max_bytes(self) -> int:
        """The largest body, in bytes: 2 MB of JSON, 5 MB in bulk, or what `limits` says (API-024)."""
        return self.limits.get("max_bytes", 5_000_000 if self.rate_class == "bulk" else 2_000_000)

    def hints(self) -> dict[str, Any]:
        """The `x-` members of the operation in the OpenAPI document."""
        return {
            "x-permission": self.needs.value,
            "x-scope": self.scope,
            "x-object-refs": list(self.refs),
            "x-idempotent": self.idempotent,
            "x-if-match": self.if_match,
            "x-job-type": self.job_type,
            "x-rate-class": self.rate_class,
            "x-audit-event": self.audit or self.export,
            "x-step-up": self.step_up,
            "x-person": self.person,
            **({"x-oauth-scope": self.by_oauth_scope} if self.by_oauth_scope else {}),
            "x-limits": {"max_bytes": self.max_bytes, **self.limits} if self.body else dict(self.limits),
        }
