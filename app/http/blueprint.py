"""Routes: flask-smorest's blueprint, told to demand what a route must declare.

Invariant: no view is reachable except through `gate.guarded`; a module whose route forgets `needs`, `scope` or
`operation` does not import.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypedDict, TypeVar, Unpack

import flask_smorest  # type: ignore[import-untyped]
from marshmallow import Schema

from app.http.gate import guarded
from app.http.parser import Parser
from app.http.types import ErrorShape, Needs, Operation, RateClass, ScopeName

View = TypeVar("View", bound=Callable[..., Any])

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Words(TypedDict, total=False):
    """What a route may say besides; each word is explained where `Operation` keeps it."""

    refs: tuple[str, ...]
    idempotent: bool
    again: Callable[..., object]
    if_match: bool
    rate_class: RateClass
    audit: str | None
    export: str | None
    job_type: str | None
    limits: Mapping[str, int]
    produces: tuple[str, ...]
    once: tuple[str, ...]
    step_up: bool
    person: bool
    enrolling: bool
    by_oauth_scope: str | None
    tolerant: bool
    errors: ErrorShape


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """The routes of one room, under one tag; `tag_zh` is the Chinese term of its noun."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, *, url_prefix: str, tag_zh: str) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix, description=f"{tag_zh} · {name}")
        self.operations: dict[str, Operation] = {}

    def route(
        self,
        rule: str,
        *,
        methods: Collection[str] = ("GET",),
        needs: Needs,
        scope: ScopeName,
        operation: str,
        summary_zh: str,
        summary_en: str,
        **more: Unpack[Words],
    ) -> Callable[[View], View]:
        """Register one operation: one method, one name, what it needs and how it behaves (`Words`)."""
        (method,) = methods
        if method not in _METHODS:
            raise ValueError(f"{operation}: not a method: {method!r}")
        if scope == "book" and "<book_id>" not in f"{self.url_prefix}{rule}":
            raise ValueError(f"{operation}: a book's route names <book_id>")

        def decorate(view: View) -> View:
            known = _arguments_of(view)
            declared = Operation(name=operation, method=method, scope=scope, needs=needs, **more, **known)
            self.operations[operation] = declared
            told = {"operationId": operation, "summary": summary_zh, "description": summary_en, **declared.hints()}
            documented = self.doc(**told)(view)
            self.add_url_rule(rule, operation, guarded(declared, documented), methods=[method])
            return view

        return decorate

    def arguments(
        self, schema: type[Schema] | Schema, *, location: str = "json", required: bool = True, **kwargs: Any
    ) -> Callable[[View], View]:
        """Parse one part of the request by a schema and hand it to the view after the scope."""
        instance = schema() if isinstance(schema, type) else schema
        decorated: Callable[[View], View] = super().arguments(instance, location=location, required=required, **kwargs)
        return decorated

    def response(
        self, status_code: int, schema: type[Schema] | Schema | None = None, **kwargs: Any
    ) -> Callable[[View], View]:
        """Say what the view answers when it goes well."""
        decorated: Callable[[View], View] = super().response(status_code, schema, **kwargs)
        return decorated


def _arguments_of(view: Callable[..., Any]) -> dict[str, Any]:
    """What the view's `arguments` decorators declared about its query and its body."""
    declared: dict[str, Any] = {"query": frozenset()}
    for parameter in getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ()):
        if parameter["in"] == "query":
            known = parameter["schema"].load_fields
            declared["query"] |= {field.data_key or name for name, field in known.items()}
        elif parameter["in"] in ("json", "files", "form"):
            declared |= {"body": parameter["in"], "body_required": parameter["required"]}
    return declared
