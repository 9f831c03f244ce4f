"""The operations as the OpenAPI document of the product tells them: the matrix is made from this and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

from app.http.openapi import DOCUMENT

_METHODS = ("get", "put", "post", "patch", "delete")
_BODIES = {"multipart/form-data": "files", "application/x-www-form-urlencoded": "form", "application/json": "json"}
_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Operation:
    """One method at one path, and what the document says it needs."""

    name: str
    method: str
    path: str
    scope: str
    permission: str
    refs: tuple[str, ...]
    query: Mapping[str, Mapping[str, Any]]
    headers: frozenset[str]
    body: str | None
    body_required: bool
    hints: Mapping[str, Any] = field(repr=False)

    @property
    def parameters(self) -> list[str]:
        """The names in its path, from left to right."""
        return _PARAMETER.findall(self.path)

    @property
    def reads(self) -> bool:
        """Whether it may change nothing."""
        return self.method == "GET"

    @property
    def repeats(self) -> bool:
        """Whether a write is kept under an idempotency key."""
        return "Idempotency-Key" in self.headers

    @property
    def versioned(self) -> bool:
        """Whether a write must say which version it means."""
        return "If-Match" in self.headers

    @property
    def personal(self) -> bool:
        """Whether only a person may ask, or only after a fresh proof of being that person."""
        return bool(self.hints.get("x-person") or self.hints.get("x-step-up"))

    @property
    def fresh(self) -> bool:
        """Whether it asks for a fresh proof of who one is."""
        return bool(self.hints.get("x-step-up"))

    @property
    def pages(self) -> bool:
        """Whether it is a list with a cursor."""
        return "cursor" in self.query


def read_document(client: FlaskClient) -> dict[str, Operation]:
    """Every operation by its name."""
    paths = client.get(DOCUMENT).json["paths"]
    found = [
        _operation(path, method, told, item.get("parameters", []))
        for path, item in paths.items()
        for method, told in item.items()
        if method in _METHODS
    ]
    assert len({one.name for one in found}) == len(found), "two operations have one name"
    return {one.name: one for one in found}


def _operation(path: str, method: str, told: dict[str, Any], shared: list[dict[str, Any]]) -> Operation:
    parameters = [one for one in [*shared, *told.get("parameters", [])] if "name" in one]
    content = told.get("requestBody", {}).get("content", {})
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        scope=told["x-scope"],
        permission=told["x-permission"],
        refs=tuple(told["x-object-refs"]),
        query={one["name"]: one for one in parameters if one["in"] == "query"},
        headers=frozenset(one["name"] for one in parameters if one["in"] == "header"),
        body=next((kind for media, kind in _BODIES.items() if media in content), None),
        body_required=bool(told.get("requestBody", {}).get("required")),
        hints={name: value for name, value in told.items() if name.startswith("x-")},
    )
