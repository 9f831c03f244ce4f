"""Sessions and fresh proofs: every session is seen and ended, at once; a proof of who one is grows old."""

from __future__ import annotations

import re
import unicodedata

import pytest
from sqlalchemy import text

from app.identity.tokens.service import authenticate
from infra.ids import encode, new_id
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.api.signing_in import World
from tests.factories.doors import Doors


def _ids(person: Caller, path: str = "/v1/me/sessions") -> list[str]:
    return [row["id"] for row in person("GET", path).json["data"]]


def _staff(person: Caller) -> str:
    assert person.id is not None
    return f"/v1/staff/{encode('usr', person.id)}"


# ---- devices


def test_a_login_is_listed_with_where_it_came_from_and_ends_when_told(world: World) -> None:
    person = world.person()
    who = {"firm": "firm-a", "email": person.email, "password": PASSWORD}
    came = {"REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": "Browser " + "x" * 500}
    token = world.client.post("/v1/login", json=who, environ_base=came).json["token"]
    listed = person("GET", "/v1/me/sessions").json["data"]
    assert [(row["address"], row["agent"][:9], row["current"]) for row in listed] == [
        ("203.0.113.77", "tests", True),
        ("203.0.113.9", "Browser x", False),
    ]
    assert len(listed[1]["agent"]) == 200 and listed[1]["strong_at"] is not None
    other = Caller(world.client, token)
    assert other("GET", "/v1/me").status_code == 200
    assert person("POST", f"/v1/me/sessions/{listed[1]['id']}/revoke").status_code == 204
    assert other("GET", "/v1/me").json["code"] == "token.invalid"
    again = person("POST", f"/v1/me/sessions/{listed[1]['id']}/revoke")
    assert (again.status_code, again.json["code"]) == (404, "session.not_found")


def test_every_other_session_ends_at_once_and_this_one_stays(world: World) -> None:
    person = world.person()
    others = [world.session_of(person) for _ in range(3)]
    assert len(_ids(person)) == 4
    assert person("POST", "/v1/me/sessions/revoke-others").status_code == 204
    assert [one("GET", "/v1/me").status_code for one in others] == [401] * 3
    assert len(_ids(person)) == 1 and person("GET", "/v1/me").status_code == 200


def test_another_persons_session_does_not_exist(world: World) -> None:
    person, other = world.person(), world.person()
    (theirs,) = _ids(other)
    answer = person("POST", f"/v1/me/sessions/{theirs}/revoke")
    assert (answer.status_code, answer.json["code"]) == (404, "session.not_found")
    assert other("GET", "/v1/me").status_code == 200


def test_a_manager_sees_the_network_of_a_members_sessions_and_ends_them(world: World) -> None:
    boss, clerk = world.person("manager"), world.person()
    second = world.session_of(clerk)
    listed = boss("GET", f"{_staff(clerk)}/sessions").json["data"]
    assert [row["address"] for row in listed] == ["203.0.*.*", ""]
    assert {row["current"] for row in listed} == {False}
    assert boss("POST", f"{_staff(clerk)}/sessions/{listed[0]['id']}/revoke").status_code == 204
    assert (clerk("GET", "/v1/me").status_code, second("GET", "/v1/me").status_code) == (401, 200)
    assert boss("POST", f"{_staff(clerk)}/sessions/revoke").status_code == 204
    assert second("GET", "/v1/me").status_code == 401
    wrong = boss("POST", f"{_staff(world.person())}/sessions/{listed[1]['id']}/revoke")
    assert wrong.json["code"] == "session.not_found"


def test_members_sessions_are_for_managers_and_of_this_firm(world: World, other_firm: TenantRef) -> None:
    clerk, boss = world.person(), world.person("owner")
    assert clerk("GET", f"{_staff(boss)}/sessions").json["code"] == "permission.missing"
    stranger = World(world.ports, other_firm).person("owner")
    assert boss("GET", f"{_staff(stranger)}/sessions").json["code"] == "user.not_found"
    assert boss("POST", f"{_staff(stranger)}/sessions/revoke").json["code"] == "user.not_found"


