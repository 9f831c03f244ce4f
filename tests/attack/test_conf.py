"""A-CONF: what is served is what is told, to whom it is told, with the headers that say so; nothing else answers."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.http.openapi import DOCUMENT
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
METHODS = ("get", "put", "post", "patch", "delete")
OPERATIONS = {
    told["operationId"]: (method.upper(), path, told["x-scope"], [*item.get("parameters", []), *told["parameters"]])
    for path, item in DOCUMENTED.items()
    for method, told in item.items()
    if method in METHODS
}


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    """A path of the document with well-formed ids of nothing in it."""
    for one in parameters:
        if one.get("in") == "path":
            prefix = re.match(r"\^(\w+_)\[", one["schema"].get("pattern", ""))
            plain = one["schema"].get("enum", ["none"])[0]
            path = path.replace(f"{{{one['name']}}}", f"{prefix[1]}{'0' * 26}" if prefix else plain)
    return path


GUARDED = {
    name: (method, _address(path, parameters), scope)
    for name, (method, path, scope, parameters) in OPERATIONS.items()
    if scope != "public"
}
PAGES = {"/docs", "/docs/start.js", "/docs/<path:name>", "/problems/<code>", DOCUMENT}
"""Served to people, and told in the README instead of in the document."""

SECURITY = {
    "Cache-Control": r"no-store|no-cache",  # the latter on the files of Swagger UI
    "Content-Security-Policy": r"default-src 'none';.*frame-ancestors 'none'.*",
    "Cross-Origin-Resource-Policy": r"same-origin",
    "Referrer-Policy": r"no-referrer",
    "Strict-Transport-Security": r"max-age=\d{8,}; includeSubDomains",
    "X-Content-Type-Options": r"nosniff",
    "X-Frame-Options": r"DENY",
    "X-Request-Id": r"req_[0-9a-z]{26}",
}
ORIGINS = (
    *("null", "http://localhost", "http://127.0.0.1:8080", "https://localhost", "https://evil.example", "file://"),
    *("https://zhangfang.example", "https://zhangfang.example.evil.example", "https://evilzhangfang.example"),
    *("http://zhangfang.example", "https://sub.zhangfang.example", "https://zhangfang.example:8443", "https://账房.cn"),
    *("https://xn--jlq61u9w7b.cn", "chrome-extension://abcdefgh", "moz-extension://abcdefgh", "capacitor://localhost"),
    *("https://[::1]", "https://user@zhangfang.example", "https://zhangfang.example%60.evil.example"),
)
STRANGE_METHODS = (
    "TRACE",
    "TRACK",
    "DEBUG",
    "CONNECT",
    "OPTIONS",
    "PROPFIND",
    "MOVE",
    "PURGE",
    "LINK",
    "BREW",
    "POST\t",
)
EVIL, CANARY = "evil.example", "zq7x9"
TRICKS = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "Forwarded": f"host={EVIL};proto=http",
    "X-Original-URL": "/v1/ops/firms",
    "X-Rewrite-URL": "/v1/ops/firms",
    "X-Original-Host": EVIL,
    "X-HTTP-Method-Override": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Forwarded-Proto": "gopher",
    "X-Request-Id": "req_chosen_by_a_stranger",
    "X-Real-IP": "127.0.0.1",
}
FILES = (
    *(
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.env.local",
        "/.htaccess",
        "/.DS_Store",
        "/.svn/entries",
        "/.ssh/id_rsa",
    ),
    *("/backup.zip", "/backup.sql", "/dump.sql.gz", "/db.sqlite3", "/wsgi.py", "/wsgi.py~", "/wsgi.py.bak", "/run"),
    *("/requirements.lock", "/pyproject.toml", "/Dockerfile", "/docker-compose.yml", "/.ci/run", "/settings.json"),
    *("/server-status", "/metrics", "/actuator/env", "/debug", "/console", "/admin", "/phpmyadmin/", "/rq", "/flower"),
    *("/static/", "/static/../wsgi.py", "/docs/", "/docs/../wsgi.py", "/docs/..%2f..%2fwsgi.py", "/docs/%2e%2e/app.py"),
    *("/docs//etc/passwd", "/docs/..\\wsgi.py", "/docs/package.json%00.js", "/problems/", "/problems/../docs"),
    *(
        "/v1",
        "/v1/",
        "/v1//firm",
        "//v1/firm",
        "/V1/firm",
        "/v1/firm/",
        "/v1/openapi.json/",
        "/v1/openapi.yaml",
        "/v2/firm",
    ),
    *("/robots.txt", "/favicon.ico", "/.well-known/security.txt", "/crossdomain.xml", "/clientaccesspolicy.xml"),
)
TELLING = re.compile(
    r"flask|werkzeug|python|sqlalchemy|psycopg|granian|marshmallow|postgres|valkey|traceback|site-packages|/work/|"
    r"File \"|line \d+|\b\d+\.\d+\.\d+\b",
    re.IGNORECASE,
)


def _every_kind(client: FlaskClient, owner: Caller, book: str) -> dict[str, TestResponse]:
    """An answer of every kind the application gives."""
    tag = owner("GET", book).headers["ETag"]
    return {
        "200": owner("GET", "/v1/me"),
        "200 page": owner("GET", "/v1/books"),
        "200 html": client.get("/docs"),
        "200 script": client.get("/docs/start.js"),
        "200 file": client.get("/docs/swagger-ui.css"),
        "200 document": client.get(DOCUMENT),
        "200 problem page": client.get("/problems/token.missing"),
        "200 health": client.get("/healthz"),
        "304": owner("GET", book, If_None_Match=tag),
        "400": owner("GET", "/v1/books?strange=1"),
        "401": client.get("/v1/books"),
        "404": client.get("/nowhere"),
        "405": client.delete("/v1/login"),
        "406": owner("GET", "/v1/books", Accept="image/png"),
        "413": client.post("/v1/login", data=b"[" * 3_000_000, content_type="application/json"),
        "415": client.post("/v1/login", data=b"x", content_type="text/plain"),
        "422": client.post("/v1/login", json={"strange": 1}),
    }


KINDS = (
    *("200", "200 page", "200 html", "200 script", "200 file", "200 document", "200 problem page", "200 health", "304"),
    *("400", "401", "404", "405", "406", "413", "415", "422"),
)


@pytest.fixture(scope="module")
def answers() -> dict[str, TestResponse]:
    """Filled once by the first test that asks."""
    return {}


@pytest.fixture
def answer(
    request: pytest.FixtureRequest,
    answers: dict[str, TestResponse],
    client: FlaskClient,
    member: Callable[..., Caller],
    doors: Doors,
) -> TestResponse:
    """The answer of the kind a test is about."""
    if not answers:
        answers |= _every_kind(client, member("owner"), address(doors.new_book().uid))
    return answers[request.param]


EACH_KIND = pytest.mark.parametrize("answer", KINDS, indirect=True)


def test_every_route_is_told_with_its_method(app: Flask, client: FlaskClient) -> None:
    paths = client.get(DOCUMENT).json["paths"]
    told = {(one.upper(), re.sub(r"{(\w+)}", r"<\1>", path)) for path in paths for one in paths[path] if one in METHODS}
    served = {
        (method, re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"<\1>", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule not in PAGES
        for method in (rule.methods or set()) - {"HEAD"}
    }
    assert served == told
    assert {rule.rule for rule in app.url_map.iter_rules()} >= PAGES


def test_nothing_is_debugged_and_nothing_is_propagated(app: Flask) -> None:
    config = {name: app.config[name] for name in ("DEBUG", "TESTING", "PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS")}
    assert not app.debug and not any(config.values()), config
    assert app.jinja_env.loader is None or app.jinja_env.list_templates() == []


@pytest.mark.parametrize("operation", GUARDED)
def test_a_token_is_of_one_plane_only(
    operation: str, client: FlaskClient, member: Callable[..., Caller], operator: Caller
) -> None:
    method, path, scope = GUARDED[operation]
    stranger = member("owner") if scope == "ops" else operator
    nobody, other = client.open(path, method=method), stranger(method, path)
    assert (nobody.status_code, nobody.json["code"]) == (401, "token.missing")
    assert (other.status_code, other.json["code"]) == (404, "route.not_found")


@EACH_KIND
def test_every_answer_carries_the_headers_of_a_safe_house(answer: TestResponse, request: pytest.FixtureRequest) -> None:
    missing = [name for name, form in SECURITY.items() if not re.fullmatch(form, answer.headers.get(name, ""))]
    assert missing == []
    assert str(answer.status_code) == request.node.callspec.params["answer"].partition(" ")[0]


@EACH_KIND
def test_no_answer_sets_a_cookie_or_says_who_serves(answer: TestResponse) -> None:
    assert {"Set-Cookie", "Server", "X-Powered-By", "Via"} & set(answer.headers.keys()) == set()


@pytest.mark.parametrize("answer", [kind for kind in KINDS if kind[0] == "4"], indirect=True)
def test_a_refusal_says_nothing_of_what_the_house_is_built_of(answer: TestResponse) -> None:
    said = re.sub(r"req_\w+", "", answer.text)
    assert TELLING.search(said) is None, said
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_origin_is_let_in(origin: str, client: FlaskClient, member: Callable[..., Caller]) -> None:
    owner = member("owner")
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    asked = [
        client.open("/v1/login", method="OPTIONS", headers=preflight),
        client.get("/healthz", headers={"Origin": origin}),
        owner("GET", "/v1/me", Origin=origin),
    ]
    allowed = [name for one in asked for name, _ in one.headers if name.startswith("Access-Control-")]
    assert allowed == []
    assert [one.status_code for one in asked] == [405, 200, 200]


@pytest.mark.parametrize("method", STRANGE_METHODS)
def test_a_strange_method_is_refused_and_nothing_is_given_back(method: str, client: FlaskClient) -> None:
    for path in ("/v1/me", "/docs", "/healthz"):
        answer = client.open(path, method=method, headers={"X-Canary": CANARY})
        assert (answer.status_code, CANARY in answer.text) == (405, False)
        assert answer.headers["Allow"]


@pytest.mark.parametrize("header", TRICKS)
def test_a_header_does_not_tell_the_house_where_it_stands(header: str, member: Callable[..., Caller]) -> None:
    owner = member("owner")
    plain = owner("GET", "/v1/me")
    tricked = owner("GET", "/v1/me", **{header.replace("-", "_"): TRICKS[header]})
    assert (tricked.status_code, tricked.json) == (plain.status_code, plain.json)
    said = json.dumps([tricked.text, *tricked.headers.to_wsgi_list()])
    assert EVIL not in said and "chosen_by_a_stranger" not in said
    missing = owner("GET", "/v1/nowhere", **{header.replace("-", "_"): TRICKS[header]})
    assert missing.status_code == 404 and EVIL not in json.dumps([missing.text, *missing.headers.to_wsgi_list()])


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_none_of_ours_is_not_there(path: str, client: FlaskClient) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "route.not_found")


class Served:
    """The application behind the server that a deployment runs."""

    def __init__(self, port: int) -> None:
        self.port = port

    def say(self, raw: bytes) -> bytes:
        """What it answers to bytes, until it closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(raw)
            line.settimeout(2)
            said = b""
            with suppress(TimeoutError, ConnectionError):
                while piece := line.recv(65536):
                    said += piece
        return said


