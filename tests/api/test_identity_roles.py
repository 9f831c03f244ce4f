"""Roles as data: a firm's own roles, teams, grants that end by themselves, ceilings, and what a fresh proof is for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.identity.models import token
from infra.ids import encode
from infra.ports import Ports
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.factories.http import in_days

QUALITY: dict[str, Any] = {
    "code": "own_quality",
    "name_zh": "质控",
    "name_en": "Quality",
    "reach": "book",
    "permissions": ["book.read", "voucher.read", "voucher.review"],
}
Member = Callable[..., Caller]


def _role(owner: Caller, **changes: Any) -> TestResponse:
    return owner("POST", "/v1/roles", {**QUALITY, **changes})


def _grant(owner: Caller, book: Any, who: Caller, role: str, **more: Any) -> TestResponse:
    assert who.id
    return owner("PUT", address(book.uid, f"/grants/{encode('usr', who.id)}"), {"role": role, **more})


def _age(ports: Ports, caller: Caller, minutes: int) -> None:
    """Let a session's proof be so many minutes old."""
    with ports.engine.begin() as connection:
        old = ports.clock() - timedelta(minutes=minutes)
        connection.execute(token.update().where(token.c.user_id == caller.id).values(strong_at=old))


def test_an_own_role_opens_what_it_says_and_retiring_it_closes_that_at_once(
    owner: Caller, member: Member, doors: Doors
) -> None:
    book, clerk = doors.new_book(), member("staff")
    made = _role(owner, code="own_desk_quality")
    assert made.status_code == 201, made.json
    assert _grant(owner, book, clerk, "own_desk_quality").status_code == 200
    assert clerk("GET", address(book.uid, "/vouchers")).status_code == 200
    assert clerk("GET", address(book.uid, "/accounts")).json["code"] == "permission.missing"
    tag = owner("GET", "/v1/roles/own_desk_quality").headers["ETag"]
    changed = owner("PATCH", "/v1/roles/own_desk_quality", {"active": False}, If_Match=tag)
    assert changed.status_code == 200, changed.json
    assert clerk("GET", address(book.uid, "/vouchers")).json["code"] == "book.not_found"
    assert clerk("GET", "/v1/books").json["data"] == []


def test_an_own_role_on_the_firm_can_reach_all_books(owner: Caller, member: Member, doors: Doors) -> None:
    book = doors.new_book()
    wanted = {"code": "own_reader", "reach": "firm", "all_books": True, "permissions": ["me.read", "book.list"]}
    assert _role(owner, **wanted).status_code == 201
    reader = member("own_reader")
    assert reader("GET", address(book.uid)).json["code"] == "permission.missing"
    tag = owner("GET", "/v1/roles/own_reader").headers["ETag"]
    more = {"permissions": ["me.read", "book.list", "book.read"]}
    assert owner("PATCH", "/v1/roles/own_reader", more, If_Match=tag).status_code == 200
    assert reader("GET", address(book.uid)).status_code == 200
    assert reader("GET", "/v1/staff").status_code == 403


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"permissions": ["key.manage"], "reach": "firm"}, "role.permission_misfit"),
        ({"permissions": ["firm.provision"]}, "role.permission_misfit"),
        ({"permissions": ["voucher.post"], "side": "client"}, "role.permission_misfit"),
        ({"permissions": ["staff.manage"]}, "role.permission_misfit"),
        ({"all_books": True}, "role.all_books_misfit"),
        ({"permissions": ["no.such"]}, "field.choice"),
        ({"code": "accountant"}, "role.own_format"),
    ],
)
def test_a_role_that_does_not_fit_is_refused(owner: Caller, changes: dict[str, Any], code: str) -> None:
    refused = _role(owner, **changes)
    assert refused.status_code == 422 and code in {error["code"] for error in refused.json["errors"]}, refused.json