def test_a_session_is_over_after_two_idle_hours_or_twelve(world: World) -> None:
    idle, busy = world.person(), world.person()
    for _ in range(7):
        world.clock.move(minutes=100)
        assert busy("GET", "/v1/me").status_code == 200
    assert idle("GET", "/v1/me").status_code == 401
    world.clock.move(minutes=19)
    assert busy("GET", "/v1/me").status_code == 200
    world.clock.move(minutes=2)
    assert busy("GET", "/v1/me").status_code == 401


def test_use_is_written_down_once_a_minute(world: World) -> None:
    person = world.person()

    def seen() -> object:
        with world.ports.engine.connect() as connection:
            query = text("select seen_at, xmin from platform.token where user_id = :id")
            return tuple(connection.execute(query, {"id": person.id}).one())

    first = seen()
    for _ in range(5):
        world.clock.move(seconds=11)
        person("GET", "/v1/me")
    assert seen() == first
    world.clock.move(seconds=6)
    person("GET", "/v1/me")
    assert seen() != first


def test_a_disabled_member_is_refused_at_the_next_request_with_any_session(world: World) -> None:
    person = world.person()
    other = world.session_of(person)
    world.disable(person.id)
    assert [one("GET", "/v1/me").status_code for one in (person, other)] == [401, 401]
    assert person.log_in().json["code"] == "login.failed"


def test_each_login_has_a_token_of_its_own_whatever_the_caller_brings(world: World) -> None:
    """Nothing a caller holds before a login is worth more after it: there is no session to fix."""
    person = world.person()
    planted = "zf_s_" + "A" * 43
    who = {"firm": "firm-a", "email": person.email, "password": PASSWORD}
    tokens = []
    for _ in range(3):
        sent = {"Authorization": f"Bearer {planted}", "Cookie": f"session={planted}"}
        answer = world.client.post("/v1/login", json=who, headers=sent)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
        tokens.append(answer.json["token"])
    assert len({*tokens, planted, person.secret}) == 5
    assert Caller(world.client, planted)("GET", "/v1/me").status_code == 401
    extra = world.client.post("/v1/login", json={**who, "token": planted})
    assert extra.status_code == 422
    assert authenticate(world.ports.engine, planted, world.clock()) is None


# ---- fresh proofs


def test_what_is_grave_wants_a_fresh_proof_and_the_refusal_says_where(world: World) -> None:
    boss = world.person("owner")
    key = {"name": "k", "role": "manager"}
    assert boss("POST", "/v1/api-keys", key).status_code == 201
    world.clock.move(minutes=5, seconds=1)
    refused = boss("POST", "/v1/api-keys", key)
    assert (refused.status_code, refused.json["code"]) == (401, "auth.step_up_required")
    assert "/v1/me/step-up" in refused.json["detail"] and 'max_age="300"' in refused.headers["WWW-Authenticate"]
    proved = boss.step_up(password=PASSWORD)
    assert proved.status_code == 200 and proved.json["fresh_until"] > proved.json["strong_at"]
    assert boss("POST", "/v1/api-keys", key).status_code == 201
    other = world.session_of(boss)
    world.clock.move(minutes=6)
    assert boss.step_up(password=PASSWORD).status_code == 200
    assert other("POST", "/v1/api-keys", key).json["code"] == "auth.step_up_required"


