"""Second factors over HTTP: a proof counts once, for its own person, and nothing gets around it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.api.signing_in import Person, World
from tests.factories.doors import Doors
from tests.unit.identity.authenticator import Authenticator

_NOBODY = UUID(int=0)


@pytest.fixture
def enrolled(world: World) -> Person:
    """A person with an app and recovery codes."""
    person = world.person()
    person.enrol_totp()
    return person


def _me(client: Any, token: str) -> int:
    return int(Caller(client, token)("GET", "/v1/me").status_code)


# ---- logging in


def test_a_password_alone_opens_nothing_to_who_has_a_second_factor(enrolled: Person) -> None:
    question = enrolled.ask()
    assert question["kinds"] == ["recovery_code", "totp"] and question["passkey"] is None
    assert _me(enrolled.client, question["challenge"]) == 401
    entered = enrolled.complete(challenge=question["challenge"], code=enrolled.next_code())
    assert entered.status_code == 200 and _me(enrolled.client, entered.json["token"]) == 200


def test_a_code_counts_once(enrolled: Person) -> None:
    code = enrolled.next_code()
    assert enrolled.complete(challenge=enrolled.ask()["challenge"], code=code).status_code == 200
    again = enrolled.complete(challenge=enrolled.ask()["challenge"], code=code)
    assert (again.status_code, again.json["code"]) == (401, "login.second_factor_failed")


def test_of_two_that_use_one_code_at_once_one_enters(enrolled: Person) -> None:
    for _ in range(5):
        code = enrolled.next_code()
        questions = [enrolled.ask()["challenge"] for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(enrolled.answer, questions, [code, code])
        assert sorted(found) == [200, 401]


def test_a_challenge_is_answered_once_and_waits_minutes(enrolled: Person) -> None:
    asked = enrolled.ask()["challenge"]
    assert enrolled.complete(challenge=asked, code=enrolled.next_code()).status_code == 200
    assert enrolled.complete(challenge=asked, code=enrolled.next_code()).status_code == 401
    late = enrolled.ask()["challenge"]
    enrolled.clock.move(minutes=5, seconds=1)
    assert enrolled.complete(challenge=late, code=enrolled.code()).status_code == 401


def test_another_persons_code_proves_nothing(world: World, enrolled: Person) -> None:
    other = world.person()
    other.enrol_totp()
    other.clock.move(seconds=30)
    answer = enrolled.complete(challenge=enrolled.ask()["challenge"], code=other.code())
    assert answer.status_code == 401
    theirs = other.complete(challenge=enrolled.ask()["challenge"], code=other.code())
    assert theirs.status_code == 401


def test_a_recovery_code_opens_once_and_ten_are_given(enrolled: Person) -> None:
    assert len(set(enrolled.recovery_codes)) == 10
    code = enrolled.recovery_codes[0]
    entered = enrolled.complete(challenge=enrolled.ask()["challenge"], recovery_code=code)
    assert entered.status_code == 200
    assert enrolled.complete(challenge=enrolled.ask()["challenge"], recovery_code=code).status_code == 401
    mine = Caller(enrolled.client, entered.json["token"])
    assert mine("GET", "/v1/me/factors").json["recovery_codes_left"] == 9
    renewed = mine("POST", "/v1/me/factors/recovery-codes").json["recovery_codes"]
    assert len(renewed) == 10 and not set(renewed) & set(enrolled.recovery_codes)
    old = enrolled.complete(challenge=enrolled.ask()["challenge"], recovery_code=enrolled.recovery_codes[1])
    assert old.status_code == 401


def test_the_fifth_wrong_code_ends_the_challenge_and_then_the_account_waits(enrolled: Person) -> None:
    asked = enrolled.ask()["challenge"]
    wrong = "000000" if enrolled.code() != "000000" else "000001"
    assert [enrolled.complete(challenge=asked, code=wrong).status_code for _ in range(5)] == [401] * 5
    elsewhere = enrolled.client.post(
        "/v1/login/second-factor",
        json={"challenge": enrolled.ask()["challenge"], "code": wrong},
        environ_base={"REMOTE_ADDR": "203.0.113.200"},
    )
    assert (elsewhere.status_code, elsewhere.json["code"]) == (429, "login.delayed")
    assert int(elsewhere.headers["Retry-After"]) >= 1


def test_who_is_let_go_between_the_two_steps_does_not_enter(world: World, enrolled: Person) -> None:
    asked = enrolled.ask()["challenge"]
    world.disable(enrolled.id)
    assert enrolled.complete(challenge=asked, code=enrolled.next_code()).status_code == 401


# ---- passkeys


def test_a_passkey_completes_a_login(world: World) -> None:
    person = world.person()
    person.enrol_passkey()
    assert person.authenticator is not None
    for _ in range(2):
        question = person.ask()
        assert question["kinds"] == ["passkey", "recovery_code"]
        assert question["passkey"]["challenge"] == question["challenge"]
        signed = person.authenticator.sign(question["challenge"])
        assert person.complete(challenge=question["challenge"], passkey=signed).status_code == 200


@pytest.mark.parametrize(
    "forge",
    [
        lambda mine, asked, other: mine.sign(asked, origin="http://evil.test"),
        lambda mine, asked, other: mine.sign(other),
        lambda mine, asked, other: mine.sign(asked, challenge=other),
        lambda mine, asked, other: Authenticator(id=mine.id).sign(asked),
        lambda mine, asked, other: Authenticator().sign(asked),
        lambda mine, asked, other: Authenticator(id=mine.id, key=mine.key, count=-1).sign(asked),
        lambda mine, asked, other: Authenticator(id=mine.id, key=mine.key, domain="evil.test", count=9).sign(asked),
    ],
    ids=["origin", "other challenge", "swapped challenge", "other key", "unknown key", "cloned counter", "domain"],
)
def test_a_forged_assertion_opens_nothing(world: World, forge: Callable[[Authenticator, str, str], Any]) -> None:
    person = world.person()
    person.enrol_passkey()
    assert person.authenticator is not None
    first = person.ask()["challenge"]
    assert person.complete(challenge=first, passkey=person.authenticator.sign(first)).status_code == 200
    asked, other = person.ask()["challenge"], person.ask()["challenge"]
    answer = person.complete(challenge=asked, passkey=forge(person.authenticator, asked, other))
    assert (answer.status_code, answer.json["code"]) == (401, "login.second_factor_failed")


def test_an_assertion_is_not_replayed(world: World) -> None:
    person = world.person()
    person.enrol_passkey()
    assert person.authenticator is not None
    asked = person.ask()["challenge"]
    signed = person.authenticator.sign(asked)
    assert person.complete(challenge=asked, passkey=signed).status_code == 200
    assert person.complete(challenge=asked, passkey=signed).status_code == 401
    assert person.complete(challenge=person.ask()["challenge"], passkey=signed).status_code == 401


def test_a_passkey_is_kept_only_in_the_session_that_was_asked(world: World) -> None:
    person, thief = world.person(), world.person()
    challenge = person("POST", "/v1/me/factors/passkeys/challenge").json["challenge"]
    body = {"name": "x", "challenge": challenge, "passkey": Authenticator().make(challenge)}
    for other in (thief, world.session_of(person)):
        assert other("POST", "/v1/me/factors/passkeys", body).json["code"] == "factor.rejected"
    assert person("POST", "/v1/me/factors/passkeys", body).status_code == 201
    assert person("POST", "/v1/me/factors/passkeys", body).json["code"] == "factor.rejected"


def test_nobody_enrols_a_passkey_that_is_somebody_elses(world: World) -> None:
    person, other = world.person(), world.person()
    person.enrol_passkey()
    assert person.authenticator is not None
    challenge = other("POST", "/v1/me/factors/passkeys/challenge").json["challenge"]
    body = {"name": "x", "challenge": challenge, "passkey": Authenticator(id=person.authenticator.id).make(challenge)}
    assert other("POST", "/v1/me/factors/passkeys", body).json["code"] == "factor.rejected"


# ---- one's own factors


def test_factors_are_listed_replaced_and_removed(enrolled: Person) -> None:
    listed = enrolled("GET", "/v1/me/factors").json
    assert [(one["kind"], one["name"]) for one in listed["factors"]] == [("totp", "手机")]
    assert listed["recovery_codes_left"] == 10 and listed["required"] is False
    first, old_seed = listed["factors"][0]["id"], enrolled.seed
    enrolled.clock.move(seconds=30)
    added = enrolled.enrol_totp()
    assert added.json["recovery_codes"] == [] and added.json["id"] != first
    listed = enrolled("GET", "/v1/me/factors").json
    assert [one["id"] for one in listed["factors"]] == [added.json["id"]]
    new_seed, enrolled.seed = enrolled.seed, old_seed
    assert enrolled.complete(challenge=enrolled.ask()["challenge"], code=enrolled.next_code()).status_code == 401
    enrolled.seed = new_seed
    assert enrolled("DELETE", f"/v1/me/factors/{first}").json["code"] == "factor.not_found"
    assert enrolled("DELETE", f"/v1/me/factors/{added.json['id']}").status_code == 204
    assert enrolled("GET", "/v1/me/factors").json == {"factors": [], "recovery_codes_left": 0, "required": False}
    assert enrolled.log_in().json["token"] is not None


def test_another_persons_factor_does_not_exist(world: World, enrolled: Person) -> None:
    factor = enrolled("GET", "/v1/me/factors").json["factors"][0]["id"]
    answers = [world.person()("DELETE", f"/v1/me/factors/{one}") for one in (factor, encode("fct", enrolled.id))]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(404, "factor.not_found")] * 2


def test_an_app_proves_nothing_before_it_is_confirmed(world: World) -> None:
    person = world.person()
    begun = person("POST", "/v1/me/factors/totp", {"name": "手机"}, Idempotency_Key="begin-totp-once-1")
    assert person.log_in().json["token"] is not None
    again = person("POST", "/v1/me/factors/totp", {"name": "手机"}, Idempotency_Key="begin-totp-once-1")
    assert again.json == {**begun.json, "seed": None, "uri": None}
    wrong = person("POST", "/v1/me/factors/totp/confirm", {"code": "000000"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "factor.rejected")


def test_factors_change_only_after_a_fresh_proof(enrolled: Person) -> None:
    enrolled.clock.move(minutes=5, seconds=1)
    factor = enrolled("GET", "/v1/me/factors").json["factors"][0]["id"]
    asked = [
        enrolled("DELETE", f"/v1/me/factors/{factor}"),
        enrolled("POST", "/v1/me/factors/totp", {"name": "x"}),
        enrolled("POST", "/v1/me/factors/passkeys/challenge"),
        enrolled("POST", "/v1/me/factors/recovery-codes"),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in asked} == {(401, "auth.step_up_required")}
    assert "max_age" in asked[0].headers["WWW-Authenticate"] and "/v1/me/step-up" in asked[0].json["detail"]
    assert enrolled.step_up(code=enrolled.next_code()).status_code == 200
    assert enrolled("POST", "/v1/me/factors/recovery-codes").status_code == 200


def test_no_secret_of_a_factor_lies_in_the_database(world: World, enrolled: Person) -> None:
    enrolled.enrol_passkey()
    kept = world.kept("factor") + world.kept("recovery_code") + world.kept("challenge")
    challenge = enrolled.ask()["challenge"]
    for secret in (enrolled.seed, *enrolled.recovery_codes, challenge):
        assert secret not in kept and secret.encode().hex() not in kept
    assert "s1." in kept


# ---- when they are lost


def test_an_owner_helps_who_lost_every_factor_and_everything_opened_before_is_over(
    world: World, enrolled: Person, doors: Doors
) -> None:
    owner, other = world.person("owner"), world.session_of(enrolled)
    asked = enrolled.ask()["challenge"]
    place = f"{enrolled.staff_address}/second-factor-reset"
    assert owner("POST", place).status_code == 204
    assert [_me(enrolled.client, one.secret) for one in (enrolled, other)] == [401, 401]
    assert enrolled.complete(challenge=asked, recovery_code=enrolled.recovery_codes[0]).status_code == 401
    entered = enrolled.log_in().json
    assert entered["second_factor"] is None
    enrolled.secret = entered["token"]
    assert enrolled("GET", "/v1/me/factors").json["factors"] == []
    assert len(enrolled.enrol_totp().json["recovery_codes"]) == 10
    with doors.firm() as scope:
        query = "select actor, object_id, details from tenant.audit_event where action = 'factor.remove_all'"
        (line,) = scope.run(query).all()
    assert (line.actor, line.object_id) == (f"user:{owner.id}", encode("usr", enrolled.id or _NOBODY))
    assert line.details == {"factors": {"before": 1, "after": 0}, "recovery_codes": {"before": 10, "after": 0}}


def test_where_it_is_required_who_was_helped_enrols_anew_before_anything_else(ports: Ports, firm: TenantRef) -> None:
    world = World(ports, firm, "required")
    owner, person = world.person("owner"), world.person()
    owner.enrol_totp()
    person.enrol_totp()
    assert owner("POST", f"{person.staff_address}/second-factor-reset").status_code == 204
    person.secret = person.log_in().json["token"]
    assert person("GET", "/v1/books").json["code"] == "auth.second_factor_required"
    person.enrol_totp()
    assert person("GET", "/v1/books").status_code == 200


def test_factors_are_reset_by_an_owner_in_person_lately_proved_and_for_others_only(
    world: World, enrolled: Person, other_firm: TenantRef
) -> None:
    owner, manager = world.person("owner"), world.person("manager")
    stranger = World(world.ports, other_firm).person("owner")
    place = f"{enrolled.staff_address}/second-factor-reset"
    assert manager("POST", place).json["code"] == "permission.missing"
    assert stranger("POST", place).status_code == 404
    own = owner("POST", f"{owner.staff_address}/second-factor-reset")
    assert (own.status_code, own.json["code"]) == (409, "password.reset_own")
    key = owner("POST", "/v1/api-keys", {"name": "k", "role": "manager"}).json["secret"]
    assert Caller(owner.client, key)("POST", place).status_code == 403
    world.clock.move(minutes=6)
    assert owner("POST", place).json["code"] == "auth.step_up_required"
    assert _me(enrolled.client, enrolled.secret) == 200


# ---- where it is required


def test_where_it_is_required_only_enrolling_is_possible(ports: Ports, firm: TenantRef) -> None:
    world = World(ports, firm, second_factor="required")
    person = world.person("owner")
    assert person("GET", "/v1/me").status_code == 200
    for path in ("/v1/staff", "/v1/books", "/v1/api-keys", "/v1/sign-in-policy"):
        refused = person("GET", path)
        assert (refused.status_code, refused.json["code"]) == (403, "auth.second_factor_required"), path
    key = person("POST", "/v1/api-keys", {"name": "bypass", "role": "manager"})
    assert key.json["code"] == "auth.second_factor_required"
    factor = person.enrol_totp().json["id"]
    assert person("GET", "/v1/staff").status_code == 200
    assert person("DELETE", f"/v1/me/factors/{factor}").json["code"] == "factor.last"


def test_a_firm_tightens_and_its_people_must_enrol(world: World) -> None:
    boss, clerk = world.person("owner"), world.person("manager")
    assert clerk("GET", "/v1/staff").status_code == 200
    assert clerk("GET", "/v1/sign-in-policy").json["code"] == "permission.missing"
    boss.enrol_totp()
    tag = boss("GET", "/v1/sign-in-policy").headers["ETag"]
    try:
        told = boss("PATCH", "/v1/sign-in-policy", {"second_factor": True}, If_Match=tag)
        assert told.json == {"second_factor": True, "password_days": None}
        assert boss("PATCH", "/v1/sign-in-policy", {"password_days": 90}, If_Match=tag).status_code == 412
        assert clerk("GET", "/v1/staff").json["code"] == "auth.second_factor_required"
        clerk.enrol_passkey()
        assert clerk("GET", "/v1/staff").status_code == 200
    finally:
        tag = boss("GET", "/v1/sign-in-policy").headers["ETag"]
        assert boss("PATCH", "/v1/sign-in-policy", {"second_factor": False}, If_Match=tag).status_code == 200


def test_a_firm_can_demand_a_new_password_every_so_many_days(ports: Ports, other_firm: TenantRef) -> None:
    world = World(ports, other_firm)
    boss = world.person("owner")
    tag = boss("GET", "/v1/sign-in-policy").headers["ETag"]
    asked = boss("PATCH", "/v1/sign-in-policy", {"password_days": 29}, If_Match=tag)
    assert asked.status_code == 422
    tag = boss("PATCH", "/v1/sign-in-policy", {"password_days": 90}, If_Match=tag).headers["ETag"]
    world.clock.move(days=91)
    late = world.session_of(boss, other_firm)
    assert late("GET", "/v1/staff").json["code"] == "auth.password_expired"
    new = {"present": PASSWORD, "password": "another long sentence 47"}
    assert late("POST", "/v1/me/password", new).status_code == 204
    assert late("GET", "/v1/staff").status_code == 200
    assert late("PATCH", "/v1/sign-in-policy", {"password_days": None}, If_Match=tag).status_code == 200


def test_a_key_has_no_factors_and_cannot_step_up(world: World) -> None:
    boss = world.person("owner")
    made = boss("POST", "/v1/api-keys", {"name": "robot", "role": "manager"})
    robot = Caller(world.client, made.json["secret"])
    for method, path, body in (
        ("GET", "/v1/me/factors", None),
        ("POST", "/v1/me/factors/totp", {"name": "x"}),
        ("POST", "/v1/me/step-up", {"password": PASSWORD}),
        ("GET", "/v1/me/sessions", None),
        ("POST", "/v1/me/password", {"present": PASSWORD, "password": "another long sentence 47"}),
    ):
        answer = robot(method, path, body)
        assert (answer.status_code, answer.json["code"]) == (403, "auth.person_required"), path
