"""The shapes of client books in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.agency.errors import TAX_ID_IS_IDENTITY
from app.http.fields import Choice, Flag, ObjectId, Pattern, PeriodKey, Visible, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.sensitive.types import CompanyTaxId
from app.standards.loader import released

TAXPAYERS = ("general", "small_scale")
INDUSTRIES = ("trade", "service", "industry")
LOCATIONS = ("city", "county", "other")


class SettingsIn(RequestSchema):
    """The switches of a book; null takes one back to its default."""

    reclass = Choice(("detail", "account"), allow_none=True)
    review_by_other = Flag(allow_none=True)
    cashier_signature = Flag(allow_none=True)
    education_surcharge_exempt = Flag(allow_none=True)
    statutory_reserve = Flag(allow_none=True)
    vat_cycle = Choice(("month", "quarter"), allow_none=True)
    cost_method = Choice(("quantity", "ratio", "none"), allow_none=True)
    cost_ratio = Pattern("(0\\.[0-9]{1,6}|1)", allow_none=True)
    finished_goods = Choice(("given", "all"), allow_none=True)
    currency_rates = Choice(("period", "fixed"), allow_none=True)
    closing_drafts = Flag(allow_none=True)
    closing_skip = fields.List(Pattern("[a-z][a-z0-9_-]{0,39}"), validate=validate.Length(max=50), allow_none=True)
    loss_carryforward = Pattern("(0|[1-9][0-9]{0,12})\\.[0-9]{2}", allow_none=True)


class BookIn(RequestSchema):
    """A client's book to be opened (建账)."""

    code = Pattern("[A-Za-z0-9][A-Za-z0-9._-]{0,39}", required=True)
    name = Visible(200, required=True)
    tax_id = CompanyTaxId(TAX_ID_IS_IDENTITY, required=True)
    taxpayer = Choice(TAXPAYERS, required=True)
    industry = Choice(INDUSTRIES, required=True)
    standard = Choice(sorted({standard.id for standard in released()}), required=True)
    start_period = PeriodKey(required=True)
    location = Choice(LOCATIONS, load_default="city")
    small_low_profit = Flag(load_default=True)
    settings = fields.Nested(SettingsIn, load_default=dict)
    code_widths = fields.List(Whole(1, 9), load_default=None, validate=validate.Length(min=1, max=9))


class BookPatch(RequestSchema):
    """A JSON merge patch of a book."""

    name = Visible(200)
    tax_id = CompanyTaxId(TAX_ID_IS_IDENTITY)
    industry = Choice(INDUSTRIES)
    location = Choice(LOCATIONS)
    small_low_profit = Flag()
    settings = fields.Nested(SettingsIn)


class BookOut(ResponseSchema):
    """A client's book (账套): without `book.read` only its names, to the client's side no `settings`."""

    id = ObjectId("bk", required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    tax_id = fields.String()
    taxpayer = Choice(TAXPAYERS)
    industry = Choice(INDUSTRIES)
    location = Choice(LOCATIONS)
    small_low_profit = fields.Boolean()
    standard = fields.String()
    edition = fields.String()
    start_period = fields.String()
    settings = fields.Dict(keys=fields.String())
    state = Choice(("active", "disabled"))
    etag = fields.String()