def test_nobody_makes_or_gives_a_role_beyond_its_own(owner: Caller, member: Member, doors: Doors) -> None:
    wanted = {"code": "own_people", "reach": "firm", "permissions": ["me.read", "staff.manage", "role.manage"]}
    assert _role(owner, **wanted).status_code == 201
    clerk, other = member("own_people"), member("staff")
    beyond = clerk(
        "POST", "/v1/roles", {**QUALITY, "code": "own_more", "reach": "firm", "permissions": ["team.manage"]}
    )
    assert (beyond.status_code, beyond.json["code"]) == (403, "role.beyond")
    assert other.id
    tag = clerk("GET", f"/v1/staff/{encode('usr', other.id)}").headers["ETag"]
    up = clerk("PATCH", f"/v1/staff/{encode('usr', other.id)}", {"role": "manager"}, If_Match=tag)
    assert (up.status_code, up.json["code"]) == (403, "staff.owner_only")


def test_a_team_holds_roles_for_its_members_and_for_no_longer(owner: Caller, member: Member, doors: Doors) -> None:
    book, clerk, client = doors.new_book(), member("staff"), member("client")
    assert clerk.id and client.id
    team = owner("POST", "/v1/teams", {"name": f"一组{clerk.id.hex}"}).json["id"]
    place = f"/v1/teams/{team}/members/{encode('usr', clerk.id)}"
    assert owner("PUT", address(book.uid, f"/team-grants/{team}"), {"role": "accountant"}).status_code == 200
    assert clerk("GET", address(book.uid)).status_code == 404
    assert owner("PUT", place).status_code == 204 == owner("PUT", place).status_code
    assert clerk("GET", address(book.uid)).status_code == 200
    assert [row["id"] for row in clerk("GET", "/v1/books").json["data"]] == [encode("bk", book.uid)]
    refused = owner("PUT", f"/v1/teams/{team}/members/{encode('usr', client.id)}")
    assert refused.json["code"] == "team.staff_only"
    assert owner("DELETE", place).status_code == 204
    assert clerk("GET", address(book.uid)).status_code == 404
    assert owner("PUT", place).status_code == 204
    assert owner("DELETE", f"/v1/teams/{team}").status_code == 204
    assert clerk("GET", address(book.uid)).status_code == 404


