"""Routes: flask-smorest's blueprint, told to demand what a route must declare.

Invariant: no view is reachable except through `gate.guarded`; a module whose route forgets `needs`, `scope` or
`operation` does not import.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import flask_smorest  # type: ignore[import-untyped]
from marshmallow import Schema

from app.http.gate import guarded
from app.http.parser import Parser
from app.http.types import ErrorShape, Needs, Operation, RateClass, ScopeName

View = TypeVar("View", bound=Callable[..., Any])

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


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
        refs: tuple[str, ...] = (),
        idempotent: bool = False,
        if_match: bool = False,
        rate_class: RateClass = "standard",
        audit: str | None = None,
        job_type: str | None = None,
        limits: Mapping[str, int] | None = None,
        produces: tuple[str, ...] = ("application/json",),
        once: tuple[str, ...] = (),
        step_up: bool = False,
        person: bool = False,
        enrolling: bool = False,
        tolerant: bool = False,
        errors: ErrorShape = "problem",
    ) -> Callable[[View], View]:
        """Register one operation: one method, one name, what it needs and how it behaves.

        `once` names response members that are shown once and never kept for a replay; `step_up` asks for a fresh proof
        of who one is, `person` for no key, and `enrolling` may be asked by who has yet to complete the login. A
        `tolerant` one passes over parameters nobody knows, and `errors` says how it refuses (both as RFC 6749 wants).
        """
        (method,) = methods

        def decorate(view: View) -> View:
            declared = Operation(
                name=operation,
                method=method,
                scope=scope,
                needs=needs,
                refs=refs,
                idempotent=idempotent,
                if_match=if_match,
                rate_class=rate_class,
                audit=audit,
                job_type=job_type,
                limits=dict(limits or {}),
                produces=produces,
                once=once,
                step_up=step_up,
                person=person,
                enrolling=enrolling,
                tolerant=tolerant,
                errors=errors,
                **_arguments_of(view),
            )
            told = {"operationId": operation, "summary": summary_zh, "description": summary_en, **declared.hints()}
            self._serve(rule, declared, self.doc(**told)(view))
            return view

        return decorate

    def _serve(self, rule: str, declared: Operation, view: View) -> None:
        if declared.method not in _METHODS:
            raise ValueError(f"{declared.name}: not a method: {declared.method!r}")
        if declared.scope == "book" and "<book_id>" not in f"{self.url_prefix}{rule}":
            raise ValueError(f"{declared.name}: a book's route names <book_id>")
        self.operations[declared.name] = declared
        self.add_url_rule(rule, declared.name, guarded(declared, view), methods=[declared.method])

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
