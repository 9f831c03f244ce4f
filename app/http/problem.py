"""The one file that turns a failure into `application/problem+json` (RFC 9457; API-020 to API-023).

Invariant: the body is made from a registered code, its params and violations only; a 5xx says nothing but its code
and the request id, and what really happened goes to the log under that id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from flask import Flask, Response, request
from sqlalchemy.exc import DataError, DBAPIError, TimeoutError
from werkzeug.exceptions import HTTPException

from app.http import errors
from app.http.headers import language, request_id
from infra.db import RETRYABLE, constraint, sqlstate
from infra.errors import CATALOGUE, Refusal, Violation, render
from tenants.errors import Busy

logger = logging.getLogger("zhangfang.http")

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 100
_LATER = {"Retry-After": "2"}
"""When to ask again, where a refusal that passes by itself says nothing better (API-022)."""

TITLES = {
    400: ("请求无法读取", "Unreadable request"),
    401: ("需要登录", "Authentication required"),
    403: ("没有权限", "Forbidden"),
    404: ("找不到", "Not found"),
    405: ("方法不支持", "Method not allowed"),
    406: ("无法按要求的格式返回", "Not acceptable"),
    409: ("状态冲突", "Conflict"),
    410: ("已不存在", "Gone"),
    412: ("数据已变更", "Precondition failed"),
    413: ("内容过大", "Content too large"),
    415: ("内容类型不支持", "Unsupported media type"),
    422: ("内容不符合规则", "Unprocessable content"),
    428: ("缺少前提条件", "Precondition required"),
    429: ("请求过多", "Too many requests"),
    500: ("服务器内部错误", "Internal server error"),
    503: ("服务暂时不可用", "Service unavailable"),
}

# The seals' own SQLSTATEs (migrations/tenant/t0004) and the code a room registers for each.
SEALS = {
    "ZF001": "voucher.posted_immutable",
    "ZF002": "voucher.born_posted",
    "ZF003": "voucher.unbalanced",
    "ZF004": "period.closed",
    "ZF005": "voucher.not_reviewed",
}
_WERKZEUG: Mapping[int, type[Refusal]] = {
    403: errors.PermissionDenied,
    404: errors.RouteNotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    413: errors.BodyTooLarge,
    415: errors.MediaTypeUnsupported,
}


def answer(failure: Exception) -> Response:
    """The problem response of any exception whatever."""
    if isinstance(failure, Refusal):
        return of_refusal(failure)
    if isinstance(failure, HTTPException):
        return _of_http(failure)
    if isinstance(failure, DBAPIError):
        return _of_database(failure)
    if isinstance(failure, TimeoutError):  # no free connection in the pool
        return of_refusal(errors.DatabaseUnavailable(headers={"Retry-After": "2"}))
    logger.error("unexpected failure of request %s", request_id(), exc_info=failure)
    return of_refusal(errors.Unexpected())


def of_refusal(refusal: Refusal) -> Response:
    """The problem response of a coded refusal, with its headers."""
    _tell(refusal.status, refusal.code, refusal.internal)
    return _response(
        refusal.status,
        refusal.code,
        params=refusal.params,
        violations=refusal.violations,
        retryable=refusal.retryable,
        headers={**(_LATER if refusal.status == 503 else {}), **refusal.headers},
    )


def _tell(status: int, code: str, internal: Mapping[str, str] = MappingProxyType({})) -> None:
    """Say to the log of the process that a request is refused (ASVS 16.3.3), but nothing of what it brought."""
    where: dict[str, Any] = {"operation": request.endpoint, "came_from": request.remote_addr} if request else {}
    where |= {"internal": dict(internal)} if internal else {}
    logger.info("refused", extra={"code": code, "status": status, "request_id": request_id(), **where})


def body(
    status: int,
    code: str,
    *,
    params: Mapping[str, Any] | None = None,
    violations: tuple[Violation, ...] = (),
    retryable: bool = False,
) -> dict[str, Any]:
    """The members of a problem, in the caller's language; also the `problem` of a bulk item."""
    spoken = language()
    shown = {name: str(value) for name, value in (params or {}).items()}
    members: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": _title(status, spoken),
        "status": status,
        "code": code,
    }
    if status < 500 or status == 503:
        members |= {"detail": render(code, shown, spoken), "params": shown}
        members["errors"] = [_error(violation, spoken) for violation in violations[:MOST_ERRORS]]
        if len(violations) > MOST_ERRORS:
            members["errors_truncated"] = True
    members |= {"retryable": retryable, "instance": f"urn:request:{request_id()}", "request_id": request_id()}
    return members


def _title(status: int, spoken: str) -> str:
    zh, en = TITLES.get(status, TITLES[400 if status < 500 else 500])
    return en if spoken == "en" else zh


def _error(violation: Violation, spoken: str) -> dict[str, Any]:
    place, _, name = violation.path.partition(":")
    where = {"in": place, "name": name} if place in ("query", "header") else {"pointer": violation.path}
    shown = {name: str(value) for name, value in violation.params.items()}
    return where | {"code": violation.code, "message": render(violation.code, shown, spoken), "params": shown}


def _response(status: int, code: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    content = orjson.dumps(body(status, code, **members))
    response = Response(content, status=status, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def _of_http(failure: HTTPException) -> Response:
    """The problem of an exception of the web layer; its `Allow`, `Retry-After` ... are kept."""
    status = failure.code or 500
    kept = {
        name: value for name, value in failure.get_headers() if name.lower() not in ("content-type", "content-length")
    }
    if status >= 500:
        return of_refusal(errors.Unexpected(headers=kept))
    refusal = _WERKZEUG.get(status, errors.RequestRefused)
    _tell(status, refusal.code)
    return _response(status, refusal.code, headers=kept)


def _of_database(failure: DBAPIError) -> Response:
    """The problem of a database error: a SQLSTATE decides, and no text of the server leaves the house."""
    state = sqlstate(failure)
    logger.warning(
        "database refused", extra={"sqlstate": state, "constraint": constraint(failure), "request_id": request_id()}
    )
    code = SEALS.get(state)
    if code in CATALOGUE:
        return _response(CATALOGUE[code].status or 409, code)
    if code is not None:
        return of_refusal(errors.StateConflict())
    if state in RETRYABLE:
        return of_refusal(Busy(headers={"Retry-After": "2"}))
    if state == "23505":
        return of_refusal(errors.Duplicate())
    if state == "23503":
        return of_refusal(errors.Referenced())
    if isinstance(failure, DataError) or state[:2] == "22" or state in ("23502", "23514"):
        return of_refusal(errors.ValueRejected())
    if not state or state[:2] in ("08", "53", "57"):
        return of_refusal(errors.DatabaseUnavailable(headers={"Retry-After": "2"}))
    logger.error("database failure of request %s", request_id(), exc_info=failure)
    return of_refusal(errors.Unexpected())


def register(app: Flask) -> None:
    """Make every failure of the application leave through here."""
    app.register_error_handler(Exception, answer)
