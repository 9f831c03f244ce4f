"""Headers every answer carries, and the language the caller reads."""

from __future__ import annotations

from flask import Flask, Response, g, request

from infra.ids import encode, new_id

LANGUAGES = ("zh-CN", "zh", "en")
_AGENT_LENGTH = 200

_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def language() -> str:
    """The language of this answer: `en` when the caller prefers it, else `zh-CN` (12号 Art. 13)."""
    best = request.accept_languages.best_match(LANGUAGES, default="zh-CN")
    return "en" if best == "en" else "zh-CN"


def request_id() -> str:
    """The id of this request (`req_…`), made by us at the first asking; a caller's own id is never taken over."""
    if "request_id" not in g:
        g.request_id = encode("req", new_id())
    return str(g.request_id)


def came_from() -> tuple[str, str]:
    """The caller's network address and what its program calls itself, as much of it as a line of the log keeps."""
    return request.remote_addr or "", (request.user_agent.string or "")[:_AGENT_LENGTH]


def add_headers(response: Response) -> Response:
    """Put the security headers, the language and the request id on an answer; a view's own value stands."""
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Language", language())
    response.headers["X-Request-Id"] = request_id()
    response.vary.update(("Accept-Language", "Authorization"))
    return response


def register(app: Flask) -> None:
    """Let every answer of the application pass through here."""
    app.after_request(add_headers)