def test_an_inspector_comes_for_a_time_and_only_reads(
    owner: Caller, member: Member, doors: Doors, ports: Ports
) -> None:
    book, inspector = doors.new_book(), member("staff")
    soon = (ports.clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    endless = _grant(owner, book, inspector, "inspector")
    assert [one["code"] for one in endless.json["errors"]] == ["grant.until_required"]
    assert _grant(owner, book, inspector, "inspector", until=soon).json["expires_at"].startswith(soon[:16])
    assert inspector("GET", address(book.uid, "/vouchers")).status_code == 200
    assert inspector("POST", address(book.uid, "/vouchers"), {}).json["code"] == "permission.missing"
    with doors.firm() as scope:
        scope.run(
            "update tenant.book_grant set expires_at = :now where holder_id = :who", now=scope.now, who=inspector.id
        )
    assert inspector("GET", address(book.uid, "/vouchers")).status_code == 404


def test_a_time_box_is_a_year_at_most_for_a_person_and_a_team(owner: Caller, member: Member, doors: Doors) -> None:
    book, inspector = doors.new_book(), member("staff")
    team = owner("POST", "/v1/teams", {"name": f"久查{inspector.email}"}).json["id"]
    far = {"role": "inspector", "until": in_days(367)}
    for answer in (
        _grant(owner, book, inspector, **far),
        owner("PUT", address(book.uid, f"/team-grants/{team}"), far),
    ):
        told = [(error["pointer"], error["code"]) for error in answer.json["errors"]]
        assert (answer.status_code, told) == (422, [("/until", "grant.until_far")])
    assert _grant(owner, book, inspector, "inspector", until=in_days(365)).status_code == 200
    assert _grant(owner, book, inspector, "accountant", until=in_days(4000)).status_code == 200


def test_a_program_that_inspects_has_an_end_like_a_person(owner: Caller, doors: Doors) -> None:
    book = encode("bk", doors.new_book().uid)
    looks = {"name": "查账程序", "role": "inspector", "books": [book]}
    service = {"kind": "service", "auth": "client_secret_basic", "scopes": ["book.read"], **looks}
    refused = owner("POST", "/v1/oauth-clients", service)
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [("/role", "oauth_client.role_endless")]
    assert owner("POST", "/v1/api-keys", {**looks, "days": 367}).json["code"] == "request.invalid"
    assert owner("POST", "/v1/api-keys", {**looks, "days": 30}).status_code == 201


def test_a_grant_that_would_be_over_already_is_refused(
    owner: Caller, member: Member, doors: Doors, ports: Ports
) -> None:
    book, inspector = doors.new_book(), member("staff")
    team = owner("POST", "/v1/teams", {"name": f"已过{inspector.email}"}).json["id"]
    past = {"role": "inspector", "until": (ports.clock() - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    for answer in (
        _grant(owner, book, inspector, **past),
        owner("PUT", address(book.uid, f"/team-grants/{team}"), past),
    ):
        told = [(error["pointer"], error["code"]) for error in answer.json["errors"]]
        assert (answer.status_code, told) == (422, [("/until", "grant.until_past")])
    assert inspector("GET", address(book.uid)).status_code == 404


def test_a_key_goes_no_further_than_its_list_of_permissions(owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    wanted = {"name": "read", "role": "manager", "permissions": ["book.read", "me.read"]}
    secret = owner("POST", "/v1/api-keys", wanted).json["secret"]
    key = Caller(owner.client, secret)
    assert key("GET", address(book.uid)).status_code == 200
    assert key("GET", address(book.uid, "/vouchers")).json["code"] == "permission.missing"
    assert key("GET", "/v1/staff").json["code"] == "permission.missing"
    assert key("GET", "/v1/me").json["permissions"] == ["book.read", "me.read"]


def test_closing_asks_for_a_fresh_proof_and_a_key_must_name_it(owner: Caller, doors: Doors, ports: Ports) -> None:
    book = doors.new_book()
    close = address(book.uid, "/periods/2026-01/close")
    _age(ports, owner, 6)
    refused = owner("POST", close)
    assert (refused.status_code, refused.json["code"]) == (401, "auth.step_up_required")
    assert "insufficient_user_authentication" in refused.headers["WWW-Authenticate"]
    _age(ports, owner, 4)
    assert owner("POST", close).status_code == 202
    whole = Caller(owner.client, owner("POST", "/v1/api-keys", {"name": "k", "role": "manager"}).json["secret"])
    assert whole("POST", close).json["code"] == "auth.person_required"
    named = {"name": "closer", "role": "manager", "permissions": ["period.close"]}
    closer = Caller(owner.client, owner("POST", "/v1/api-keys", named).json["secret"])
    assert closer("POST", close).status_code == 202


def test_a_proof_is_not_asked_of_who_may_not_do_it_at_all(
    member: Member, owner: Caller, doors: Doors, ports: Ports
) -> None:
    book, clerk = doors.new_book(), member("staff")
    assert _grant(owner, book, clerk, "reviewer").status_code == 200
    _age(ports, clerk, 60)
    assert clerk("POST", address(book.uid, "/periods/2026-01/close")).json["code"] == "permission.missing"


def test_who_may_enter_is_asked_of_a_role_that_no_longer_exists(ports: Ports, member: Member, doors: Doors) -> None:
    stranger = member("own_never_made")
    assert stranger("GET", "/v1/me").json["code"] == "permission.missing"
    with ports.owner_engine.begin() as connection:
        connection.execute(text("update platform.app_user set role = 'staff' where id = :u"), {"u": stranger.id})
    assert stranger("GET", "/v1/me").status_code == 200


def test_the_list_of_roles_tells_both_languages_and_what_each_may(owner: Caller, operator: Caller) -> None:
    known = {role["code"]: role for role in owner("GET", "/v1/roles").json["data"]}
    assert {"owner", "manager", "team_lead", "accountant", "reviewer", "cashier", "tax_clerk", "inspector"} <= set(
        known
    )
    assert {"client_boss", "client_cashier", "client_uploader"} <= set(known)
    assert not {"operator", "ops_support", "system", "visitor"} & set(known)
    assert known["accountant"]["name_zh"] == "会计" and "voucher.post" in known["accountant"]["permissions"]
