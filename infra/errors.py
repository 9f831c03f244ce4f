"""Refusals: every "no" this product says has a stable code, a family (HTTP status) and both languages.

It stands in `infra` because all four packages refuse things, and the street runs one way (docs/adr/0002).
Invariant: a code is registered once; codes are never reused for another meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Message:
    """A code with its texts; `zh` and `en` are `str.format` templates over the refusal's params."""

    code: str
    zh: str
    en: str
    status: int | None = None


CATALOGUE: dict[str, Message] = {}


def register(code: str, zh: str, en: str, status: int | None = None) -> Message:
    """Put a code into the catalogue, or raise `ValueError` when another meaning already owns it."""
    known, new = CATALOGUE.get(code), Message(code, zh, en, status)
    if known is not None and known != new:
        raise ValueError(f"refusal code {code!r} is registered twice")
    CATALOGUE[code] = new
    return new


def render(code: str, params: Mapping[str, Any], language: str = "zh-CN") -> str:
    """The message of a code in one language; what is missing, a param or the code itself, stands as its name.

    A stored code may be older or newer than this process, and one row must not take its whole list away.
    """
    message = CATALOGUE.get(code, Message(code, code, code))
    template = message.en if language == "en" else message.zh
    return template.format_map(_Params(params))


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule inside a request; `path` is a JSON pointer (RFC 6901) into the request body."""

    code: str
    path: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered violation code that makes violations: `LINE_EMPTY.at("/lines/0", line=1)`."""

    code: str

    def at(self, path: str = "", **params: Any) -> Violation:
        """The violation of this rule at a JSON pointer."""
        return Violation(self.code, path, params)


def rule(code: str, zh: str, en: str) -> Rule:
    """Register a violation code and return the rule that makes its violations."""
    return Rule(register(code, zh, en).code)


class Refusal(Exception):
    """A coded refusal; subclasses set `code`, `zh`, `en` and inherit the family's `status`.

    `params` fill the templates, `violations` carry every broken rule at once, `headers` reach the HTTP answer;
    `internal` is for the log of the process alone: names of ours (of an object, a folder) that are nobody else's.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = ""
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            register(cls.code, cls.zh, cls.en, cls.status)

    def __init__(
        self,
        *,
        violations: Iterable[Violation] = (),
        headers: Mapping[str, str] | None = None,
        internal: Mapping[str, str] | None = None,
        **params: Any,
    ) -> None:
        self.params = params
        self.internal = dict(internal or {})
        self.violations = tuple(violations)
        self.headers = dict(headers or {})
        super().__init__(self.code, params, self.violations, self.internal)

    def message(self, language: str = "zh-CN") -> str:
        """The refusal's sentence in one language."""
        return render(self.code, self.params, language)


class Malformed(Refusal):
    """The request cannot be read (400)."""

    status = 400


class Unauthenticated(Refusal):
    """No token, or one that does not hold (401)."""

    status = 401


class Forbidden(Refusal):
    """A known object, but the permission is missing (403)."""

    status = 403


class NotFound(Refusal):
    """Unknown, another firm's, or not granted: one answer for the three (404)."""

    status = 404


class Conflict(Refusal):
    """The state does not allow it now (409)."""

    status = 409


class Stale(Refusal):
    """The caller's version is not the current one (412)."""

    status = 412


class PreconditionRequired(Refusal):
    """The caller must say which version it means (428)."""

    status = 428


class TooLarge(Refusal):
    """Over a size limit (413)."""

    status = 413


class RuleViolation(Refusal):
    """Readable, but against a rule; carries every violation (422)."""

    status = 422


class TooMuch(Refusal):
    """Over a rate or a quota (429)."""

    status = 429
    retryable = True


class Unavailable(Refusal):
    """Not now; try again (503 + Retry-After)."""

    status = 503
    retryable = True
