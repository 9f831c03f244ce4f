"""Entity tags: `"<row_version>-<view>"`, from a version column and never from the bytes (API-040, API-041)."""

from __future__ import annotations

from flask import Response, request
from werkzeug.http import parse_etags, quote_etag

from app.http.errors import EtagMismatch, EtagRequired

TAG_PATTERN = r'^"[!#-~]+"$'


def tag(version: int | str, view: str) -> str:
    """The strong tag of one view of a row at a version, with its quotes."""
    return quote_etag(f"{version}-{view}")


def demand() -> None:
    """Raise `EtagRequired` when a changing request does not say which version it means; `*` says nothing."""
    tags = parse_etags(request.headers.get("If-Match"))
    if tags.star_tag or not tags.as_set(include_weak=True):
        raise EtagRequired


def match(version: int | str, view: str) -> None:
    """Raise `EtagMismatch` with the current tag when `If-Match` means another version.

    Call it with the version of a row that is locked in this transaction, or the check is worth nothing.
    """
    if not parse_etags(request.headers.get("If-Match")).contains(f"{version}-{view}"):
        current = tag(version, view)
        raise EtagMismatch(headers={"ETag": current}, current_etag=current)


def unchanged(response: Response) -> Response:
    """The answer to a GET, or 304 without a body when `If-None-Match` names its tag; authorisation came before."""
    known, _ = response.get_etag()
    if known is None or not request.if_none_match or not request.if_none_match.contains_weak(known):
        return response
    kept = {name: value for name, value in response.headers if name not in ("Content-Type", "Content-Length")}
    return Response(status=304, headers=kept)
