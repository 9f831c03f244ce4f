"""The shapes of the import of vouchers in the API."""

from __future__ import annotations

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields

from app.http.fields import Choice, Flag
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.vouchers.bulk.schemas import BulkResult, BulkSummary


class ImportFile(RequestSchema):
    """The workbook."""

    file = Upload(required=True)


class ImportQuery(RequestSchema):
    """`atomic`: all vouchers or none; `dry_run`: every violation by row, and nothing is drafted."""

    mode = Choice(("atomic", "partial"), load_default="partial")
    dry_run = Flag(load_default=False)


class ImportResult(BulkResult):
    """The fate of one voucher of the workbook; `rows` and the pointers of its problem count as the workbook does."""

    named = fields.String(required=True)
    rows = fields.List(fields.Integer(), required=True)


class ImportOut(ResponseSchema):
    """A fate for every voucher, in the order of the workbook."""

    dry_run = fields.Boolean(required=True)
    status = Choice(("done", "partial", "failed"), required=True)
    summary = fields.Nested(BulkSummary, required=True)
    results = fields.List(fields.Nested(ImportResult), required=True)
