"""The shapes of dimensions and items in the API."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from app.http.fields import Choice, Pattern, Reason, Text, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.dimensions.errors import TAX_ID_IS_IDENTITY
from app.sensitive.types import CompanyTaxId, Kind

CODE = "[a-z][a-z0-9_]{0,39}"
MOST_ITEMS = 500
MOST_SUGGESTED = 50
MOST_REVEALED = 100
LONGEST_PARTICULAR = 200


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


class Particular(Text):
    """A sensitive value of one kind; a refused one is not repeated."""

    def __init__(self, kind: Kind, **kwargs: Any) -> None:
        super().__init__(LONGEST_PARTICULAR, **kwargs)
        self.kind = kind

    def read(self, text: str) -> str:
        """The value as it came, when its kind takes it."""
        broken = self.kind.refused(super().read(text))
        if broken is not None:
            raise ValidationError([broken.at()])
        return text


class ParticularsIn(RequestSchema):
    """Sensitive values of an item (敏感资料); null takes one away."""

    identity_number = Particular(Kind.IDENTITY_NUMBER, allow_none=True)
    phone = Particular(Kind.PHONE, allow_none=True)
    bank_account = Particular(Kind.BANK_ACCOUNT, allow_none=True)
    bank_name = Particular(Kind.BANK_NAME, allow_none=True)
    address = Particular(Kind.ADDRESS, allow_none=True)


class ItemIn(RequestSchema):
    """An item to be added."""

    name = Text(200, required=True)
    code = Text(40, load_default=None)
    tax_id = CompanyTaxId(TAX_ID_IS_IDENTITY, load_default="")
    particulars = fields.Nested(ParticularsIn, load_default=dict)


class ItemsIn(RequestSchema):
    """Items to be added together, all or none."""

    items = fields.List(fields.Nested(ItemIn), required=True, validate=validate.Length(min=1, max=MOST_ITEMS))


class ItemPatch(RequestSchema):
    """A JSON merge patch of an item."""

    name = Text(200)
    code = Text(40, allow_none=True)
    tax_id = CompanyTaxId(TAX_ID_IS_IDENTITY)
    particulars = fields.Nested(ParticularsIn)


class FindIn(RequestSchema):
    """The exact value to be found, however it is written; it travels in a body because addresses are logged."""

    kind = Choice([kind.value for kind in Kind if kind.found_by_value], required=True)
    value = Text(LONGEST_PARTICULAR, required=True)


class RevealIn(RequestSchema):
    """Whose particulars are to be read, and why; both are logged."""

    items = fields.List(Pattern("[0-9]{1,18}"), required=True, validate=validate.Length(min=1, max=MOST_REVEALED))
    reason = Reason(200, required=True)


class SuggestQuery(RequestSchema):
    """What an accountant types to find an item: the beginning of a code or of the pinyin, or a part of a name."""

    q = Text(60, required=True)
    limit = Whole(1, MOST_SUGGESTED, load_default=20)


class ParticularsOut(ResponseSchema):
    """The sensitive values of an item, masked (脱敏) unless they were asked for by name; null where there is none."""

    identity_number = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    bank_account = fields.String(required=True, allow_none=True)
    bank_name = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)


class RevealedOut(ResponseSchema):
    """The particulars of one item in the clear."""

    id = fields.String(required=True)
    particulars = fields.Nested(ParticularsOut, required=True)


class RevealedItemsOut(ResponseSchema):
    """Particulars in the clear, in the order asked for."""

    data = fields.List(fields.Nested(RevealedOut), required=True)


class ItemOut(ResponseSchema):
    """An item (核算项目); an item that is not `active` takes no new lines."""

    id = fields.String(required=True)
    dimension = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    pinyin = fields.String(required=True)
    tax_id = fields.String(required=True)
    particulars = fields.Nested(ParticularsOut, required=True)
    active = fields.Boolean(required=True)
    etag = fields.String(required=True)


class ItemsOut(ResponseSchema):
    """Items, in order."""

    data = fields.List(fields.Nested(ItemOut), required=True)
