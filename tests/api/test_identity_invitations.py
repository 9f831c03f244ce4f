"""Links handed to people: an invitation makes one member with its books, a reset sets one password, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from infra.ids import encode, new_id
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller, address
from tests.api.signing_in import NEW_PASSWORD, Person, World
from tests.factories.doors import Doors

_UNKNOWN = {"invitation": "zf_i_" + "A" * 43, "reset": "zf_r_" + "A" * 43}


# ---- invitations


def test_who_is_invited_comes_with_the_books_and_roles_that_were_promised(
    world: World, boss: Person, doors: Doors
) -> None:
    first, second = doors.new_book(), doors.new_book()
    books = [
        {"book": encode("bk", first.uid), "role": "accountant"},
        {"book": encode("bk", second.uid), "role": "cashier"},
    ]
    made = boss.invite("New.Colleague@sign-in.test", books=books)
    assert (made.status_code, made.json["state"], made.json["email"]) == (201, "open", "new.colleague@sign-in.test")
    secret = made.json["secret"]
    assert secret not in world.kept("invitation") and secret.encode().hex() not in world.kept("invitation")
    assert "secret" not in boss("GET", made.headers["Location"]).json
    accepted = boss.accept(secret)
    assert (accepted.status_code, accepted.json["firm"]) == (200, "firm-a")
    assert boss("GET", made.headers["Location"]).json["state"] == "accepted"
    login = {"firm": "firm-a", "email": "new.colleague@sign-in.test", "password": NEW_PASSWORD}
    clerk = Caller(world.client, world.client.post("/v1/login", json=login).json["token"])
    me = clerk("GET", "/v1/me").json
    assert (me["name"], me["role"]) == ("新同事", "staff")
    assert [clerk("GET", address(book.uid)).status_code for book in (first, second)] == [200, 200]
    held = boss("GET", address(second.uid, "/grants")).json["data"]
    assert [(row["email"], row["role"]) for row in held] == [("new.colleague@sign-in.test", "cashier")]


def test_a_first_password_is_not_made_of_the_firms_names(boss: Person, firm: TenantRef) -> None:
    secret = boss.invite("careless@sign-in.test").json["secret"]
    new = {"email": "careless2@sign-in.test", "name": "新同事", "role": "staff"}
    for weak in (
        f"{firm.short_name} {firm.short_name}",
        "firm a firm a",
        f"{firm.name} {firm.name} {firm.name}",
        "careless@sign-in.test",
    ):
        followed = boss.accept(secret, password=weak)
        assert (followed.status_code, followed.json["code"]) == (422, "password.rejected"), weak
        assert boss("POST", "/v1/staff", {**new, "password": weak.replace("ss@", "ss2@")}).status_code == 422, weak
    for _ in range(5):
        assert boss.accept(secret, password="firm-a firm-a").status_code == 422
    assert boss.accept(secret).status_code == 200


def test_a_link_is_followed_once_and_of_two_at_once_one_wins(boss: Person) -> None:
    for number in range(5):
        secret = boss.invite(f"race{number}@sign-in.test").json["secret"]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(boss.accept, [secret, secret]))
        assert sorted(answer.status_code for answer in found) == [200, 401]
        assert boss.accept(secret).json["code"] == "invitation.failed"


def test_a_link_that_is_over_is_like_one_that_never_was(world: World, boss: Person) -> None:
    revoked = boss.invite("revoked@sign-in.test")
    replaced = boss.invite("replaced@sign-in.test")
    assert boss.invite("replaced@sign-in.test").status_code == 201
    ended = boss("POST", f"{revoked.headers['Location']}/revoke")
    assert (ended.status_code, ended.json["state"]) == (200, "revoked")
    late = boss.invite("late@sign-in.test").json["secret"]
    gone = world.person("manager")
    orphan = gone.invite("orphan@sign-in.test").json["secret"]
    world.disable(gone.id)
    answers = [boss.accept(secret) for secret in (revoked.json["secret"], replaced.json["secret"], orphan)]
    world.clock.move(hours=72, seconds=1)
    answers += [boss.accept(late), boss.accept(_UNKNOWN["invitation"])]
    shown = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}
    assert len(shown) == 1 and answers[0].status_code == 401
    states = {
        row["email"]: row["state"] for row in world.session_of(boss)("GET", "/v1/invitations?limit=200").json["data"]
    }
    assert (states["revoked@sign-in.test"], states["late@sign-in.test"]) == ("revoked", "expired")


def test_an_account_in_another_firm_is_nothing_to_this_one(world: World, boss: Person, other_firm: TenantRef) -> None:
    there = World(world.ports, other_firm).person("manager")
    there.enrol_totp()
    made, fresh = boss.invite(there.email), boss.invite("nobody.yet@sign-in.test")
    alike = [{name: answer.json[name] for name in ("role", "books", "state")} for answer in (made, fresh)]
    assert made.status_code == fresh.status_code == 201 and alike[0] == alike[1]
    assert boss.accept(made.json["secret"]).status_code == 200
    here = Person(there.client, "", None, there.email, clock=world.clock, firm=world.firm.short_name)
    assert (here.log_in(NEW_PASSWORD).status_code, there.log_in(NEW_PASSWORD).status_code) == (200, 401)
    assert (here.log_in(PASSWORD).status_code, there.log_in(PASSWORD).json["token"]) == (401, None)
    here.secret = here.log_in(NEW_PASSWORD).json["token"]
    assert here("GET", "/v1/me/factors").json["factors"] == []
    assert here("GET", "/v1/me").json["id"] != there("GET", "/v1/me").json["id"]


def test_a_factor_enrolled_in_one_firm_is_not_asked_in_another(
    world: World, boss: Person, other_firm: TenantRef
) -> None:
    there = World(world.ports, other_firm).person("manager")
    world.person(like=there).enrol_totp()
    assert there.log_in().json["token"]


def test_a_weak_password_is_refused_before_anything_is_said(boss: Person) -> None:
    good = boss.invite("weak.one@sign-in.test").json["secret"]
    answers = [boss.accept(secret, password="password1234") for secret in (good, _UNKNOWN["invitation"])]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(422, "password.rejected")}
    assert boss.accept(good).status_code == 200


def test_nobody_invites_beyond_its_own_rights(world: World, boss: Person, other_firm: TenantRef, doors: Doors) -> None:
    manager, clerk = world.person("manager"), world.person()
    assert clerk.invite("x@sign-in.test").json["code"] == "permission.missing"
    assert manager.invite("x@sign-in.test", "owner").json["code"] == "staff.owner_only"
    assert manager.invite("x@sign-in.test", "operator").json["code"] == "role.unknown"
    assert manager.invite(clerk.email).json["code"] == "staff.already_member"
    foreign = Doors(world.ports, other_firm).new_book()
    mine = encode("bk", doors.new_book().uid)
    wrong = [{"book": mine, "role": "owner"}, {"book": encode("bk", foreign.uid), "role": "cashier"}]
    refused = manager.invite("x@sign-in.test", books=wrong)
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [
        ("/books/0/role", "invitation.grant_beyond"),
        ("/books/1/book", "book.not_found"),
    ]
    client = manager.invite("x@sign-in.test", "client", [{"book": mine, "role": "accountant"}])
    assert [one["code"] for one in client.json["errors"]] == ["invitation.grant_beyond"]
    twice = manager.invite("x@sign-in.test", books=[{"book": mine, "role": "cashier"}] * 2)
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
    made = boss.invite("two.books@sign-in.test", books=offered)
    one = made.headers["Location"]
    seen = next(row for row in hr("GET", "/v1/invitations").json["data"] if row["email"] == "two.books@sign-in.test")
    assert seen["books"] == hr("GET", one).json["books"] == offered[:1]
    assert hr("POST", f"{one}/revoke").json["books"] == offered[:1]
    assert made.json["books"] == boss("GET", one).json["books"] == offered


def test_another_firms_invitation_does_not_exist(world: World, boss: Person, other_firm: TenantRef) -> None:
    stranger = World(world.ports, other_firm).person("owner")
    theirs = stranger.invite("theirs@sign-in.test").headers["Location"]
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
    given = boss.give_reset(person)
    assert given.status_code == 201 and given.json["secret"] not in world.kept("password_reset")
    own = boss.follow(given.json["secret"], password=2 * person.email.partition("@")[0])
    assert (own.status_code, own.json["code"]) == (422, "password.rejected")
    assert boss.follow(given.json["secret"]).status_code == 204
    assert person("GET", "/v1/me").status_code == 401
    assert (person.log_in().status_code, person.log_in(NEW_PASSWORD).status_code) == (401, 200)
    assert boss.follow(given.json["secret"]).json["code"] == "password.reset_failed"


def test_a_reset_does_not_go_around_a_second_factor(world: World, boss: Person) -> None:
    person = world.person()
    person.enrol_totp()
    secret = boss.give_reset(person).json["secret"]
    assert boss.follow(secret).json["code"] == "password.reset_failed"
    assert boss.follow(secret, code="000000" if person.code() != "000000" else "000001").status_code == 401
    assert person("GET", "/v1/me").status_code == 200
    assert boss.follow(secret, code=person.next_code()).status_code == 204
    entered = person.log_in(NEW_PASSWORD)
    assert entered.json["token"] is None and entered.json["second_factor"]["kinds"] == ["recovery_code", "totp"]


def test_a_reset_in_one_firm_leaves_the_others_as_they_are(world: World, boss: Person, other_firm: TenantRef) -> None:
    there = World(world.ports, other_firm).person("owner")
    here = world.person(like=there)
    assert boss.follow(boss.give_reset(here).json["secret"]).status_code == 204
    assert (here.log_in(NEW_PASSWORD).status_code, there.log_in(NEW_PASSWORD).status_code) == (200, 401)
    assert (there("GET", "/v1/me").status_code, there.log_in().status_code) == (200, 200)


def test_a_link_to_reset_is_given_by_who_may_and_to_others(world: World, boss: Person, other_firm: TenantRef) -> None:
    manager, clerk = world.person("manager"), world.person()
    assert clerk.give_reset(manager).json["code"] == "permission.missing"
    assert manager.give_reset(boss).json["code"] == "staff.owner_only"
    assert boss.give_reset(boss).json["code"] == "password.reset_own"
    assert boss.give_reset(World(world.ports, other_firm).person()).json["code"] == "user.not_found"
    world.clock.move(minutes=6)
    assert boss.give_reset(clerk).json["code"] == "auth.step_up_required"


def test_a_reset_that_is_over_is_like_one_that_never_was(world: World, boss: Person) -> None:
    person, gone = world.person(), world.person()
    older = boss.give_reset(person).json["secret"]
    newer = boss.give_reset(person).json["secret"]
    left = boss.give_reset(gone).json["secret"]
    world.disable(gone.id)
    answers = [boss.follow(older), boss.follow(left)]
    world.clock.move(minutes=30, seconds=1)
    answers += [boss.follow(newer), boss.follow(_UNKNOWN["reset"]), boss.follow(_UNKNOWN["invitation"])]
    shown = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}
    assert len(shown) == 1 and answers[0].status_code == 401


def test_a_link_to_reset_does_not_outlive_what_it_was_given_for(world: World, boss: Person) -> None:
    back, changed = world.person(), world.person()
    links = [boss.give_reset(person).json["secret"] for person in (back, changed)]
    for active in (False, True):
        address = f"/v1/staff/{encode('usr', back.id)}"
        tag = boss("GET", address).headers["ETag"]
        assert boss("PATCH", address, {"active": active}, If_Match=tag).status_code == 200
    assert changed("POST", "/v1/me/password", {"present": PASSWORD, "password": NEW_PASSWORD}).status_code == 204
    assert [boss.follow(link, password="three green lanterns drift").status_code for link in links] == [401, 401]
    assert boss.follow(boss.give_reset(back).json["secret"]).status_code == 204


def test_of_two_that_follow_a_reset_at_once_one_sets_the_password(world: World, boss: Person) -> None:
    person = world.person()
    for number in range(5):
        secret = boss.give_reset(person).json["secret"]
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
    boss.follow(boss.give_reset(person).json["secret"], recovery_code=person.recovery_codes[0])
    made = boss.invite("audited@sign-in.test")
    boss.accept(made.json["secret"])
    boss("POST", f"{boss.invite('withdrawn@sign-in.test').headers['Location']}/revoke")
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
