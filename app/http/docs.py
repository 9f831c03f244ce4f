"""Pages for people: the API by Swagger UI from files that lie here (nothing is fetched), and a page for each code."""

from __future__ import annotations

from html import escape
from pathlib import Path

import flask_swagger_ui  # type: ignore[import-untyped]
from flask import Flask, Response, send_from_directory

from app.http.errors import RouteNotFound
from app.http.openapi import DOCUMENT
from infra.errors import CATALOGUE

_DIST = Path(flask_swagger_ui.__file__).parent / "dist"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_INDEX = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>账房 API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
_START = f'SwaggerUIBundle({{url: "{DOCUMENT}", dom_id: "#ui", deepLinking: true, validatorUrl: null}});\n'
_CODE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{code}</title></head>
<body><h1>{code}</h1><p lang="zh-CN">{zh}</p><p lang="en">{en}</p></body></html>
"""


def register(app: Flask) -> None:
    """Add `/docs` and `/problems/<code>`."""
    app.add_url_rule("/docs", "docs", _index, methods=["GET"])
    app.add_url_rule("/docs/start.js", "docs_start", _start, methods=["GET"])
    app.add_url_rule("/docs/<path:name>", "docs_file", _file, methods=["GET"])
    app.add_url_rule("/problems/<code>", "problem_page", _problem, methods=["GET"])


def _page(content: str, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _index() -> Response:
    return _page(_INDEX, "text/html")


def _start() -> Response:
    return _page(_START, "text/javascript")


def _file(name: str) -> Response:
    return send_from_directory(_DIST, name)


def _problem(code: str) -> Response:
    message = CATALOGUE.get(code)
    if message is None:
        raise RouteNotFound
    return _page(_CODE.format(code=escape(code), zh=escape(message.zh), en=escape(message.en)), "text/html")
