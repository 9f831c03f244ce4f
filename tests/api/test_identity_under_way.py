"""What was begun before everything of a person was ended opens nothing after it, in whatever order the two come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.identity.oauth.codes import service as codes
from app.identity.oauth.errors import PersonOnly
from app.identity.passwords import service as passwords
from infra.ids import decode
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import Actor, Origin, TenantRef
from tests.api.conftest import PASSWORD
from tests.api.signing_in import NEW_PASSWORD, Person, World


def _change_password(boss: Person, person: Person) -> None:
    changed = person("POST", "/v1/me/password", {"present": PASSWORD, "password": NEW_PASSWORD})
    assert changed.status_code == 204, changed.json


def _reset(boss: Person, person: Person) -> None:
    secret = boss.give_reset(person).json["secret"]
    assert boss.follow(secret, **({"code": person.next_code()} if person.seed else {})).status_code == 204


def _end_all(boss: Person, person: Person) -> None:
    assert boss("POST", f"{person.staff_address}/sessions/revoke").status_code == 204


def _let_go_and_take_back(boss: Person, person: Person) -> None:
    boss.change_staff(person, active=False)
    boss.change_staff(person, active=True)


ENDS = pytest.mark.parametrize("end", [_change_password, _reset, _end_all, _let_go_and_take_back])
End = Callable[[Person, Person], None]


@ENDS
def test_a_login_that_waits_for_its_second_step_is_over(world: World, boss: Person, end: End) -> None:
    person = world.person()
    person.enrol_totp()
    begun = person.ask()["challenge"]
    end(boss, person)
    late = person.complete(challenge=begun, recovery_code=person.recovery_codes[0])
    assert (late.status_code, late.json["code"]) == (401, "login.second_factor_failed")


def _while_weighed(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen between the weighing of the next password and what follows from it."""
    weigh = passwords.verify

    def verify(held: str, password: str) -> bool:
        monkeypatch.setattr(passwords, "verify", weigh)
        found = weigh(held, password)
        act()
        return found

    monkeypatch.setattr(passwords, "verify", verify)


@ENDS
def test_a_login_whose_password_is_being_weighed_is_over(
    world: World, boss: Person, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = world.person()
    _while_weighed(monkeypatch, lambda: end(boss, person))
    late = person.log_in()
    assert (late.status_code, late.json["code"]) == (401, "login.failed")


@pytest.mark.parametrize("end", [_reset, _end_all])
def test_a_change_of_the_password_that_is_being_weighed_is_over(
    world: World, boss: Person, end: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = world.person()
    _while_weighed(monkeypatch, lambda: end(boss, person))
    late = person("POST", "/v1/me/password", {"present": PASSWORD, "password": "three green lanterns drift"})
    assert (late.status_code, late.json["code"]) == (422, "password.wrong")
    assert person.log_in("three green lanterns drift").status_code == 401


def test_a_yes_to_a_program_is_none_when_its_session_has_ended_meanwhile(
    world: World, boss: Person, firm: TenantRef
) -> None:
    person = world.person()
    [session] = [row["id"] for row in person("GET", "/v1/me/sessions").json["data"] if row["current"]]
    actor, origin = Actor("user", person.id, "某", "staff"), Origin(session=decode("ses", session))
    with enter_tenant(world.ports.engine, firm, actor, world.clock, origin=origin) as scope:
        assert codes.acting_person(scope, answering=True).id == person.id
    _end_all(boss, person)
    with enter_tenant(world.ports.engine, firm, actor, world.clock, origin=origin) as scope, pytest.raises(PersonOnly):
        codes.acting_person(scope, answering=True)


def test_of_two_factors_that_are_removed_at_once_the_last_stays_where_one_is_required(
    ports: Ports, firm: TenantRef
) -> None:
    strict = World(ports, firm, second_factor="required")
    for _ in range(5):
        person = strict.person()
        person.enrol_totp()
        person.enrol_passkey()
        ids = [row["id"] for row in person("GET", "/v1/me/factors").json["factors"]]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda one, who=person: _at_once(who, "DELETE", f"/v1/me/factors/{one}"), ids))
        assert sorted(found) == [204, 409], found
        assert len(person("GET", "/v1/me/factors").json["factors"]) == 1


def test_of_recovery_codes_renewed_at_once_ten_hold(world: World) -> None:
    person = world.person()
    person.enrol_totp()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _at_once(person, "POST", "/v1/me/factors/recovery-codes"), range(4)))
    assert person("GET", "/v1/me/factors").json["recovery_codes_left"] == 10


def _at_once(person: Person, method: str, path: str) -> int:
    client = person.client.application.test_client()
    return int(client.open(path, method=method, headers={"Authorization": f"Bearer {person.secret}"}).status_code)
