"""The OpenAPI document says everything a route is, in both languages; that it is true is asked by strangers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.openapi import DOCUMENT
from infra.errors import CATALOGUE

HINTS = (
    "x-permission",
    "x-scope",
    "x-object-refs",
    "x-idempotent",
    "x-if-match",
    "x-job-type",
    "x-rate-class",
    "x-audit-event",
    "x-limits",
)
UNDOCUMENTED = {"openapi", "docs", "docs_start", "docs_file", "problem_page"}
OAUTH = {"/oauth/token", "/oauth/revoke", "/oauth/introspect"}  # they refuse as RFC 6749 says ...
TOLERANT = {*OAUTH, "/oauth/authorize"}  # ... and pass over what nobody knows
AMOUNT = re.compile(r"amount|debit|credit|balance|price|rate|tax\b")


@pytest.fixture
def document(client: FlaskClient, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The served document; written into docs/ when `--write-openapi` asks for it."""
    found: dict[str, Any] = client.get(DOCUMENT).json
    if request.config.getoption("--write-openapi"):
        text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (Path(__file__).parents[2] / "docs" / "openapi.json").write_text(text)
    return found


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    methods = ("get", "post", "put", "patch", "delete")
    return [
        (path, method, told)
        for path, item in document["paths"].items()
        for method, told in item.items()
        if method in methods
    ]


def test_the_committed_document_is_the_served_one(document: dict[str, Any]) -> None:
    committed = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
    assert committed == document, "run: ./run test tests/api/test_http_contract.py --write-openapi"


def test_every_route_is_in_the_document_and_the_other_way_round(app: Flask, document: dict[str, Any]) -> None:
    served = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules()} - UNDOCUMENTED
    told = [told["operationId"] for _, _, told in _operations(document)]
    assert len(told) == len(set(told))
    assert set(told) == served


def test_every_operation_says_what_it_needs_and_how_it_refuses(document: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    for path, _method, told in _operations(document):
        assert [hint for hint in HINTS if hint not in told] == [], path
        assert told["summary"] and told["description"], path
        assert re.search(r"[\u4e00-\u9fff]", tags[told["tags"][0]]), path
        assert (told["security"] == []) == (told["x-scope"] == "public"), path
        for status, answer in told["responses"].items():
            if int(status) >= 400:
                shape = "OAuthError" if path in OAUTH and status != "405" else "Problem"
                held = answer.get("content", {"application/problem+json": None})
                assert "$ref" in answer or held.keys() == {"application/json", "application/problem+json"}, path
                assert answer.get("$ref", f"{shape}{status}").endswith(f"/{shape}{status}") or "content" in answer, path
    for name, answer in document["components"]["responses"].items():
        media = "application/json" if name.startswith("OAuthError") else "application/problem+json"
        assert list(answer["content"]) == [media]


def test_every_request_is_closed_and_no_amount_is_a_number(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, _method, told in _operations(document):
        for content in told.get("requestBody", {}).get("content", {}).values():
            if "$ref" in content["schema"] and path not in TOLERANT:
                assert schemas[content["schema"]["$ref"].rpartition("/")[2]]["additionalProperties"] is False, path
    for name, schema in schemas.items():
        assert not re.search(r"\d$", name), f"two schemas are called {name[:-1]}"
        for member, kind in schema.get("properties", {}).items():
            assert "default" not in kind or kind["default"] is not None, (name, member)
            if AMOUNT.search(member):
                assert kind.get("type") not in ("number", "integer"), (name, member)


def test_every_code_speaks_both_languages_with_the_same_params() -> None:
    for code, message in CATALOGUE.items():
        assert message.zh and message.en, code
        named = [set(re.findall(r"{(\w+)", text)) for text in (message.zh, message.en)]
        assert named[0] == named[1], code


def test_the_docs_need_nothing_from_outside(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and "http" not in page.text
    for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert client.get(file).status_code == 200
    assert client.get("/problems/token.missing").status_code == 200
    assert client.get("/problems/no.such").status_code == 404