def test_who_has_a_second_factor_proves_it_and_not_the_password(world: World) -> None:
    boss = world.person("owner")
    boss.enrol_totp()
    world.clock.move(minutes=6)
    refused = boss.step_up(password=PASSWORD)
    assert (refused.status_code, refused.json["code"]) == (422, "auth.step_up_factor")
    assert boss.step_up(password="wrong wrong wrong").json["code"] == "auth.step_up_factor"
    code = boss.next_code()
    assert boss.step_up(code=code).status_code == 200
    assert boss.step_up(code=code).json["code"] == "auth.step_up_failed"
    boss.enrol_passkey()
    assert boss.authenticator is not None
    asked = boss("POST", "/v1/me/step-up/challenge").json["challenge"]
    signed = boss.authenticator.sign(asked)
    stranger = world.session_of(boss)
    assert stranger.step_up(passkey=signed, challenge=asked).json["code"] == "auth.step_up_failed"
    assert boss.step_up(passkey=signed, challenge=asked).status_code == 200
    assert boss.step_up(passkey=signed, challenge=asked).json["code"] == "auth.step_up_failed"


def test_a_login_challenge_is_no_step_up_and_the_other_way_round(world: World) -> None:
    person = world.person()
    person.enrol_passkey()
    assert person.authenticator is not None
    login = person.ask()["challenge"]
    assert person.step_up(passkey=person.authenticator.sign(login), challenge=login).status_code == 401
    fresh = person("POST", "/v1/me/step-up/challenge").json["challenge"]
    assert person.complete(challenge=fresh, passkey=person.authenticator.sign(fresh)).status_code == 401


def test_five_wrong_proofs_slow_the_account_down_and_lock_nobody_out(world: World) -> None:
    person = world.person()
    found = [person.step_up(password="wrong wrong wrong").status_code for _ in range(6)]
    assert found == [401] * 5 + [429]
    other = world.session_of(person)
    delayed = other.step_up(password=PASSWORD)
    assert (delayed.status_code, delayed.json["code"]) == (429, "login.delayed")
    assert int(delayed.headers["Retry-After"]) <= 900
    world.ports.redis.flushdb()
    assert other.step_up(password=PASSWORD).status_code == 200


@pytest.mark.parametrize("body", [{}, {"password": "x", "code": "123456"}, {"passkey": {}}, {"code": "12345"}], ids=str)
def test_a_proof_is_exactly_one(world: World, body: dict[str, object]) -> None:
    assert world.person().step_up(**body).status_code == 422


# ---- the own password


def test_a_new_password_ends_every_other_session(world: World, other_firm: TenantRef) -> None:
    person = world.person()
    namesake = World(world.ports, other_firm).person(like=person)
    other = world.session_of(person)
    new = "a wholly new sentence 58"
    assert person("POST", "/v1/me/password", {"present": PASSWORD, "password": new}).status_code == 204
    assert [one("GET", "/v1/me").status_code for one in (person, other, namesake)] == [200, 401, 200]
    assert person.log_in().json["code"] == "login.failed"
    assert person.log_in(new).status_code == 200


def test_the_present_password_is_asked_and_guessing_it_is_slowed_down(world: World) -> None:
    person = world.person()
    body = {"present": "wrong wrong wrong", "password": "a wholly new sentence 58"}
    first = person("POST", "/v1/me/password", body)
    assert (first.status_code, first.json["errors"][0]["pointer"]) == (422, "/present")
    assert [person("POST", "/v1/me/password", body).status_code for _ in range(5)] == [422] * 4 + [429]


@pytest.mark.parametrize(
    "weak",
    [
        "password1234",
        "qwertyuiop12",
        "woaini1314520",
        "Zhangfang@123",
        "Admin@123456",
        "aaaaaaaaaaaaaaaa",
        "1qaz2wsx3edc",
    ],
)
def test_a_leaked_or_easily_guessed_password_is_not_taken_anywhere(world: World, weak: str) -> None:
    boss = world.person("owner")
    changed = boss("POST", "/v1/me/password", {"present": PASSWORD, "password": weak})
    new = {"email": "weak@sign-in.test", "name": "弱", "password": weak, "role": "staff"}
    for answer in (changed, boss("POST", "/v1/staff", new)):
        assert (answer.status_code, answer.json["code"]) == (422, "password.rejected")
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/password", "password.guessed")]
        assert weak not in answer.text


