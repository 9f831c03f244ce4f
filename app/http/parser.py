"""How schemas get at the parts of a request that the gate has already read and limited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Request, g
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from app.http.errors import RequestInvalid
from app.http.violations import violations_of
from infra.errors import Violation


class Parser(FlaskParser):
    """webargs' parser over the body in `g.body`; its refusals are ours."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The JSON value that `gate` parsed under its limits."""
        return g.body

    def load_form(self, req: Request, schema: Schema) -> Any:
        """The parameters that `gate` parsed under its limits."""
        return g.body

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Raise `RequestInvalid` with every violation at its pointer, or at `query:name`."""
        location, messages = next(iter(error.messages_dict.items()))
        broken = list(violations_of(messages))
        if location == "query":
            broken = [Violation(one.code, f"query:{one.path[1:]}", one.params) for one in broken]
        raise RequestInvalid(violations=broken) from error
