"""The firm's people, their roles in books, its API keys, and the plane above the firms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.identity.tokens.service import authenticate
from infra.ids import decode, encode
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller, address
from tests.factories.doors import Doors

Member = Callable[..., Caller]


def _staff(caller: Caller) -> str:
    assert caller.id is not None
    return f"/v1/staff/{encode('usr', caller.id)}"


def _key(owner: Caller, **payload: Any) -> Any:
    return owner("POST", "/v1/api-keys", {"name": "robot", **payload})


# ---- people


def test_an_invited_person_logs_in_with_the_first_password(owner: Caller) -> None:
    new = {"email": "New.One@firm-a.test", "name": "新员工", "password": PASSWORD, "role": "staff"}
    made = owner("POST", "/v1/staff", new)
    assert made.status_code == 201
    assert (made.json["email"], made.json["role"], made.json["active"]) == ("new.one@firm-a.test", "staff", True)
    assert owner("GET", made.headers["Location"]).headers["ETag"] == made.headers["ETag"]
    login = owner.client.post("/v1/login", json={"firm": "firm-a", "email": new["email"], "password": PASSWORD})
    assert login.status_code == 200
    assert owner("POST", "/v1/staff", new).json["code"] == "staff.already_member"
    assert PASSWORD not in made.text


@pytest.mark.parametrize("name", [" 张三", "\u3000张三", "张三\u202e四李", "\u200b", "\u00a0"])
def test_a_name_is_seen_as_it_is_kept(owner: Caller, name: str) -> None:
    new = {"email": "unseen@firm-a.test", "name": name, "password": PASSWORD, "role": "staff"}
    refused = owner("POST", "/v1/staff", new)
    assert [(one["code"], one["pointer"]) for one in refused.json["errors"]] == [("text.blank", "/name")]


def test_a_role_taken_away_ends_at_the_next_request(owner: Caller, member: Member) -> None:
    manager = member("manager")
    assert manager("GET", "/v1/staff").status_code == 200
    tag = owner("GET", _staff(manager)).headers["ETag"]
    demoted = owner("PATCH", _staff(manager), {"role": "staff"}, If_Match=tag)
    assert (demoted.status_code, demoted.json["role"]) == (200, "staff")
    assert manager("GET", "/v1/staff").json["code"] == "permission.missing"
    assert owner("PATCH", _staff(manager), {"active": False}, If_Match=tag).status_code == 412
    gone = owner("PATCH", _staff(manager), {"active": False}, If_Match=demoted.headers["ETag"])
    assert gone.status_code == 200
    assert manager("GET", "/v1/me").json["code"] == "token.invalid"


def test_only_an_owner_makes_an_owner_and_the_last_one_stays(ports: Ports, client: Any, member: Member) -> None:
    firm = provision(ports.engine, ports.owner_engine, "firm-owners", "所有者公司", ports.clock)
    first, manager = member("owner", firm), member("manager", firm)
    tag = manager("GET", _staff(first)).headers["ETag"]
    assert manager("PATCH", _staff(first), {"role": "staff"}, If_Match=tag).json["code"] == "staff.owner_only"
    new = {"email": "x@firm-owners.test", "name": "x", "password": PASSWORD, "role": "owner"}
    assert manager("POST", "/v1/staff", new).json["code"] == "staff.owner_only"
    assert first("PATCH", _staff(first), {"active": False}, If_Match=tag).json["code"] == "staff.last_owner"
    assert first("POST", "/v1/staff", new).status_code == 201
    assert first("PATCH", _staff(first), {"role": "staff"}, If_Match=tag).status_code == 200


def test_another_firms_people_and_keys_do_not_exist(owner: Caller, member: Member, other_firm: TenantRef) -> None:
    stranger = member("owner", other_firm)
    key = _key(stranger, role="manager").json["id"]
    asked = [
        owner("GET", _staff(stranger)),
        owner("PATCH", _staff(stranger), {"role": "staff"}, If_Match='"owner.1-staff"'),
        owner("GET", f"/v1/api-keys/{key}"),
        owner("POST", f"/v1/api-keys/{key}/revoke"),
    ]
    assert [answer.status_code for answer in asked] == [404] * 4
    assert stranger.id and owner.id
    mine, theirs = (encode("usr", one.id) for one in (owner, stranger))
    assert theirs not in {row["id"] for row in owner("GET", "/v1/staff?limit=200").json["data"]}
    assert mine not in {row["id"] for row in stranger("GET", "/v1/staff?limit=200").json["data"]}
    assert stranger("GET", f"/v1/api-keys/{key}").json["revoked_at"] is None


@pytest.mark.parametrize("field", ["firm_id", "tenant_id", "id", "active", "password_hash"])
def test_a_field_that_is_not_ours_to_give_is_refused(owner: Caller, field: str) -> None:
    new = {"email": "y@firm-a.test", "name": "y", "password": PASSWORD, "role": "staff", field: "x"}
    answer = owner("POST", "/v1/staff", new)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, f"/{field}")


# ---- books


def test_a_grant_opens_a_book_and_its_end_closes_it(owner: Caller, member: Member, doors: Doors) -> None:
    book, clerk = doors.new_book(), member("staff")
    grants = address(book.uid, "/grants")
    one = f"{grants}/{encode('usr', clerk.id or UUID(int=0))}"
    assert clerk("GET", grants).json["code"] == "book.not_found"
    given = owner("PUT", one, {"role": "accountant"})
    assert (given.status_code, given.json["role"], given.json["email"]) == (200, "accountant", clerk.email)
    assert clerk("GET", grants).json["code"] == "permission.missing"
    assert owner("PUT", one, {"role": "cashier"}).json["role"] == "cashier"
    assert [row["role"] for row in owner("GET", grants).json["data"]] == ["cashier"]
    assert owner("DELETE", one).status_code == 204
    assert owner("DELETE", one).json["code"] == "grant.not_found"
    assert clerk("GET", grants).json["code"] == "book.not_found"


def test_a_grant_is_for_people_of_the_firm_only(
    owner: Caller, member: Member, doors: Doors, other_firm: TenantRef
) -> None:
    stranger = member("staff", other_firm)
    one = address(doors.new_book().uid, f"/grants/{encode('usr', stranger.id or UUID(int=0))}")
    assert owner("PUT", one, {"role": "accountant"}).json["code"] == "user.not_found"


def test_a_clients_person_is_not_made_an_accountant(owner: Caller, member: Member, doors: Doors) -> None:
    boss = member("client")
    one = address(doors.new_book().uid, f"/grants/{encode('usr', boss.id or UUID(int=0))}")
    refused = owner("PUT", one, {"role": "accountant"})
    assert (refused.status_code, refused.json["code"]) == (422, "grant.role_misfit")
    assert owner("PUT", one, {"role": "client_boss"}).status_code == 200


def test_every_change_of_people_grants_and_keys_leaves_its_line(owner: Caller, member: Member, doors: Doors) -> None:
    book, clerk = doors.new_book(), member("staff")
    one = address(book.uid, f"/grants/{encode('usr', clerk.id or UUID(int=0))}")
    new = {"email": "audit@firm-a.test", "name": "审计", "password": PASSWORD, "role": "staff"}
    made = owner("POST", "/v1/staff", new)
    owner("PATCH", made.headers["Location"], {"active": False}, If_Match=made.headers["ETag"])
    owner("PUT", one, {"role": "accountant"})
    owner("PUT", one, {"role": "cashier"})
    owner("DELETE", one)
    key = _key(owner, role="manager").json["id"]
    owner("POST", f"/v1/api-keys/{key}/revoke")
    with doors.book(book.uid) as scope:
        found = scope.run(
            "select action, details from tenant.audit_event where actor = :who order by id", who=f"user:{owner.id}"
        ).all()
        assert found[1].details == {"active": {"before": True, "after": False}}
        roles = [line.details["role"] for line in found[2:5]]
        assert [(role["before"], role["after"]) for role in roles] == [
            (None, "accountant"),
            ("accountant", "cashier"),
            ("cashier", None),
        ]
        assert [line.action for line in found] == [
            "staff.invite",
            "staff.change",
            "grant.give",
            "grant.give",
            "grant.withdraw",
            "api_key.create",
            "api_key.revoke",
        ]


# ---- API keys


def test_a_key_for_some_books_sees_these_and_nothing_else(owner: Caller, doors: Doors, probes: Flask) -> None:
    mine, other = doors.new_book(), doors.new_book()
    made = _key(owner, role="accountant", books=[encode("bk", mine.uid)])
    assert made.status_code == 201
    assert owner("GET", made.headers["Location"]).json["books"] == [encode("bk", mine.uid)]
    robot = Caller(probes.test_client(), made.json["secret"])
    assert robot("GET", "/v1/me").json["kind"] == "api_key"
    assert robot("GET", address(mine.uid, "/probes")).status_code == 200
    assert robot("GET", address(other.uid, "/probes")).json["code"] == "book.not_found"
    assert robot("GET", address(mine.uid, "/grants")).json["code"] == "permission.missing"
    assert robot("GET", "/v1/staff").json["code"] == "permission.missing"
    assert owner("GET", address(mine.uid, "/grants")).json["data"] == []
    revoked = owner("POST", f"/v1/api-keys/{made.json['id']}/revoke")
    assert revoked.json["revoked_at"] is not None
    assert robot("GET", "/v1/me").json["code"] == "token.invalid"


def test_a_key_never_gets_a_foreign_book(owner: Caller, ports: Ports, other_firm: TenantRef, doors: Doors) -> None:
    foreign = Doors(ports, other_firm).new_book()
    mine = doors.new_book()
    answer = _key(owner, role="accountant", books=[encode("bk", mine.uid), encode("bk", foreign.uid)])
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/books/1", "book.not_found")]


def test_a_key_says_either_the_firm_or_its_books(owner: Caller, doors: Doors) -> None:
    book = encode("bk", doors.new_book().uid)
    assert _key(owner, role="accountant").json["errors"][0]["code"] == "api_key.books_required"
    assert _key(owner, role="manager", books=[book]).json["errors"][0]["code"] == "api_key.books_forbidden"
    assert _key(owner, role="owner").json["code"] == "role.unknown"


def test_only_an_owner_manages_keys(member: Member) -> None:
    assert _key(member("manager"), role="manager").json["code"] == "permission.missing"


def test_a_secret_is_shown_once_and_stored_nowhere(owner: Caller, ports: Ports, firm: TenantRef) -> None:
    key = "once-and-only-once"
    first = owner("POST", "/v1/api-keys", {"name": "once", "role": "manager"}, Idempotency_Key=key)
    again = owner("POST", "/v1/api-keys", {"name": "once", "role": "manager"}, Idempotency_Key=key)
    secret = first.json["secret"]
    assert secret.startswith("zf_k_") and again.json == {**first.json, "secret": None}
    with ports.owner_engine.connect() as connection:
        for table in ("platform.token", f"{firm.schema}.idempotency_key"):
            kept = connection.execute(text(f"select coalesce(string_agg(t::text, ''), '') from {table} t")).scalar_one()
            assert kept and secret not in kept and secret.encode().hex() not in kept


# ---- the ops plane


def test_an_operator_opens_a_firm_and_the_owner_logs_in(operator: Caller, ports: Ports) -> None:
    order = {
        "short_name": "firm-new",
        "name": "新代账公司",
        "owner": {"email": "boss@firm-new.test", "name": "老板", "password": PASSWORD},
    }
    made = operator("POST", "/ops/v1/firms", order)
    assert (made.status_code, made.json["state"]) == (201, "active")
    assert operator("POST", "/ops/v1/firms", order).json == made.json
    other = {**order, "name": "别的公司"}
    assert operator("POST", "/ops/v1/firms", other).json["code"] == "tenant.name_taken"
    assert made.json["id"] in {row["id"] for row in operator("GET", "/ops/v1/firms?limit=200").json["data"]}
    login = {"firm": "firm-new", "email": "boss@firm-new.test", "password": PASSWORD}
    boss = Caller(operator.client, operator.client.post("/v1/login", json=login).json["token"])
    me = boss("GET", "/v1/me")
    assert (me.json["role"], me.json["firm"]["id"]) == ("owner", made.json["id"])
    assert ports.keyring.firm(str(decode("firm", made.json["id"]))) is not None
    *_, first = boss("GET", "/v1/audit-events?limit=200").json["data"]
    assert (first["action"], first["object_id"], first["actor_name"]) == ("firm.create", made.json["id"], "tests")
    assert first["actor"].startswith("operator:") and first["address"] == "127.0.0.1"
    assert first["details"] == {"short_name": "firm-new", "name": "新代账公司", "owner": "boss@firm-new.test"}


def test_the_planes_do_not_see_each_other(operator: Caller, owner: Caller) -> None:
    hidden = owner("GET", "/ops/v1/firms")
    unknown = owner("GET", "/ops/v1/nothing-here")
    assert (hidden.status_code, hidden.json["code"]) == (404, "route.not_found")
    shown = [answer.data.replace(answer.headers["X-Request-Id"].encode(), b"") for answer in (hidden, unknown)]
    assert shown[0] == shown[1]
    assert operator("GET", "/v1/me").json["code"] == "route.not_found"
    assert operator.client.get("/ops/v1/firms").status_code == 401


# ---- tokens


def test_a_token_ends_with_its_time(ports: Ports, owner: Caller) -> None:
    now = ports.clock()
    assert authenticate(ports.engine, owner.secret, now) is not None
    assert authenticate(ports.engine, owner.secret, now + timedelta(hours=12, seconds=1)) is None


@pytest.mark.parametrize(
    "secret", ["", "zf_s_", "x" * 5000, "zf_s_" + "A" * 43, "zf_s_' or 1=1--", "zf_s_" + "A" * 42 + "\n"]
)
def test_a_made_up_token_opens_nothing(ports: Ports, secret: str) -> None:
    assert authenticate(ports.engine, secret, ports.clock()) is None
