"""Forty texts that would be SQL if anybody put them into it, and every place of a request that takes a text.

Each payload that runs something sings the canary (a sequence of the tests moves, and no rollback takes that back), and
carries a mark, so that a statement with it in its text is seen on its way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.bola.asking import Ask
from tests.bola.operations import Operation

MARK = "zq7x"
SING = "zq7x.sing()"
PAYLOADS = (
    # boolean
    f"' OR {SING}>0 OR '1'='1",
    f"x' OR '{MARK}'='{MARK}",
    f"') OR ('{MARK}' IS NOT NULL",
    f"1 OR {SING}=1",
    f'" OR "{MARK}"="{MARK}',
    f"x' AND 1=(SELECT {SING}) AND 'a'='a",
    # error
    f"' AND 1=CAST({SING}::text||'{MARK}' AS int)--",
    f"'||(SELECT {SING})::text||'",
    f"' UNION SELECT {SING}::text,NULL,NULL--",
    f"extractvalue(1,'{MARK}')",
    # time
    f"';SELECT pg_sleep(9)--{MARK}",
    f"' OR (SELECT 1 FROM pg_sleep(9))=1--{MARK}",
    f"1;WAITFOR DELAY '0:0:9'--{MARK}",
    f"x'||pg_sleep(9)||'{MARK}",
    # stacked
    f"'; DROP TABLE tenant.voucher; --{MARK}",
    f"1); DELETE FROM tenant.voucher WHERE ({SING}>0",
    f"x; COMMIT; SELECT {SING};--",
    f"'; COPY platform.token TO '/tmp/{MARK}'--",
    f"$$;SELECT {SING};$$",
    # comment
    f"admin'--{MARK}",
    f"x'/*{MARK}*/OR/**/1=1--",
    f"x'#{MARK}",
    # who is inside
    f"'||set_config('role','postgres',false)||'{MARK}",
    f"'||set_config('search_path','{MARK}',false)||'",
    f"'||set_config('app.book_from','1',true)||set_config('app.book_to','9999999999',true)||'{MARK}",
    f"'||set_config('app.tenant','{MARK}',true)||'",
    f"'; SET LOCAL app.tenant = '{MARK}",
    f"x'; RESET ROLE; --{MARK}",
    # names: sorting, fields, identifiers, JSON paths
    f"id;SELECT {SING}",
    f"(CASE WHEN {SING}>0 THEN id ELSE code END)",
    f'"; SELECT {SING}; --',
    f'id" DESC, "{MARK}',
    f"$.{MARK}[*] ? (@ == 1)",
    f"a->>'{MARK}'",
    f":{MARK} :book %({MARK})s %s",
    # patterns and signs
    "%%%%%%%%",
    "%_%_%_%_",
    f"\\'; SELECT {SING}; --",
    f"ʼ OR ‘1’=’1 ＇ OR ＇{MARK}",
    f"{MARK}\0' OR '1'='1",
)
EVERYWHERE = ("Accept-Language", "User-Agent", "X-Forwarded-For")
"""Headers that are read before any route is known: asked at public routes only."""


@dataclass(frozen=True)
class Place:
    """Where in a request a text stands: `path:name`, `query:name`, `header:name`, `body:/pointer`."""

    where: str
    name: str

    def put(self, ask: Ask, operation: Operation, text: str) -> Ask | None:
        """The request with a text there; None when no client could send it."""
        if self.where == "path":
            return ask.with_(path=_in_path(ask.path, operation.path, self.name, text))
        if self.where == "query":
            return ask.with_(query={**ask.query, self.name: text})
        if self.where == "body":
            return ask.with_(body=_in_body(ask.body, self.name.split("/")[1:], text))
        if not text.isascii() or "\0" in text:
            return None
        return ask.with_(headers={**ask.headers, self.name: text})


def places(operation: Operation, told: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Place]:
    """Every place of an operation that takes a text."""
    yield from (Place("path", name) for name in operation.parameters)
    yield from (Place("query", name) for name in operation.query)
    yield from (Place("header", name) for name in sorted(operation.headers))
    yield from (Place("header", name) for name in EVERYWHERE if operation.scope == "public")
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    yield from (Place("body", pointer) for pointer in sorted(set(_pointers(content.get("schema", {}), schemas))))


def _pointers(schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "", seen: int = 0) -> Iterator[str]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if seen > 6:
        return
    kinds = schema.get("type", [])
    if at and "string" in ([kinds] if isinstance(kinds, str) else kinds):
        yield at
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _pointers(option, schemas, at, seen + 1)
    for name, below in schema.get("properties", {}).items():
        yield from _pointers(below, schemas, f"{at}/{name}", seen + 1)
    if "items" in schema:
        yield from _pointers(schema["items"], schemas, f"{at}/0", seen + 1)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield f"{at}/*"


def _in_path(path: str, template: str, name: str, text: str) -> str:
    parts = path.split("/")
    parts[template.split("/").index(f"{{{name}}}")] = quote(text, safe="")
    return "/".join(parts)


def _in_body(body: Any, pointer: Sequence[str], text: str) -> Any:
    """A body with a text at a pointer, what leads there made where it is missing; `*` is a member so named."""
    if not pointer:
        return text
    first, rest = pointer[0], pointer[1:]
    if first == "0":
        known = list(body) if isinstance(body, list) else []
        return [_in_body(known[0] if known else None, rest, text), *known[1:]]
    members = dict(body) if isinstance(body, Mapping) else {}
    return {**members, text: text} if first == "*" else {**members, first: _in_body(members.get(first), rest, text)}


def twin(payload: str) -> str:
    """A harmless text of the same length, which is no word and no weak password either."""
    return ("Qzkvwjxbgp" * 20)[: len(payload)]


def found(answer: bytes) -> int:
    """How many rows an answer shows: the items of its lists, at the first level."""
    try:
        body = json.loads(answer)
    except ValueError:
        return 0
    members = body.values() if isinstance(body, dict) else [body]
    return sum(len(one) for one in members if isinstance(one, list))
