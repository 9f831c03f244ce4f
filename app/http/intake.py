"""What the gate takes from a request before any door: media types, query names, and the body under its limits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.http.errors import (
    FIELD_CHOICE,
    FIELD_UNKNOWN,
    PARAMETER_REPEATED,
    PARAMETER_UNKNOWN,
    TEXT_CHARACTERS,
    BodyTooLarge,
    BodyUnexpected,
    FormUnreadable,
    MediaTypeUnsupported,
    NotAcceptable,
    ParametersUnknown,
    RequestInvalid,
    RequestUnreadable,
    RouteNotFound,
    TooComplex,
)
from app.http.limits.errors import TooManyAtOnce
from app.http.reading import parse_json
from app.http.types import Operation

LONGEST_PATH = 500
LONGEST_QUERY = 8_000
MOST_PARAMETERS = 100
MOST_PARTS = 1_000
MOST_BODIES = 8  # on their way from one address into one process: who sends slowly holds that many threads, not all
MOST_BODIES_IN_ALL = 24  # into one process from everywhere, so that threads are left for requests without a body
MOST_FIELDS = 60
_TOLD = 200
_EMPTY: dict[str, Any] = {}

_sending: Counter[str] = Counter()
_turns = Lock()


def take(op: Operation) -> None:
    """Check the request line, read the body into `g.body`, and note a rehearsal (`validate_only`) in `g.rehearsal`."""
    if len(request.path) > LONGEST_PATH or "\0" in request.path:
        raise RouteNotFound
    if not any(request.accept_mimetypes[media] for media in op.produces) and request.accept_mimetypes:
        raise NotAcceptable(produces=", ".join(op.produces))
    if len(request.query_string) > LONGEST_QUERY:
        raise TooComplex(limit="query", maximum=LONGEST_QUERY)
    if len(request.args) > MOST_PARAMETERS:
        raise TooComplex(limit="parameters", maximum=MOST_PARAMETERS)
    _check_query(op)
    g.rehearsal = op.validates and request.args.get("validate_only") == "true"
    g.body = _body(op)


def file_asked(op: Operation) -> bool:
    """Whether the answer is to be a file, by `format` or `Accept`, or because the operation gives nothing else."""
    media = request.accept_mimetypes.best_match(op.produces, op.produces[0])
    return request.args["format"] != "json" if request.args.get("format") else media in op.files


def asked(op: Operation) -> dict[str, str]:
    """What the query asks for, in so many characters, for the log: only by names that the operation knows, and without
    cursors."""
    return {name: request.args[name][:_TOLD] for name in sorted(op.query - {"cursor"}) if request.args.get(name)}


def rewind() -> None:
    """Put every file of the request at its beginning again: an attempt may be the second one."""
    for file in request.files.values():
        file.stream.seek(0)


def files_asked() -> list[tuple[str, ...]]:
    """The form fields and files of a multipart body as comparable words, files by their SHA-256."""
    fields = [("form", name, value) for name, value in request.form.items(multi=True)]
    found = []
    for name, file in request.files.items(multi=True):
        digest = hashlib.sha256(file.stream.read()).hexdigest()
        file.stream.seek(0)
        found.append(("file", name, file.filename or "", digest))
    return sorted([*fields, *found])


def _check_query(op: Operation) -> None:
    known = op.query | {"validate_only"} if op.validates else op.query
    unknown = [] if op.tolerant else [name for name in request.args if name not in known]
    strange = [PARAMETER_UNKNOWN.at(f"query:{name[:100]}") for name in unknown]
    strange += [PARAMETER_REPEATED.at(f"query:{name}") for name in known if len(request.args.getlist(name)) > 1]
    if strange:
        raise ParametersUnknown(violations=strange)
    bad = [TEXT_CHARACTERS.at(f"query:{name}") for name, value in request.args.items() if "\0" in value]
    if op.validates and request.args.get("validate_only", "true") not in ("true", "false"):
        bad.append(FIELD_CHOICE.at("query:validate_only", choices="true, false"))
    if bad:
        raise RequestInvalid(violations=bad)


def _body(op: Operation) -> Any:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise MediaTypeUnsupported(expected="identity")
    if "Content-Length" in request.headers and "Transfer-Encoding" in request.headers:
        raise RequestUnreadable  # two readers would see two bodies
    request.max_content_length = op.max_bytes
    request.max_form_parts = MOST_PARTS
    if (request.content_length or 0) > op.max_bytes:
        raise BodyTooLarge(max_bytes=op.max_bytes)
    if not request.content_length and "Transfer-Encoding" not in request.headers:
        return _nothing(op)
    with _turn():
        return _READERS.get(op.body, _json)(op)


@contextmanager
def _turn() -> Iterator[None]:
    """One of the few bodies of an address that may be on their way at the same time; raises `TooManyAtOnce`."""
    address = request.remote_addr or ""
    with _turns:
        if _sending[address] >= MOST_BODIES:
            raise TooManyAtOnce(limit="address_bodies", quota=MOST_BODIES, headers={"Retry-After": "1"})
        if _sending.total() >= MOST_BODIES_IN_ALL:
            raise TooManyAtOnce(limit="process_bodies", quota=MOST_BODIES_IN_ALL, headers={"Retry-After": "1"})
        _sending[address] += 1
    try:
        yield
    finally:
        with _turns:
            _sending[address] -= 1
            if not _sending[address]:
                del _sending[address]


def _files(op: Operation) -> None:
    if request.mimetype != "multipart/form-data":
        raise MediaTypeUnsupported(expected="multipart/form-data")
    try:
        stray = list(request.form)  # parsed here, so that a body over the limit is refused before any door
    except RequestEntityTooLarge as error:
        if request.content_length is not None and request.content_length <= op.max_bytes:
            raise TooComplex(limit="parts", maximum=MOST_PARTS) from error
        raise BodyTooLarge(max_bytes=op.max_bytes) from error
    if stray:  # files are all that these operations take
        raise RequestInvalid(violations=[FIELD_UNKNOWN.at(f"/{name[:100]}") for name in stray])


def _nothing(op: Operation) -> Any:
    if op.body == "files":
        raise MediaTypeUnsupported(expected="multipart/form-data")
    if op.body and op.body_required:
        raise RequestUnreadable
    return _EMPTY


def _form(op: Operation) -> dict[str, str]:
    """The parameters of a form, each once: two of a name are how two readers come to understand two things."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise MediaTypeUnsupported(expected="application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(_raw(op).decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise FormUnreadable from error
    read = dict(pairs)
    if len(read) < len(pairs) or any("\0" in name or "\0" in value for name, value in pairs):
        raise FormUnreadable
    return read


def _raw(op: Operation) -> bytes:
    try:
        raw = request.get_data()
    except RequestEntityTooLarge as error:
        raise BodyTooLarge(max_bytes=op.max_bytes) from error
    if request.content_length is None and len(raw) >= op.max_bytes:  # a chunked body is cut at the limit
        raise BodyTooLarge(max_bytes=op.max_bytes)
    return raw


def _json(op: Operation) -> Any:
    raw = _raw(op)
    if not raw:
        return _nothing(op)
    if not request.is_json:
        raise MediaTypeUnsupported(expected="application/json")
    value = parse_json(raw)
    if op.body is None and value != _EMPTY:
        raise BodyUnexpected
    return value


_READERS: dict[str | None, Callable[[Operation], Any]] = {"files": _files, "form": _form}