@pytest.fixture(scope="module")
def served(environment: dict[str, str]) -> Iterator[Served]:
    """A server of one process over the stack of the tests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    env = {**os.environ, **environment, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    with subprocess.Popen([*argv, "--no-ws", "wsgi:app"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL) as process:
        server = Served(port)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()


def _wait(server: Served) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            if b"200 OK" in server.say(_request("GET /healthz HTTP/1.1")):
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not come up")


def _request(line: str, *headers: str) -> bytes:
    told = headers if any(header.startswith("Host") for header in headers) else ("Host: zhangfang.test", *headers)
    return "\r\n".join([line, *told, "Connection: close", "", ""]).encode()


RAW = {
    "plain": (_request("GET /healthz HTTP/1.1"), b" 200 "),
    "absolute form": (_request(f"GET http://{EVIL}/healthz HTTP/1.1"), b" 200 "),
    "trace": (_request("TRACE / HTTP/1.1", f"X-Canary: {CANARY}"), b" 40"),
    "options *": (_request("OPTIONS * HTTP/1.1"), b" 4"),
    "connect": (_request("CONNECT evil.example:443 HTTP/1.1"), b" 4"),
    "evil host": (_request("GET /nowhere HTTP/1.1", f"Host: {EVIL}"), b" 404 "),
    "two hosts": (_request("GET /nowhere HTTP/1.1", "Host: a", f"Host: {EVIL}"), b" 40"),
    "no token": (_request("GET /v1/books HTTP/1.1"), b" 401 "),
    "up the tree": (_request("GET /docs/../../../../etc/passwd HTTP/1.1"), b" 404 "),
    "encoded tree": (_request("GET /docs/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), b" 404 "),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"A" * 64, b""),
    "a header too many": (_request("GET /healthz HTTP/1.1", *[f"X-{n}: 1" for n in range(2_000)]), b" 4"),
}


@pytest.mark.parametrize("case", RAW)
def test_the_server_in_front_tells_no_version_and_gives_nothing_back(case: str, served: Served) -> None:
    raw, status = RAW[case]
    said = served.say(raw)
    head = said.partition(b"\r\n\r\n")[0]
    assert status in said[:20] or not said
    assert re.search(rb"(?im)^(server|x-powered-by): .*\d", head) is None, head
    assert CANARY.encode() not in said and b"root:" not in said and EVIL.encode() not in said


def test_an_answer_that_went_through_the_server_keeps_its_headers(served: Served) -> None:
    head = served.say(_request("GET /v1/books HTTP/1.1")).partition(b"\r\n\r\n")[0].decode()
    sent = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:])
    assert [name for name in SECURITY if name.lower() not in sent] == []
