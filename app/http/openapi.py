"""The OpenAPI 3.1 document: what flask-smorest writes, corrected where it tells less than the truth (API-170, 171)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import flask_smorest  # type: ignore[import-untyped]
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, ValidationError

from app.http import problem
from app.http.blueprint import Blueprint
from app.http.etags import TAG_PATTERN
from app.http.fields import NO_NUL, id_pattern
from app.http.gate import KEY_PATTERN
from app.http.replies import rows
from app.http.schemas import OAuthError, Problem, Valid
from app.http.types import Operation
from infra.ids import decode, encode

DOCUMENT = "/v1/openapi.json"
VERSION = "1.0.0"

_ALWAYS = (400, 405, 406, 429, 500, 503)
_WITH_TOKEN = (401, 403, 404, 410)
_WITH_BODY = (413, 415)
_WITH_FIELDS = (422,)
_WRITES = (409,)
_VERSIONED = (412, 428)
_LOGIN = (401, 403)
_NAMED = (404,)
_BY_ROUTING = 405
_JSON = "application/json"


class IdConverter(BaseConverter):
    """`<id("vch"):voucher_id>` in a rule: the UUID behind an id of that kind, or no such address."""

    def __init__(self, url_map: Any, prefix: str) -> None:
        super().__init__(url_map)
        self.prefix = prefix

    def to_python(self, value: str) -> UUID:
        """The UUID of an id."""
        found = decode(self.prefix, value)
        if found is None:
            raise ValidationError
        return found

    def to_url(self, value: UUID) -> str:
        """The id of a UUID."""
        return encode(self.prefix, value)


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest's registry with our problem, our field kinds and one document."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self._operations: dict[str, Operation] = {}
        self._schemas: dict[str, type[Schema]] = {}
        super().__init__(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(self._schema_name)})
        self.register_converter(IdConverter, lambda converter: _id_parameter(converter.prefix))
        self.ma_plugin.converter.add_attribute_function(_described)
        scheme = {
            "type": "http",
            "scheme": "bearer",
            "description": "zf_s_… 会话 · zf_k_… API key · zf_a_… OAuth · zf_v_… break-glass · zf_o_… operator",
        }
        self.spec.components.security_scheme("bearer", scheme)
        self.spec.components.schema("Json", _ANY_JSON)
        self.spec.components.schema("Problem", schema=Problem)
        for status, (zh, en) in problem.TITLES.items():
            content = {problem.MEDIA_TYPE: {"schema": _ref("schemas", "Problem")}}
            told = {"description": f"{zh} · {en}", "content": content}
            self.spec.components.response(f"Problem{status}", told)
            said = {_JSON: {"schema": _ref("schemas", "OAuthError")}}
            self.spec.components.response(f"OAuthError{status}", {"description": f"{zh} · {en}", "content": said})
        self.spec.components.schema("OAuthError", schema=OAuthError)
        self.spec.components.schema("Valid", schema=Valid)

    def _schema_name(self, schema: Any) -> str:
        """The class name of a schema; the second room with the same name puts its own before it."""
        named: type[Schema] = schema if isinstance(schema, type) else type(schema)
        if self._schemas.setdefault(named.__name__, named) is named:
            return named.__name__
        room = named.__module__.split(".")[1:-1]
        return "".join(part.title().replace("_", "") for part in room) + named.__name__

    def _register_responses(self) -> None:
        """None of flask-smorest's error responses: `_complete` writes ours on every operation."""

    def _register_etag_headers(self) -> None:
        """Nor its tags: ours come from row versions."""

    def _register_pagination_header(self) -> None:
        """Nor its pages: ours have cursors."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """flask-smorest would drop `Allow` and answer its own body; ours answers instead."""
        return problem.answer(error)

    def add(self, blp: Blueprint) -> None:
        """Register a room's routes; an operation name that is taken raises `ValueError`."""
        taken = self._operations.keys() & blp.operations.keys()
        if taken:
            raise ValueError(f"operations are named twice: {sorted(taken)}")
        self._operations |= blp.operations
        self.register_blueprint(blp)

    def document(self) -> dict[str, Any]:
        """The whole document, every error in its media type and every operation with its security."""
        document: dict[str, Any] = self.spec.to_dict()
        for path in document["paths"].values():
            for parameter in path.get("parameters", ()):
                if parameter.get("name") == "book_id":
                    parameter["schema"] = _id_parameter("bk")
            for told in path.values():
                if isinstance(told, dict) and "operationId" in told:
                    _complete(told, self._operations[told["operationId"]])
        _drop_null_defaults(document)
        return document


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


