"""The shapes of a book's own statements."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Pattern, Text, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.standards.reading import READS, ROW_KINDS, SEVERITIES

MOST_ROWS, MOST_COLUMNS, MOST_CHECKS = 300, 6, 50
CODE = "own-[a-z0-9-]{1,30}"
KEY = "[a-z0-9][a-z0-9_]{0,39}"


class OwnColumnIn(RequestSchema):
    """A column; its id says which figures it reads."""

    id = Choice(READS, required=True)
    title_zh = Text(40, required=True)
    title_en = Text(80, required=True)


class OwnColumnsIn(RequestSchema):
    """The columns of each cycle; a cycle without columns is one the statement is not made by."""

    month = fields.List(fields.Nested(OwnColumnIn), load_default=list, validate=validate.Length(max=MOST_COLUMNS))
    quarter = fields.List(fields.Nested(OwnColumnIn), load_default=list, validate=validate.Length(max=MOST_COLUMNS))
    year = fields.List(fields.Nested(OwnColumnIn), load_default=list, validate=validate.Length(max=MOST_COLUMNS))


class OwnRowIn(RequestSchema):
    """A row and its formula, in the language of the standards' forms over the book's own account codes.

    `dr(1122, 2203) - cr(123102)`, `turnover_cr(5001)`, `flow(1)`, `line(sales) - line(costs)`; `hand` is for a figure
    that the ledger does not have.
    """

    key = Pattern(KEY, required=True)
    line = Whole(1, 999, load_default=None, allow_none=True)
    kind = Choice(ROW_KINDS, load_default="item")
    indent = Whole(0, 9, load_default=0)
    name_zh = Text(100, required=True)
    name_en = Text(200, required=True)
    formula = Text(2000, minimum=0, load_default="")


class OwnCheckIn(RequestSchema):
    """An articulation between rows: `line(a) = line(b, c)` or `line(a) >= line(b)`."""

    code = Pattern("[a-z0-9][a-z0-9_.=-]{0,59}", required=True)
    rule = Text(2000, required=True)
    severity = Choice(SEVERITIES, load_default="warns")


class OwnStatementIn(RequestSchema):
    """What a statement says."""

    title_zh = Text(60, required=True)
    title_en = Text(120, required=True)
    columns = fields.Nested(OwnColumnsIn, required=True)
    rows = fields.List(fields.Nested(OwnRowIn), required=True, validate=validate.Length(min=1, max=MOST_ROWS))
    checks = fields.List(fields.Nested(OwnCheckIn), load_default=list, validate=validate.Length(max=MOST_CHECKS))


class NewOwnStatementIn(OwnStatementIn):
    """A statement to be made, with the code it keeps."""

    code = Pattern(CODE, required=True)


class OwnColumnOut(ResponseSchema):
    """A column."""

    id = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)


class OwnRowOut(ResponseSchema):
    """A row as it is kept."""

    key = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    kind = fields.String(required=True)
    indent = fields.Integer(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    formula = fields.String(required=True)


class OwnCheckOut(ResponseSchema):
    """An articulation as it is kept."""

    code = fields.String(required=True)
    rule = fields.String(required=True)
    severity = fields.String(required=True)


class OwnStatementOut(ResponseSchema):
    """A statement as it is kept."""

    code = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    columns = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(OwnColumnOut)), required=True)
    rows = fields.List(fields.Nested(OwnRowOut), required=True)
    checks = fields.List(fields.Nested(OwnCheckOut), required=True)
    etag = fields.String(required=True)


class OwnStatementsOut(ResponseSchema):
    """Every statement the book defines."""

    items = fields.List(fields.Nested(OwnStatementOut), required=True)
