"""A link is worth what its giver may give when it is followed, and what its person may do then."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.permissions import BUILTIN
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD
from tests.api.signing_in import NEW_PASSWORD, Person, World
from tests.factories.doors import Doors


def _invite(boss: Person, email: str, role: str, books: list[dict[str, str]] | None = None) -> str:
    made = boss.invite(email, role, books)
    assert made.status_code == 201, made.json
    return str(made.json["secret"])


@pytest.mark.parametrize("change", [{"active": False}, {"role": "staff"}])
def test_a_reset_is_over_when_its_giver_may_give_none(world: World, boss: Person, change: dict[str, Any]) -> None:
    giver, victim = world.person("manager"), world.person("manager")
    link = giver.give_reset(victim).json["secret"]
    boss.change_staff(giver, **change)
    assert boss.follow(link).json["code"] == "password.reset_failed"
    assert (victim.log_in().status_code, victim.log_in(NEW_PASSWORD).status_code) == (200, 401)


def test_a_reset_does_not_grow_with_its_person(world: World, boss: Person) -> None:
    manager, promoted = world.person("manager"), world.person()
    link = manager.give_reset(promoted).json["secret"]
    boss.change_staff(promoted, role="owner")
    assert boss.follow(link).json["code"] == "password.reset_failed"


def test_who_manages_staff_and_no_books_resets_nobody_who_works_in_one(
    world: World, boss: Person, doors: Doors
) -> None:
    code = f"own_{world.person().id.hex[-8:]}"
    own = sorted({*BUILTIN["staff"].permissions, "staff.manage"})
    role = {"code": code, "name_zh": "人事", "name_en": "HR", "reach": "firm", "side": "staff", "permissions": own}
    assert boss("POST", "/v1/roles", role).status_code == 201
    clerk, book = world.person(code), doors.new_book()
    lead, idle = world.person(), world.person()
    early = clerk.give_reset(lead).json["secret"]
    grants = f"/v1/books/{encode('bk', book.uid)}/grants/{encode('usr', lead.id)}"
    assert boss("PUT", grants, {"role": "team_lead"}).status_code == 200
    assert clerk.give_reset(lead).json["code"] == "role.beyond"
    assert boss.follow(early).json["code"] == "password.reset_failed"
    assert boss.follow(clerk.give_reset(idle).json["secret"]).status_code == 204


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_an_invitation_is_over_when_its_giver_could_not_give_it_any_more(world: World, boss: Person, role: str) -> None:
    giver, number = world.person(role), world.person().id.hex[-8:]
    left = _invite(giver, f"left.{number}@sign-in.test", role)
    boss.change_staff(giver, role="staff")
    assert boss.accept(left).status_code == 401


def test_an_invitation_to_a_book_is_over_when_its_giver_holds_less_there(
    world: World, boss: Person, doors: Doors
) -> None:
    giver, number, book = world.person("manager"), world.person().id.hex[-8:], encode("bk", doors.new_book().uid)
    lead = _invite(giver, f"lead.{number}@sign-in.test", "staff", [{"book": book, "role": "team_lead"}])
    boss.change_staff(giver, role="staff")
    assert boss.accept(lead).status_code == 401
    boss.change_staff(giver, role="manager")
    assert boss.accept(lead).status_code == 200


def test_the_line_of_a_followed_link_says_from_where_it_came_and_whose_it_was(
    world: World, boss: Person, doors: Doors
) -> None:
    person = world.person()
    assert boss.follow(boss.give_reset(person).json["secret"]).status_code == 204
    secret = _invite(boss, f"told.{person.id.hex[-8:]}@sign-in.test", "staff")
    assert boss.accept(secret).status_code == 200
    with doors.firm() as scope:
        query = "select action, details, address, agent from tenant.audit_event where action = any(:these)"
        these = ["invitation.accept", "password.reset"]
        found = scope.run(f"{query} order by id desc limit 2", these=these).all()
    assert [row.action for row in found] == these
    assert all(row.details["given_by"] == encode("usr", boss.id) for row in found)
    assert all(row.address == "127.0.0.1" and row.agent for row in found)


def test_a_book_is_told_of_every_role_in_it_that_comes_or_goes(world: World, boss: Person, doors: Doors) -> None:
    book, number = doors.new_book(), world.person().id.hex[-8:]
    uid = encode("bk", book.uid)
    boss.accept(_invite(boss, f"new.{number}@sign-in.test", "staff", [{"book": uid, "role": "cashier"}]))
    team = boss("POST", "/v1/teams", {"name": f"组{number}"}).json["id"]
    boss("PUT", f"/v1/books/{uid}/team-grants/{team}", {"role": "accountant"})
    assert boss("DELETE", f"/v1/teams/{team}").status_code == 204
    key = boss("POST", "/v1/api-keys", {"name": "钥", "role": "accountant", "books": [uid], "days": 1})
    assert key.status_code == 201, key.json
    assert boss("POST", f"/v1/api-keys/{key.json['id']}/revoke").status_code == 200
    with doors.book(book.uid) as scope:
        query = "select action, object_type from tenant.audit_event where book_id = :book and action like 'grant.%'"
        told = [tuple(row) for row in scope.run(f"{query} order by seq", book=book.id)]
    assert told == [
        ("grant.give", "user"),
        ("grant.give", "team"),
        ("grant.withdraw", "team"),
        ("grant.give", "api_key"),
        ("grant.withdraw", "api_key"),
    ]


def test_a_password_that_another_firm_gave_lets_nobody_into_this_one(
    world: World, boss: Person, ports: Ports, other_firm: TenantRef
) -> None:
    there = World(ports, other_firm).person()
    first = "four blue kettles hum along"
    made = boss("POST", "/v1/staff", {"email": there.email, "name": "张三", "password": first, "role": "staff"})
    assert made.status_code == 201
    here = Person(there.client, "", there.id, there.email, clock=world.clock, firm=world.firm.short_name)
    assert (here.log_in(PASSWORD).status_code, there.log_in(first).status_code) == (401, 401)
    entered = here.log_in(first)
    assert entered.status_code == 200 and there.log_in(PASSWORD).status_code == 200
    here.secret = entered.json["token"]
    assert here("POST", "/v1/me/password", {"present": first, "password": NEW_PASSWORD}).status_code == 204
    assert [here.log_in(NEW_PASSWORD).status_code, there.log_in(PASSWORD).status_code] == [200, 200]
    assert [here.log_in(first).status_code, there.log_in(NEW_PASSWORD).status_code] == [401, 401]
