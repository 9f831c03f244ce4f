"""The shapes every room's schemas stand on: strict requests, documented answers, the problem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, pre_load, validate

from app.http.errors import FIELD_LENGTH

MOST_ITEMS = 1_000  # of a list whose field says nothing about its length


class RequestSchema(Schema):
    """What comes in: an unknown field is refused, never ignored."""

    class Meta:
        """`additionalProperties: false` in the document."""

        unknown = RAISE

    @pre_load
    def _count_first(self, given: Any, **kwargs: Any) -> Any:
        """Refuse a list with too many items before any of them is looked at: each would cost its share of a refusal."""
        if isinstance(given, Mapping):
            long = [
                key for key, most in _lists(type(self)) if isinstance(given.get(key), list) and len(given[key]) > most
            ]
            if long:
                raise ValidationError({key: [FIELD_LENGTH.at()] for key in long})
        return given


@cache
def _lists(schema: type[Schema]) -> tuple[tuple[str, int], ...]:
    """The lists of a schema, each with how many items it may have."""
    declared = schema._declared_fields.items()
    return tuple((field.data_key or name, _most(field)) for name, field in declared if isinstance(field, fields.List))


def _most(field: fields.Field[Any]) -> int:
    said = [one.equal or one.max for one in field.validators if isinstance(one, validate.Length)]
    return min([most for most in said if most is not None], default=MOST_ITEMS)


class ResponseSchema(Schema):
    """What goes out: clients are told to ignore what they do not know, so nothing closes the object."""

    class Meta:
        """No `additionalProperties` in the document."""

        unknown = EXCLUDE


class ProblemError(ResponseSchema):
    """One field that is not right: `pointer` into the body, or `in` and `name` for a query parameter or header."""

    pointer = fields.String()
    in_ = fields.String(data_key="in")
    name = fields.String()
    code = fields.String(required=True)
    message = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Problem(ResponseSchema):
    """RFC 9457 with our members; `code` is the contract, texts are translated."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String()
    params = fields.Dict(keys=fields.String(), values=fields.String())
    errors = fields.List(fields.Nested(ProblemError))
    errors_truncated = fields.Boolean()
    retryable = fields.Boolean(required=True)
    instance = fields.String(required=True)
    request_id = fields.String(required=True)


class OAuthError(ResponseSchema):
    """RFC 6749, 5.2: how the endpoints of OAuth refuse."""

    error = fields.String(required=True)
    error_description = fields.String()
    state = fields.String()


class PageInfo(ResponseSchema):
    """Where the next page begins."""

    next_cursor = fields.String(required=True, allow_none=True)
    has_more = fields.Boolean(required=True)
    limit = fields.Integer(required=True)


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items: `{"data": [...], "page": {...}}` (API-060)."""
    members: dict[str, Any] = {
        "__module__": item.__module__,
        "data": fields.List(fields.Nested(item), required=True),
        "page": fields.Nested(PageInfo, required=True),
    }
    return type(f"{item.__name__}Page", (ResponseSchema,), members)


class Valid(ResponseSchema):
    """The answer to `?validate_only=true`."""

    valid = fields.Boolean(required=True)
