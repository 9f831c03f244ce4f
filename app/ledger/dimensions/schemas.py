"""The shapes of dimensions and items in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Pattern, TaxId, Text, Whole
from app.http.schemas import RequestSchema, ResponseSchema

CODE = "[a-z][a-z0-9_]{0,39}"
MOST_ITEMS = 500
MOST_SUGGESTED = 50


class DimensionIn(RequestSchema):
    """A dimension of the book's own (自定义辅助核算)."""

    code = Pattern(CODE, required=True)
    name_zh = Text(60, required=True)
    name_en = Text(100, load_default="", minimum=0)


class DimensionNames(RequestSchema):
    """The names of a dimension."""

    name_zh = Text(60, required=True)
    name_en = Text(100, load_default="", minimum=0)


class DimensionOut(ResponseSchema):
    """A dimension (辅助核算类别); the six every book begins with are `builtin`."""

    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    builtin = fields.Boolean(required=True)


class DimensionsOut(ResponseSchema):
    """The dimensions of a book."""

    data = fields.List(fields.Nested(DimensionOut), required=True)


class ItemIn(RequestSchema):
    """An item to be added."""

    name = Text(200, required=True)
    code = Text(40, load_default=None)
    tax_id = TaxId(lenient=True, load_default="")


class ItemsIn(RequestSchema):
    """Items to be added together, all or none."""

    items = fields.List(fields.Nested(ItemIn), required=True, validate=validate.Length(min=1, max=MOST_ITEMS))


class ItemPatch(RequestSchema):
    """A JSON merge patch of an item."""

    name = Text(200)
    code = Text(40, allow_none=True)
    tax_id = TaxId(lenient=True)


class SuggestQuery(RequestSchema):
    """What an accountant types to find an item: the beginning of a code or of the pinyin, or a part of a name."""

    q = Text(60, required=True)
    limit = Whole(1, MOST_SUGGESTED, load_default=20)


class ItemOut(ResponseSchema):
    """An item (核算项目); an item that is not `active` takes no new lines."""

    id = fields.String(required=True)
    dimension = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    pinyin = fields.String(required=True)
    tax_id = fields.String(required=True)
    active = fields.Boolean(required=True)
    etag = fields.String(required=True)


class ItemsOut(ResponseSchema):
    """Items, in order."""

    data = fields.List(fields.Nested(ItemOut), required=True)
