"""A-CACHE: what is kept anywhere (tags, answers, memoised functions, Valkey) for one firm is never given to another.

Two firms are furnished alike, with the same numbers inside, and only their canaries differ; both ask every reading
operation of the document in turn, each with the tags that the other one was given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.factory import create_app
from infra.ids import encode
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.bola import principals
from tests.bola.asking import Answer, Ask, Asker, compose
from tests.bola.canaries import Canaries, owners_in
from tests.bola.furnishing import Furnisher
from tests.bola.operations import Operation, read_document
from tests.bola.principals import Caller, Principal
from tests.bola.recipes import recipe_of
from tests.factories.doors import Doors
from tests.house.source import modules

# Things only one of two firms can be made to have in a few calls; the authorisation matrix asks for them.
UNFURNISHED = frozenset(
    {
        "audit_checkpoints_read",
        "audit_proof_read",  # a line is proved once the hour's checkpoint covers it
        "book_audit_proof_read",
        "client_requests_read",
        "confirmations_read",
        "invitations_read",
        "oauth_clients_read",
    }
)
PRODUCT = [one for one in modules() if one.inside("app", "tenants", "infra", "jobs")]
Record = Callable[[str, object], None]
_REQUEST = re.compile(rb"req_[0-9a-z]{26}")

# Every function that keeps its answers, and why no firm's answer can come out for another.
MEMOISED = {
    "app/audit/checkpoints/types.py": "the signer of one notary, who is made anew for one firm and one act",
    "app/closing/checks/rules.py": "law: the checks of an edition",
    "app/closing/desk/rules.py": "pure: the same arguments, the same text, whoever asks",
    "app/http/limits/rules.py": "pure: a plan of limits by its name",
    "app/http/schemas.py": "the shape of a page, by its schema class",
    "app/identity/oauth/keys/service.py": "the platform's own signing keys, which belong to no firm",
    "app/identity/passwords": "a hash of nothing to compare with, and the list of leaked passwords",
    "app/kernel/pinyin.py": "pure: the initials of a word",
    "app/ledger/printing/files/rules.py": "pure: fonts and templates",
    "app/ledger/rendering/files/rules.py": "pure: the template of a workbook",
    "app/standards": "law as data, by its edition",
    "infra/anchors.py": "a property of the object store's bucket, which all firms share",
    "infra/sandbox/wire.py": "the fields of a class",
    "tenants/provisioning.py": "the revisions of a migration tree",
    "tenants/scope.py": "a constant statement by its text and the firm's schema: the schema is part of the key",
}
# What a function puts into a dictionary or list of its module.
GROWING = {
    "infra/errors.py CATALOGUE": "the refusals, entered while modules are imported",
    "infra/ids.py _clock_state": "the last instant an id was made of",
    "app/http/apart.py _reading": "the firms of which a file is being read just now, by their ids",
    "app/http/intake.py _sending": "how many bodies an address is sending just now",
    "app/identity/passwords/service.py _LOCAL": "failed logins while Valkey is away, by a digest of firm and name",
}
# What stands in Valkey without the name of a firm: the queue of jobs (ids only), who failed to log in (a digest of
# firm, name and address) and what the limits count by caller or address.
UNNAMED = re.compile(rb"rq:.*|zhangfang:.*|nudges|login:[0-9a-f]{64}(:wait)?|limit:[a-z_.-]+:.*")


@dataclass
class House:
    """One of the two firms: who asks, and what a path or a query may name."""

    letter: str
    tenant: TenantRef
    owner: Principal
    objects: dict[str, str] = field(default_factory=dict)


@dataclass
class Street:
    """The two firms, and the way to ask."""

    ports: Ports
    client: Any
    houses: list[House]
    operations: dict[str, Operation]


@pytest.fixture(scope="module")
def street(ports: Ports) -> Street:
    app: Flask = create_app(ports)
    client = app.test_client()
    houses = [_house(ports, client, letter) for letter in "AB"]
    return Street(ports, client, houses, read_document(client))


def _house(ports: Ports, client: Any, letter: str) -> House:
    tenant = provision(
        ports.engine, ports.owner_engine, f"cache-{letter.lower()}-{uuid4().hex[:6]}", "代账", ports.clock
    )
    ports.keyring.create_firm_key(str(tenant.id))
    word = Canaries(f"{letter}0")
    people = [
        principals.person(ports, tenant, f"{word()}@cache.test".lower(), word(), role)
        for role in ("owner",) * 2 + ("staff",)
    ]
    secrets = [principals.session(ports, tenant, user) for user in people[:2]]
    maker, checker = (Caller(client, secret) for secret in secrets)
    book = Furnisher(Doors(ports, tenant), maker, checker, f"{letter}1", 0).furnish()
    role = {"code": f"own_{word().lower()}", "name_zh": word(), "name_en": word(), "reach": "book"}
    objects = {
        **book.objects,
        "user": encode("usr", people[2]),
        "author": f"user:{people[0]}",
        "key": maker("POST", "/v1/api-keys", {"name": word(), "role": "manager", "days": 9}).json["id"],
        "role": maker("POST", "/v1/roles", {**role, "permissions": ["book.read"]}).json["code"],
        "team": maker("POST", "/v1/teams", {"name": word()}).json["id"],
    }
    owner = Principal("owner", letter, "owner", None, secrets[0], user_id=people[0])
    return House(letter, tenant, owner, objects)


def _asks(street: Street, house: House) -> dict[str, Ask]:
    """Every reading operation inside a firm, asked for what this firm has."""
    found = {}
    for name, operation in sorted(street.operations.items()):
        if operation.reads and operation.scope in ("firm", "book") and name not in UNFURNISHED:
            recipe = recipe_of(operation)
            found[name] = compose(operation, recipe, dict.fromkeys(recipe.path, house.objects), house.objects)
    return found


def _said(answer: Answer) -> bytes:
    return _REQUEST.sub(b"", answer.body)


def test_no_reading_operation_answers_one_firm_with_what_is_anothers(street: Street, record_property: Record) -> None:
    asker = Asker(street)  # type: ignore[arg-type]
    first, second = street.houses
    asked, wrong, others = 0, [], _asks(street, second)
    for name, mine in _asks(street, first).items():
        asks = (mine, others[name])
        full = [asker.send(house.owner, ask) for house, ask in zip(street.houses, asks, strict=True)]
        assert [answer.status for answer in full] == [200, 200], (name, [answer.body for answer in full])
        tags = [answer.headers.get("ETag", '"1-none"') for answer in full]
        again = [
            asker.send(house.owner, ask.with_(headers={"If-None-Match": tag}))
            for house, ask, tag in zip(street.houses, asks, reversed(tags), strict=True)
        ]
        asked += 4
        for house, *answers in zip(street.houses, full, again, strict=True):
            wrong += [f"{name}: {house.letter} sees {owner}" for owner in _strange(house, answers)]
            wrong += [f"{name}: may be kept" for answer in answers if not _kept_by_nobody(answer)]
        # A tag belongs to its address (RFC 9110, 8.8.3): it may stand for another thing at an address of its own.
        same = mine.path == others[name].path and mine.query == others[name].query
        if same and _said(full[0]) != _said(full[1]):
            wrong += [f"{name}: unchanged by another firm's {tags}" for answer in again if answer.status == 304]
    asker.close()
    record_property("count", ("A-CACHE questions of two firms", asked))
    record_property("count", ("A-CACHE wrong answers", len(wrong)))
    assert (wrong, asked > 200) == ([], True)


def _strange(house: House, answers: list[Answer]) -> set[str]:
    """The owners of canaries in these answers, headers, bodies and logs, that are not of this firm."""
    return {owner for answer in answers for owner in owners_in(answer.everything) if owner[0] != house.letter}


def _kept_by_nobody(answer: Answer) -> bool:
    vary = {word.strip().lower() for word in answer.headers.get("Vary", "").split(",")}
    return "no-store" in answer.headers.get("Cache-Control", "") and "authorization" in vary


def test_every_function_that_remembers_is_known_and_cannot_cross_firms(record_property: Record) -> None:
    found = {
        f"{module.path} {node.name}"
        for module in PRODUCT
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
        and any(re.search(r"\b(lru_cache|cache|cached_property)\b", ast.unparse(one)) for one in node.decorator_list)
    }
    unknown = {one for one in found if not any(one.startswith(known) for known in MEMOISED)}
    record_property("count", ("A-CACHE functions that remember", len(found)))
    assert unknown == set()
    assert {known for known in MEMOISED if not any(one.startswith(known) for one in found)} == set()


def test_no_module_keeps_a_growing_memory_of_its_own() -> None:
    """A dictionary or list at the top of a module that a function fills would be a cache nobody listed."""
    found: set[str] = set()
    for module in PRODUCT:
        tops = {
            target.id
            for node in module.tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, _MAYBE_GROWING)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for function in (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if (name := _filled(node)) in tops and name not in _locals(function):
                    found.add(f"{module.path} {name}")
    assert found == GROWING.keys()


_MAYBE_GROWING = ast.Dict | ast.List | ast.Set | ast.Call


def _filled(node: ast.AST) -> str | None:
    """The name whose item is set, or that is made longer."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        return node.value.id if isinstance(node.value, ast.Name) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        grows = node.func.attr in ("append", "add", "extend", "update", "setdefault", "insert", "take")
        return node.func.value.id if grows and isinstance(node.func.value, ast.Name) else None
    return None


def _locals(function: ast.FunctionDef) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_a_key_of_valkey_names_its_firm_or_is_one_of_a_few(
    street: Street, ports: Ports, record_property: Record
) -> None:
    ask = Ask("GET", "/v1/me")
    asker = Asker(street)  # type: ignore[arg-type]
    asker.send(street.houses[0].owner, ask)
    asker.close()
    keys = list(ports.redis.scan_iter(count=1000))
    firms = [str(house.tenant.id).encode() for house in street.houses]
    strange = [key for key in keys if not any(firm in key for firm in firms) and not UNNAMED.fullmatch(key)]
    record_property("count", ("A-CACHE keys in Valkey", len(keys)))
    assert (strange, keys != []) == ([], True)
