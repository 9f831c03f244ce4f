"""Whose people hold which roles, and that nobody gives more than it has: a firm and its client stay two sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.ids import encode
from tests.api.conftest import PASSWORD, Caller, address
from tests.factories.doors import Doors

Member = Callable[..., Caller]
_HR = ["staff.manage", "me.read", "book.list", "job.read"]


def _id(who: Caller) -> str:
    assert who.id is not None
    return encode("usr", who.id)


def _grant(giver: Caller, book: Any, who: Caller, role: str) -> Any:
    return giver("PUT", address(book.uid, f"/grants/{_id(who)}"), {"role": role})


def _key(owner: Caller, permissions: list[str]) -> Caller:
    wanted = {"name": "hr", "role": "manager", "permissions": permissions}
    return Caller(owner.client, owner("POST", "/v1/api-keys", wanted).json["secret"])


def _change(owner: Caller, who: Caller, **changes: Any) -> Any:
    tag = owner("GET", f"/v1/staff/{_id(who)}").headers["ETag"]
    return owner("PATCH", f"/v1/staff/{_id(who)}", changes, If_Match=tag)


def _lines(owner: Caller, action: str, object_id: str) -> list[Any]:
    found = owner("GET", f"/v1/audit-events?action={action}&object_id={object_id}").json["data"]
    return [line["details"] for line in found]


# ---- nobody gives more than it has


def test_no_key_makes_or_changes_members(owner: Caller, member: Member) -> None:
    key, clerk = _key(owner, _HR), member("staff")
    new = {"email": "ghost@firm-a.test", "name": "x", "password": PASSWORD, "role": "client"}
    refused = [
        key("POST", "/v1/staff", new),
        key("PATCH", f"/v1/staff/{_id(clerk)}", {"active": False}, If_Match='"x"'),
        key("POST", f"/v1/staff/{_id(clerk)}/password-reset"),
        key("POST", "/v1/invitations", {"email": "ghost@firm-a.test", "role": "client"}),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in refused} == {(403, "auth.person_required")}
    assert key("GET", f"/v1/staff/{_id(clerk)}").json["active"] is True


def test_a_key_gives_no_role_beyond_its_list_whosever_side_the_role_is_of(
    owner: Caller, member: Member, doors: Doors
) -> None:
    book, client, clerk = doors.new_book(), member("client"), member("staff")
    key = _key(owner, _HR)
    beyond = [_grant(key, book, client, "client_boss"), _grant(key, book, clerk, "accountant")]
    assert {(answer.status_code, answer.json["code"]) for answer in beyond} == {(403, "role.beyond")}
    assert client("GET", address(book.uid, "/documents")).status_code == 404
    wider = _key(owner, [*_HR, "document.upload", "document.read", "request.read"])
    assert _grant(wider, book, client, "client_uploader").status_code == 200
    assert _grant(wider, book, client, "client_boss").json["code"] == "role.beyond"


def test_who_manages_people_only_gives_nobody_a_clients_role(owner: Caller, member: Member, doors: Doors) -> None:
    book, client = doors.new_book(), member("client")
    wide = {"code": "own_hr_wide", "name_zh": "人事", "name_en": "HR", "reach": "firm", "all_books": True}
    assert owner("POST", "/v1/roles", {**wide, "permissions": [*_HR, "role.manage"]}).status_code == 201
    hr = member("own_hr_wide")
    assert _grant(hr, book, client, "client_boss").json["code"] == "role.beyond"
    books = [{"book": encode("bk", book.uid), "role": "client_boss"}]
    refused = hr("POST", "/v1/invitations", {"email": "boss@firm-a.test", "role": "client", "books": books})
    assert [error["code"] for error in refused.json["errors"]] == ["invitation.grant_beyond"]
    own = {"code": "own_guest", "name_zh": "客", "name_en": "Guest", "reach": "book", "side": "client"}
    assert hr("POST", "/v1/roles", {**own, "permissions": ["document.read"]}).json["code"] == "role.beyond"


def test_nobody_takes_a_person_into_a_team_that_holds_more_than_itself(
    owner: Caller, member: Member, doors: Doors
) -> None:
    book, other = doors.new_book(), doors.new_book()
    role = {"code": "own_teams", "name_zh": "团队", "name_en": "Teams", "reach": "firm"}
    assert (
        owner("POST", "/v1/roles", {**role, "permissions": ["me.read", "book.list", "team.manage"]}).status_code == 201
    )
    lead = member("own_teams")
    team = owner("POST", "/v1/teams", {"name": f"二组{lead.email}"}).json["id"]
    place = f"/v1/teams/{team}/members/{_id(lead)}"
    assert owner("PUT", address(book.uid, f"/team-grants/{team}"), {"role": "accountant"}).status_code == 200
    assert lead("PUT", place).json["code"] == "role.beyond"
    assert _grant(owner, other, lead, "team_lead").status_code == 200
    assert lead("PUT", place).json["code"] == "role.beyond"
    assert _grant(owner, book, lead, "team_lead").status_code == 200
    assert lead("PUT", place).status_code == 204


# ---- two sides


def test_only_people_of_the_client_hold_a_clients_role(owner: Caller, member: Member, doors: Doors) -> None:
    book = doors.new_book()
    for role in ("staff", "manager", "owner"):
        refused = _grant(owner, book, member(role), "client_boss")
        assert (refused.status_code, refused.json["code"]) == (422, "grant.role_misfit")
    assert _grant(owner, book, member("client"), "client_boss").status_code == 200


def test_a_role_of_the_firms_own_is_of_one_side_too(owner: Caller, member: Member, doors: Doors) -> None:
    book = doors.new_book()
    own = {"code": "own_confirms", "name_zh": "确认", "name_en": "Confirms", "reach": "book", "side": "client"}
    assert (
        owner("POST", "/v1/roles", {**own, "permissions": ["statement.read", "statement.confirm"]}).status_code == 201
    )
    assert _grant(owner, book, member("staff"), "own_confirms").json["code"] == "grant.role_misfit"
    team = owner("POST", "/v1/teams", {"name": f"三组{owner.email}"}).json["id"]
    refused = owner("PUT", address(book.uid, f"/team-grants/{team}"), {"role": "own_confirms"})
    assert refused.json["code"] == "grant.role_misfit"
    assert _grant(owner, book, member("client"), "own_confirms").status_code == 200


@pytest.mark.parametrize(("role", "held"), [("staff", "client_boss"), ("client", "accountant")])
def test_nobody_is_invited_into_the_other_sides_role(owner: Caller, doors: Doors, role: str, held: str) -> None:
    books = [{"book": encode("bk", doors.new_book().uid), "role": held}]
    refused = owner("POST", "/v1/invitations", {"email": "sides@firm-a.test", "role": role, "books": books})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/books/0/role")


def test_no_key_and_no_service_stands_for_a_client(owner: Caller, doors: Doors) -> None:
    books = [encode("bk", doors.new_book().uid)]
    key = {"name": "k", "role": "client_boss", "books": books}
    assert owner("POST", "/v1/api-keys", key).json["code"] == "role.unknown"
    service = {"kind": "service", "auth": "client_secret_basic", "scopes": ["request.answer"], **key}
    assert owner("POST", "/v1/oauth-clients", service).json["code"] == "role.unknown"


def test_who_changes_sides_takes_no_role_along(owner: Caller, member: Member, doors: Doors) -> None:
    book, second, person = doors.new_book(), doors.new_book(), member("client")
    team = owner("POST", "/v1/teams", {"name": f"四组{person.email}"}).json["id"]
    assert owner("PUT", address(second.uid, f"/team-grants/{team}"), {"role": "accountant"}).status_code == 200
    assert _grant(owner, book, person, "client_boss").status_code == 200
    assert _change(owner, person, role="staff").status_code == 200
    assert person("GET", address(book.uid)).status_code == 404
    assert owner("GET", address(book.uid, "/grants")).json["data"] == []
    assert _lines(owner, "grant.withdraw", _id(person)) == [{"role": {"before": "client_boss", "after": None}}]
    assert _grant(owner, book, person, "accountant").status_code == 200
    assert owner("PUT", f"/v1/teams/{team}/members/{_id(person)}").status_code == 204
    assert _change(owner, person, role="manager").status_code == 200
    assert [row["role"] for row in owner("GET", address(book.uid, "/grants")).json["data"]] == ["accountant"]
    assert _change(owner, person, role="client").status_code == 200
    assert owner("GET", address(book.uid, "/grants")).json["data"] == []
    assert owner("GET", f"/v1/teams/{team}/members").json["data"] == []
    assert len(_lines(owner, "grant.withdraw", _id(person))) == 2 and len(_lines(owner, "team.leave", team)) == 1


# ---- what does not change leaves no line


def test_a_change_that_changes_nothing_is_no_act(owner: Caller, member: Member, doors: Doors) -> None:
    clerk = member("staff")
    for changes in ({}, {"role": "staff"}, {"role": "staff", "active": True}):
        assert _change(owner, clerk, **changes).status_code == 200
    assert _lines(owner, "staff.change", _id(clerk)) == []
    role = {"code": "own_same", "name_zh": "同", "name_en": "Same", "reach": "book", "permissions": ["book.read"]}
    tag = owner("POST", "/v1/roles", role).headers["ETag"]
    for changes in ({}, {"permissions": ["book.read", "book.read"]}):
        answer = owner("PATCH", "/v1/roles/own_same", changes, If_Match=tag)
        assert (answer.status_code, answer.headers["ETag"]) == (200, tag)
    assert _lines(owner, "role.change", "own_same") == []
    assert owner("PATCH", "/v1/roles/own_same", {"name_en": "New"}, If_Match=tag).headers["ETag"] != tag
    assert _lines(owner, "role.change", "own_same") == [{"name_en": {"before": "Same", "after": "New"}}]
    with doors.firm() as scope:
        count = "select count(*) from tenant.audit_event where action = 'sign_in_policy.change'"
        before = scope.run(count).scalar_one()
    tag = owner("GET", "/v1/sign-in-policy").headers["ETag"]
    policy = owner("GET", "/v1/sign-in-policy").json
    for changes in ({}, {"second_factor": policy["second_factor"]}, {"password_days": policy["password_days"]}):
        answer = owner("PATCH", "/v1/sign-in-policy", changes, If_Match=tag)
        assert (answer.status_code, answer.headers["ETag"]) == (200, tag)
    with doors.firm() as scope:
        assert scope.run(count).scalar_one() == before
