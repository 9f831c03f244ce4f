"""The shapes of the register: what is uploaded, and invoices with their lines and problems."""

from __future__ import annotations

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields, validate

from app.documents.types import MOST_FILES
from app.http.fields import Choice, Day, Instant, Money, ObjectId, PeriodKey, Quantity, Rate, Reason, Text, UnitPrice
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema

DIRECTIONS = ("sales", "purchase", "unknown")
STATES = ("registered", "booked", "needs_attention", "not_booked")


class UploadIn(RequestSchema):
    """Files of invoices: 数电票 XML, OFD, 全量发票查询导出结果, or a zip of these."""

    files = fields.List(Upload(), required=True, validate=validate.Length(1, MOST_FILES))


class KeptOut(ResponseSchema):
    """A file that was kept; `duplicate` when the book had the same bytes before."""

    document_id = ObjectId("doc", required=True)
    filename = Text(255, required=True)
    duplicate = fields.Boolean(required=True)


class UploadOut(ResponseSchema):
    """The job that reads the files, and what was kept."""

    job_id = ObjectId("job", required=True)
    documents = fields.List(fields.Nested(KeptOut), required=True)


class AgainOut(ResponseSchema):
    """A document that is read again."""

    document_id = ObjectId("doc", required=True)
    filename = Text(255, required=True)


class ReadAgainOut(ResponseSchema):
    """The job that reads the documents, and which they are."""

    job_id = ObjectId("job", required=True)
    documents = fields.List(fields.Nested(AgainOut), required=True)


class InvoicesQuery(PageQuery):
    """A list of invoices by month of issue, direction and state."""

    period = PeriodKey(load_default=None)
    direction = Choice(DIRECTIONS, load_default=None)
    state = Choice(STATES, load_default=None)


class DismissIn(RequestSchema):
    """Why the invoice is not booked; kept with it."""

    reason = Reason(200, required=True)


class PartyOut(ResponseSchema):
    """Seller or buyer as printed."""

    name = Text(500, required=True, minimum=0)
    tax_id = Text(500, required=True, minimum=0)


class ProblemOut(ResponseSchema):
    """A reason or a doubt; `detail` holds the facts, `message` is in the caller's language."""

    code = Text(80, required=True)
    detail = Text(300, required=True, minimum=0)
    message = Text(500, required=True)


class InvoiceOut(ResponseSchema):
    """An invoice of the register; `business` names the business kinds of its lines."""

    id = ObjectId("inv", required=True)
    direction = Choice(DIRECTIONS, required=True)
    kind = Text(40, required=True)
    code = Text(12, required=True, minimum=0)
    number = Text(20, required=True)
    issued_on = Day(required=True)
    seller = fields.Nested(PartyOut, required=True)
    buyer = fields.Nested(PartyOut, required=True)
    net = Money(required=True)
    tax = Money(required=True)
    gross = Money(required=True)
    red = fields.Boolean(required=True)
    special = fields.Boolean(required=True)
    original_number = Text(20, required=True, allow_none=True)
    status = Text(20, required=True)
    business = Text(300, required=True, minimum=0)
    state = Choice(STATES, required=True)
    problems = fields.List(fields.Nested(ProblemOut), required=True)
    document_id = ObjectId("doc", required=True)
    voucher_id = ObjectId("vch", required=True, allow_none=True)
    voucher_status = Text(20, required=True, allow_none=True)
    created_at = Instant(required=True)


class LineOut(ResponseSchema):
    """A line (明细行)."""

    line_no = fields.Integer(required=True)
    name = Text(500, required=True, minimum=0)
    tax_code = Text(500, required=True, minimum=0)
    quantity = Quantity(required=True, allow_none=True)
    unit_price = UnitPrice(required=True, allow_none=True)
    net = Money(required=True)
    tax_rate = Rate(required=True, allow_none=True)
    tax = Money(required=True)


class InvoiceWithLinesOut(InvoiceOut):
    """An invoice with its lines."""

    lines = fields.List(fields.Nested(LineOut), required=True)
