"""Links handed to people: an invitation makes one member with its books, a reset sets one password, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller, address
from tests.api.signing_in import Person, World
from tests.factories.doors import Doors

NEW = "a wholly new sentence 58"
_UNKNOWN = {"invitation": "zf_i_" + "A" * 43, "reset": "zf_r_" + "A" * 43}


@pytest.fixture
def world(ports: Ports, firm: TenantRef) -> World:
    """An application with a clock that can be moved."""
    return World(ports, firm)


@pytest.fixture
def boss(world: World) -> Person:
    """An owner with a fresh session."""
    return world.person("owner")


def _invite(boss: Caller, email: str, role: str = "staff", books: list[dict[str, str]] | None = None) -> Any:
    return boss("POST", "/v1/invitations", {"email": email, "role": role, "books": books or []})


def _accept(boss: Caller, secret: str, **changes: Any) -> Any:
    body = {"secret": secret, "name": "新同事", "password": NEW} | changes
    return boss.client.application.test_client().post("/v1/invitations/accept", json=body)


def _reset(boss: Caller, person: Caller) -> Any:
    assert person.id is not None
    return boss("POST", f"/v1/staff/{encode('usr', person.id)}/password-reset")


def _follow(boss: Caller, secret: str, **changes: Any) -> Any:
    return boss.client.post("/v1/password-reset", json={"secret": secret, "password": NEW} | changes)


# ---- invitations


def test_who_is_invited_comes_with_the_books_and_roles_that_were_promised(
    world: World, boss: Person, doors: Doors
) -> None:
    first, second = doors.new_book(), doors.new_book()
    books = [
        {"book": encode("bk", first.uid), "role": "accountant"},
        {"book": encode("bk", second.uid), "role": "cashier"},
    ]
    made = _invite(boss, "New.Colleague@sign-in.test", books=books)
    assert (made.status_code, made.json["state"], made.json["email"]) == (201, "open", "new.colleague@sign-in.test")
    secret = made.json["secret"]
    assert secret not in world.kept("invitation") and secret.encode().hex() not in world.kept("invitation")
    assert "secret" not in boss("GET", made.headers["Location"]).json
    accepted = _accept(boss, secret)
    assert (accepted.status_code, accepted.json["firm"]) == (200, "firm-a")
    assert boss("GET", made.headers["Location"]).json["state"] == "accepted"
    login = {"firm": "firm-a", "email": "new.colleague@sign-in.test", "password": NEW}
    clerk = Caller(world.client, world.client.post("/v1/login", json=login).json["token"])
    me = clerk("GET", "/v1/me").json
    assert (me["name"], me["role"]) == ("新同事", "staff")
    assert [clerk("GET", address(book.uid)).status_code for book in (first, second)] == [200, 200]
    held = boss("GET", address(second.uid, "/grants")).json["data"]
    assert [(row["email"], row["role"]) for row in held] == [("new.colleague@sign-in.test", "cashier")]


def test_a_first_password_is_not_made_of_the_firms_names(boss: Person, firm: TenantRef) -> None:
    secret = _invite(boss, "careless@sign-in.test").json["secret"]
    new = {"email": "careless2@sign-in.test", "name": "新同事", "role": "staff"}
    for weak in (
        f"{firm.short_name} {firm.short_name}",
        "firm a firm a",
        f"{firm.name} {firm.name} {firm.name}",
        "careless@sign-in.test",
    ):
        followed = _accept(boss, secret, password=weak)
        assert (followed.status_code, followed.json["code"]) == (422, "password.rejected"), weak
        assert boss("POST", "/v1/staff", {**new, "password": weak.replace("ss@", "ss2@")}).status_code == 422, weak
    for _ in range(5):
        assert _accept(boss, secret, password="firm-a firm-a").status_code == 422
    assert _accept(boss, secret).status_code == 200


def test_a_link_is_followed_once_and_of_two_at_once_one_wins(boss: Person) -> None:
    for number in range(5):
        secret = _invite(boss, f"race{number}@sign-in.test").json["secret"]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(_accept, [boss, boss], [secret, secret]))
        assert sorted(answer.status_code for answer in found) == [200, 401]
        assert _accept(boss, secret).json["code"] == "invitation.failed"


def test_a_link_that_is_over_is_like_one_that_never_was(world: World, boss: Person) -> None:
    revoked = _invite(boss, "revoked@sign-in.test")
    replaced = _invite(boss, "replaced@sign-in.test")
    assert _invite(boss, "replaced@sign-in.test").status_code == 201
    ended = boss("POST", f"{revoked.headers['Location']}/revoke")
    assert (ended.status_code, ended.json["state"]) == (200, "revoked")
    late = _invite(boss, "late@sign-in.test").json["secret"]
    gone = world.person("manager")
    orphan = _invite(gone, "orphan@sign-in.test").json["secret"]
    world.disable(gone.id)
    answers = [_accept(boss, secret) for secret in (revoked.json["secret"], replaced.json["secret"], orphan)]
    world.clock.move(hours=72, seconds=1)
    answers += [_accept(boss, late), _accept(boss, _UNKNOWN["invitation"])]
    shown = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}
    assert len(shown) == 1 and answers[0].status_code == 401
    states = {
        row["email"]: row["state"] for row in world.session_of(boss)("GET", "/v1/invitations?limit=200").json["data"]
    }
    assert (states["revoked@sign-in.test"], states["late@sign-in.test"]) == ("revoked", "expired")


def test_an_account_in_another_firm_is_nothing_to_this_one(world: World, boss: Person, other_firm: TenantRef) -> None:
    there = World(world.ports, other_firm).person("manager")
    there.enrol_totp()
    made, fresh = _invite(boss, there.email), _invite(boss, "nobody.yet@sign-in.test")
    alike = [{name: answer.json[name] for name in ("role", "books", "state")} for answer in (made, fresh)]
    assert made.status_code == fresh.status_code == 201 and alike[0] == alike[1]
    assert _accept(boss, made.json["secret"]).status_code == 200
    here = Person(there.client, "", None, there.email, clock=world.clock, firm=world.firm.short_name)
    assert (here.log_in(NEW).status_code, there.log_in(NEW).status_code) == (200, 401)
    assert (here.log_in(PASSWORD).status_code, there.log_in(PASSWORD).json["token"]) == (401, None)
    here.secret = here.log_in(NEW).json["token"]
    assert here("GET", "/v1/me/factors").json["factors"] == []
    assert here("GET", "/v1/me").json["id"] != there("GET", "/v1/me").json["id"]


def test_a_factor_enrolled_in_one_firm_is_not_asked_in_another(
    world: World, boss: Person, other_firm: TenantRef
) -> None:
    there = World(world.ports, other_firm).person("manager")
    world.person(like=there).enrol_totp()
    assert there.log_in().json["token"]


def test_a_weak_password_is_refused_before_anything_is_said(boss: Person) -> None:
    good = _invite(boss, "weak.one@sign-in.test").json["secret"]
    answers = [_accept(boss, secret, password="password1234") for secret in (good, _UNKNOWN["invitation"])]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(422, "password.rejected")}
    assert _accept(boss, good).status_code == 200


def test_nobody_invites_beyond_its_own_rights(world: World, boss: Person, other_firm: TenantRef, doors: Doors) -> None:
    manager, clerk = world.person("manager"), world.person()
    assert _invite(clerk, "x@sign-in.test").json["code"] == "permission.missing"
    assert _invite(manager, "x@sign-in.test", "owner").json["code"] == "staff.owner_only"
    assert _invite(manager, "x@sign-in.test", "operator").json["code"] == "role.unknown"
    assert _invite(manager, clerk.email).json["code"] == "staff.already_member"
    foreign = Doors(world.ports, other_firm).new_book()
    mine = encode("bk", doors.new_book().uid)
    wrong = [{"book": mine, "role": "owner"}, {"book": encode("bk", foreign.uid), "role": "cashier"}]
    refused = _invite(manager, "x@sign-in.test", books=wrong)
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [
        ("/books/0/role", "invitation.grant_beyond"),
        ("/books/1/book", "book.not_found"),
    ]
    client = _invite(manager, "x@sign-in.test", "client", [{"book": mine, "role": "accountant"}])
    assert [one["code"] for one in client.json["errors"]] == ["invitation.grant_beyond"]
    twice = _invite(manager, "x@sign-in.test", books=[{"book": mine, "role": "cashier"}] * 2)
    assert twice.status_code == 422


def test_who_invites_but_may_not_enter_a_book_does_not_see_it_in_an_invitation(
    world: World, boss: Person, doors: Doors
) -> None:
    entered, closed = (encode("bk", doors.new_book().uid) for _ in range(2))
    new = {"code": "own_hr", "name_zh": "人事", "name_en": "HR", "reach": "firm", "side": "staff"}
    assert boss("POST", "/v1/roles", {**new, "permissions": ["me.read", "staff.manage"]}).status_code == 201
    hr = world.person("own_hr")
    assert hr.id is not None
    place = f"/v1/books/{entered}/grants/{encode('usr', hr.id)}"
    assert boss("PUT", place, {"role": "cashier"}).status_code == 200
    offered = [{"book": book, "role": "cashier"} for book in (entered, closed)]
    made = _invite(boss, "two.books@sign-in.test", books=offered)
    one = made.headers["Location"]
    seen = next(row for row in hr("GET", "/v1/invitations").json["data"] if row["email"] == "two.books@sign-in.test")
    assert seen["books"] == hr("GET", one).json["books"] == offered[:1]
    assert hr("POST", f"{one}/revoke").json["books"] == offered[:1]
    assert made.json["books"] == boss("GET", one).json["books"] == offered


def test_another_firms_invitation_does_not_exist(world: World, boss: Person, other_firm: TenantRef) -> None:
    stranger = World(world.ports, other_firm).person("owner")
    theirs = _invite(stranger, "theirs@sign-in.test").headers["Location"]
    assert [boss("GET", theirs).status_code, boss("POST", f"{theirs}/revoke").status_code] == [404, 404]
    assert stranger("GET", theirs).json["state"] == "open"


def test_whether_a_new_member_serves_another_firm_does_not_show(
    world: World, boss: Person, other_firm: TenantRef
) -> None:
    person = World(world.ports, other_firm).person("manager")
    told = []
    for email in (person.email, "wholly.new@sign-in.test"):
        new = {"email": email, "name": "张三", "password": PASSWORD, "role": "staff"}
        made = boss("POST", "/v1/staff", new)
        told.append((made.status_code, {**made.json, "id": "", "email": "", "created_at": ""}))
    assert told[0] == told[1] and told[0][1]["name"] == "张三"
    assert person("GET", "/v1/me").json["name"] == "manager 某"


# ---- resets


def test_a_reset_sets_a_new_password_once_and_ends_every_session(world: World, boss: Person) -> None:
    person = world.person()
    given = _reset(boss, person)
    assert given.status_code == 201 and given.json["secret"] not in world.kept("password_reset")
    own = _follow(boss, given.json["secret"], password=2 * person.email.partition("@")[0])
    assert (own.status_code, own.json["code"]) == (422, "password.rejected")
    assert _follow(boss, given.json["secret"]).status_code == 204
    assert person("GET", "/v1/me").status_code == 401
    assert (person.log_in().status_code, person.log_in(NEW).status_code) == (401, 200)
    assert _follow(boss, given.json["secret"]).json["code"] == "password.reset_failed"


def test_a_reset_does_not_go_around_a_second_factor(world: World, boss: Person) -> None:
    person = world.person()
    person.enrol_totp()
    secret = _reset(boss, person).json["secret"]
    assert _follow(boss, secret).json["code"] == "password.reset_failed"
    assert _follow(boss, secret, code="000000" if person.code() != "000000" else "000001").status_code == 401
    assert person("GET", "/v1/me").status_code == 200
    assert _follow(boss, secret, code=person.next_code()).status_code == 204
    entered = person.log_in(NEW)
    assert entered.json["token"] is None and entered.json["second_factor"]["kinds"] == ["recovery_code", "totp"]


def test_a_reset_in_one_firm_leaves_the_others_as_they_are(world: World, boss: Person, other_firm: TenantRef) -> None:
    there = World(world.ports, other_firm).person("owner")
    here = world.person(like=there)
    assert _follow(boss, _reset(boss, here).json["secret"]).status_code == 204
    assert (here.log_in(NEW).status_code, there.log_in(NEW).status_code) == (200, 401)
    assert (there("GET", "/v1/me").status_code, there.log_in().status_code) == (200, 200)


def test_a_link_to_reset_is_given_by_who_may_and_to_others(world: World, boss: Person, other_firm: TenantRef) -> None:
    manager, clerk = world.person("manager"), world.person()
    assert _reset(clerk, manager).json["code"] == "permission.missing"
    assert _reset(manager, boss).json["code"] == "staff.owner_only"
    assert _reset(boss, boss).json["code"] == "password.reset_own"
    assert _reset(boss, World(world.ports, other_firm).person()).json["code"] == "user.not_found"
    world.clock.move(minutes=6)
    assert _reset(boss, clerk).json["code"] == "auth.step_up_required"


def test_a_reset_that_is_over_is_like_one_that_never_was(world: World, boss: Person) -> None:
    person, gone = world.person(), world.person()
    older = _reset(boss, person).json["secret"]
    newer = _reset(boss, person).json["secret"]
    left = _reset(boss, gone).json["secret"]
    world.disable(gone.id)
    answers = [_follow(boss, older), _follow(boss, left)]
    world.clock.move(minutes=30, seconds=1)
    answers += [_follow(boss, newer), _follow(boss, _UNKNOWN["reset"]), _follow(boss, _UNKNOWN["invitation"])]
    shown = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}
    assert len(shown) == 1 and answers[0].status_code == 401


def test_a_link_to_reset_does_not_outlive_what_it_was_given_for(world: World, boss: Person) -> None:
    back, changed = world.person(), world.person()
    links = [_reset(boss, person).json["secret"] for person in (back, changed)]
    for active in (False, True):
        address = f"/v1/staff/{encode('usr', back.id)}"
        tag = boss("GET", address).headers["ETag"]
        assert boss("PATCH", address, {"active": active}, If_Match=tag).status_code == 200
    assert changed("POST", "/v1/me/password", {"present": PASSWORD, "password": NEW}).status_code == 204
    assert [_follow(boss, link, password="three green lanterns drift").status_code for link in links] == [401, 401]
    assert _follow(boss, _reset(boss, back).json["secret"]).status_code == 204


def test_of_two_that_follow_a_reset_at_once_one_sets_the_password(world: World, boss: Person) -> None:
    person = world.person()
    for number in range(5):
        secret = _reset(boss, person).json["secret"]
        words = [f"a wholly new sentence {number}{side}" for side in (1, 2)]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(_race, [boss, boss], [secret, secret], words))
        assert sorted(found) == [204, 401]
        assert [person.log_in(word).status_code for word in words].count(200) == 1
        world.ports.redis.flushdb()


def _race(boss: Caller, secret: str, password: str) -> int:
    client = boss.client.application.test_client()
    return int(client.post("/v1/password-reset", json={"secret": secret, "password": password}).status_code)


def test_every_step_leaves_its_line(world: World, boss: Person, doors: Doors) -> None:
    before = new_id()
    person = world.person()
    person.enrol_totp()
    _follow(boss, _reset(boss, person).json["secret"], recovery_code=person.recovery_codes[0])
    made = _invite(boss, "audited@sign-in.test")
    _accept(boss, made.json["secret"])
    boss("POST", f"{_invite(boss, 'withdrawn@sign-in.test').headers['Location']}/revoke")
    boss("POST", "/v1/me/sessions/revoke-others")
    boss.step_up(password=PASSWORD)
    with doors.firm() as scope:
        query = "select action, actor from tenant.audit_event where id > :before order by id"
        found = scope.run(query, before=before).all()
    assert [row.action for row in found] == [
        "factor.add",
        "password.reset_give",
        "password.reset",
        "invitation.make",
        "invitation.accept",
        "invitation.make",
        "invitation.revoke",
        "session.end_all",
        "session.step_up",
    ]
    assert [row.actor for row in found[:3]] == [f"user:{who.id}" for who in (person, boss, person)]