_NO_NUL = {"type": "string", "pattern": NO_NUL}
_ANY_MEMBERS = {"propertyNames": _NO_NUL, "additionalProperties": _ref("schemas", "Json")}
_ANY_JSON = {
    "description": "任意 JSON，不含 NUL 字符 · any JSON without NUL",
    "anyOf": [
        {"type": ["null", "boolean", "number"]},
        _NO_NUL,
        {"type": "array", "items": _ref("schemas", "Json")},
        {"type": "object", **_ANY_MEMBERS},
    ],
}


def _drop_null_defaults(part: Any) -> None:
    """Take away `default: null`: it says that an optional member may be left out, which `required` says already."""
    if isinstance(part, dict):
        if "default" in part and part["default"] is None:
            del part["default"]
        part = list(part.values())
    if isinstance(part, list):
        for below in part:
            _drop_null_defaults(below)


def _id_parameter(prefix: str) -> dict[str, str]:
    return {"type": "string", "pattern": id_pattern(prefix)}


def _described(converter: Any, field: Any, **kwargs: Any) -> dict[str, Any]:
    if isinstance(field, fields.Dict):
        keys = getattr(field.key_field, "openapi", None)
        told = {"propertyNames": keys()} if keys else {}
        return told if field.value_field else {**_ANY_MEMBERS, **told}
    own = getattr(field, "openapi", None)
    if own is None:
        return {}
    described: dict[str, Any] = dict(own())
    if field.allow_none:
        described["type"] = [described["type"], "null"]
        if "enum" in described:
            described["enum"] = [*described["enum"], None]
    return described


def _complete(told: dict[str, Any], op: Operation) -> None:
    """Add to an operation what its declaration says: security, headers, rehearsal and every refusal."""
    told["security"] = [] if op.scope == "public" else [{"bearer": []}]
    parameters = told.setdefault("parameters", [])
    if op.idempotent:
        parameters.append(_header("Idempotency-Key", {"type": "string", "pattern": KEY_PATTERN}, True))
    if op.if_match:
        parameters.append(_header("If-Match", {"type": "string", "pattern": TAG_PATTERN}, True))
    if op.reads and op.scope != "public":
        parameters.append(_header("If-None-Match", {"type": "string"}, False))
    responses = told.setdefault("responses", {})
    if op.reads and op.scope != "public":
        responses["304"] = {"description": "Not Modified"}
    if op.validates:
        parameters.append({"name": "validate_only", "in": "query", "schema": {"type": "boolean"}})
        _may_be_valid(responses)
    if op.errors == "oauth":
        responses.pop("422", None)  # flask-smorest's own: there a parameter that does not hold is a 400
    files = {media: {"schema": _content_of(media)} for media in op.produces if media != _JSON}
    if files and "200" in responses:
        responses["200"]["content"] = {**files, **responses["200"].get("content", {})}
    own = {int(status) for status in responses if status.isdigit() and int(status) >= 400}
    for status in sorted(own.union(_refusals(op))):
        shape = "OAuthError" if op.errors == "oauth" and status != _BY_ROUTING else "Problem"
        responses[str(status)] = _beside(responses.get(str(status), {}), f"{shape}{status}")


def _content_of(media: str) -> dict[str, str]:
    return {"type": "string"} if media == "text/html" else {"type": "string", "format": "binary"}


def _beside(known: dict[str, Any], shape: str) -> dict[str, Any]:
    """A refusal; beside it the fates of a bulk call that was refused as a whole, where a route tells of them."""
    if _JSON not in known.get("content", {}):
        return _ref("responses", shape)
    return {**known, "content": {**known["content"], problem.MEDIA_TYPE: {"schema": _ref("schemas", "Problem")}}}


def _refusals(op: Operation) -> list[int]:
    statuses = [*_ALWAYS]
    if op.errors == "oauth":
        return sorted([*statuses, *_LOGIN, *_WITH_BODY])
    statuses += _WITH_TOKEN if op.scope != "public" else ()
    statuses += _WITH_BODY if op.body else ()
    statuses += _WITH_FIELDS if op.body or op.query or op.validates else ()
    statuses += _WRITES if not op.reads else ()
    statuses += _VERSIONED if op.if_match else ()
    statuses += _LOGIN if op.rate_class == "login" else ()
    statuses += _NAMED if op.scope == "public" and op.refs else ()
    return sorted(statuses)


def _may_be_valid(responses: dict[str, Any]) -> None:
    """A rehearsal answers 200 `{"valid": true}`, beside whatever else a 200 of the operation holds."""
    usual = responses.setdefault("200", {"description": "validate_only"})
    held = usual.setdefault("content", {}).setdefault(_JSON, {})
    valid = _ref("schemas", "Valid")
    held["schema"] = {"anyOf": [held["schema"], valid]} if "schema" in held else valid


def _header(name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def serve(app: Flask, api: Api) -> None:
    """Serve the document; it is made once, when all rooms are registered."""
    document = api.document()
    app.add_url_rule(DOCUMENT, "openapi", lambda: rows(document), methods=["GET"])