def test_a_password_built_on_ones_own_words_is_not_taken(world: World) -> None:
    person = world.person()
    own = person.email.partition("@")[0]
    answer = person("POST", "/v1/me/password", {"present": PASSWORD, "password": f"{own}{own}"})
    assert answer.json["code"] == "password.rejected"


@pytest.mark.parametrize(
    "password",
    [
        "quodlibetarius",
        "QUODLIBETARIUS",
        "604172839507",
        "=?!*/&~^%$#@+;",
        "锲而不舍金石可镂朽木不折",
        "  wide  open  spaces  ",
        "Straße naïve café",
        "Straße nai\u0308ve cafe\u0301",
        "🦉🐢🦔🐙🦋🐝🐌🦀🐬🦩🐫🦥",
        "x1" + "quodlibet arius " * 7 + "fourteen chars",
    ],
    ids=["small", "capital", "digits", "signs", "han", "blanks", "composed", "decomposed", "pictures", "128"],
)
def test_a_password_is_of_any_composition_and_taken_exactly_as_given(world: World, password: str) -> None:
    person = world.person()
    assert person("POST", "/v1/me/password", {"present": PASSWORD, "password": password}).status_code == 204
    assert person.log_in(password).status_code == 200
    others = (password + " ", password[:-1] + "0", password.swapcase(), unicodedata.normalize("NFD", password))
    for other in {*others, unicodedata.normalize("NFC", password)} - {password}:
        assert person.log_in(other).json["code"] in ("login.failed", "request.invalid"), other


# ---- what a login leaves behind


def test_a_login_leaves_a_line_that_says_by_what_and_from_where(world: World, doors: Doors) -> None:
    before, person = new_id(), world.person()
    assert person.log_in().status_code == 200
    person.enrol_totp()
    assert person.complete(challenge=person.ask()["challenge"], code=person.next_code()).status_code == 200
    code = person.recovery_codes[0]
    assert person.complete(challenge=person.ask()["challenge"], recovery_code=code).status_code == 200
    with doors.firm() as scope:
        query = "select * from tenant.audit_event where id > :before and action = 'session.begin' order by id"
        found = scope.run(query, before=before).all()
    assert [line.details for line in found] == [{"by": "password"}, {"by": "code"}, {"by": "recovery_code"}]
    assert {line.actor for line in found} == {f"user:{person.id}"}
    assert {(line.address, line.actor_name != "", line.object_type) for line in found} == {
        ("127.0.0.1", True, "session")
    }
    listed = {row["id"] for row in person("GET", "/v1/me/sessions").json["data"]}
    assert {line.object_id for line in found} <= listed


def test_a_refused_login_is_said_to_the_log_of_the_process_alike_for_known_and_unknown(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    person = world.person()
    person.step_up(password="wrong wrong wrong")
    person.enrol_totp()
    asked = person.ask()
    person.log_in("wrong wrong wrong")
    person.log_in("wrong wrong wrong")
    person.log_in(email="nobody@sign-in.test")
    person.complete(challenge=asked["challenge"], code="000000")
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("login refused")]
    said = [dict(part.split("=", 1) for part in re.findall(r"\w+=.*?(?= \w+=|$)", line)) for line in told]
    assert [(one["way"], one["code"]) for one in said] == [
        ("step up", "auth.step_up_failed"),
        ("password", "login.failed"),
        ("password", "login.failed"),
        ("password", "login.failed"),
        ("second factor", "login.second_factor_failed"),
    ]
    assert said[1]["account"] == said[2]["account"] != said[3]["account"]
    assert all(one["from"] == "127.0.0.1" and one["request"].startswith("req_") for one in said)
    assert person.email not in caplog.text and "wrong wrong" not in caplog.text
