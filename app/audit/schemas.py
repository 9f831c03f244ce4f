"""The shapes of the log of acts."""

from __future__ import annotations

from marshmallow import fields

from app.audit.files.rules import KINDS
from app.http.fields import Choice, Day, Instant, ObjectId, Text, Whole
from app.http.pages import PageQuery
from app.http.schemas import RequestSchema, ResponseSchema


class EventsWanted(RequestSchema):
    """Which lines: `from` and `to` are days of the Shanghai calendar, both included; `q` is any part of the content.

    A search by `q` without `from` looks back a year.
    """

    actor = Text(
        200,
        load_default="",
        metadata={
            "description": "操作人：标识 usr_…、key_…、cli_…（含其代表他人所为），或名称，或日志原文（如 visitor:…）"
            " · who acted: the id usr_…, key_… or cli_… (then also on whose behalf), the name, or the word of the line"
        },
    )
    since = Day(data_key="from", load_default=None)
    until = Day(data_key="to", load_default=None)
    action = Text(
        100,
        load_default="",
        metadata={
            "description": "动作：全名，或按“.”分段的前几段（voucher 含 voucher.post，vouch 不含）"
            " · the act: all of its name, or its first words up to a dot (voucher finds voucher.post, vouch does not)"
        },
    )
    object_type = Text(100, load_default="")
    object_id = Text(200, load_default="")
    q = Text(100, load_default="")


class EventsQuery(PageQuery, EventsWanted):
    """A page of lines."""


class EventsFileQuery(EventsWanted):
    """Lines as a file."""

    format = Choice(KINDS, load_default="xlsx")


class EventOut(ResponseSchema):
    """A line (操作日志): who did what, when and from where. Of personal values only the names are shown.

    `actor` is the id that the API gives whoever acted; in the line itself, in its proof and in files of the log, it is
    the word that was hashed, as `user:` and a UUID.
    """

    id = ObjectId("aud", required=True)
    seq = fields.Integer(required=True)
    hash = fields.String(required=True)
    book_id = ObjectId("bk", required=True, allow_none=True)
    at = Instant(required=True)
    actor = fields.String(required=True)
    actor_name = fields.String(required=True)
    on_behalf = fields.String(required=True)
    session = fields.String(required=True, allow_none=True)
    address = fields.String(required=True)
    agent = fields.String(required=True)
    action = fields.String(required=True)
    object_type = fields.String(required=True)
    object_id = fields.String(required=True)
    reason = fields.String(required=True)
    details = fields.Dict(required=True)
    personal = fields.Dict(required=True, allow_none=True)
    request_id = fields.String(required=True)


class ProofQuery(RequestSchema):
    """The place of a line on its chain."""

    seq = Whole(1, 999_999_999, required=True)


class ProofOut(ResponseSchema):
    """An inclusion proof, to be checked without this product (docs/guides, auditor).

    `body` hashes to the line's digest; with `previous` and `seq` to its hash; `links` lead on to the head that the
    checkpoint has seen; the head is the leaf, and `path` leads from it to the root that `note` signs. Of other chains
    it says only how many there are.
    """

    chain = Text(20, required=True)
    seq = fields.Integer(required=True)
    previous = Text(64, required=True)
    hash = Text(64, required=True)
    body = Text(100_000, required=True)
    links = fields.List(fields.String(), required=True)
    place = fields.Integer(required=True)
    size = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True)
    root = Text(64, required=True)
    checkpoint = fields.Integer(required=True)
    note = fields.String(required=True)
    public_keys = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class CheckpointOut(ResponseSchema):
    """A checkpoint (检查点): the root over all chains of the firm at an instant, signed."""

    number = fields.Integer(required=True)
    at = Instant(required=True)
    chains = fields.Integer(required=True)
    root = Text(64, required=True)
    digest = Text(64, required=True)
    key = Text(64, required=True)
    signature = Text(128, required=True)
