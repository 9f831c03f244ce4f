"""A-RACE: what may happen once is tried twice at the same moment; one wins, the other is told, and the books hold.

Each kind of race is run over and over by two threads that start together, through the API or its services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.batches import service as batches
from app.closing.service import close_period, reopen_period
from app.doctor.service import examine_all
from app.kernel.periods import Period
from infra.ids import encode
from infra.ports import Ports
from tenants import leases, outbox
from tenants.door import retrying
from tenants.scope import TenantRef
from tests.api.conftest import Caller
from tests.attack.race_desk import NEW, RACES, WORDS, Act, Desk, Member, Place, race
from tests.factories.doors import Doors

FEW, MANY = 10, 200
JANUARY = Period(2026, 1)
_BALANCE = "SELECT coalesce(sum(debit - credit), 0) FROM tenant.voucher_line WHERE book_id = :b"
Record = Callable[[str, object], None]


@pytest.fixture(scope="module", autouse=True)
def _sound(ports: Ports) -> Iterator[None]:
    """After all races every invariant of every book still holds."""
    yield
    found = examine_all(ports)
    assert found["ok"], [(one["firm"], check) for one in found["firms"] for check in one["checks"] if check["count"]]


@pytest.fixture
def desk(app: Flask, ports: Ports, firm: TenantRef, member: Member) -> Iterator[Desk]:
    doors = Doors(ports, firm)
    opened = Desk(app, ports, doors, member, member("owner"), member("owner"))
    yield opened
    opened.threads.shutdown()


def _vouchers(desk: Desk, place: Place) -> int:
    return int(desk.one("SELECT count(*) FROM tenant.voucher WHERE book_id = :b", b=place.book.id))


@race
def one_key_for_two_requests(desk: Desk, place: Place) -> None:
    """The same idempotency key: one voucher, whoever answers."""
    before, key = _vouchers(desk, place), f"race-key-{next(WORDS):012d}"
    asked = [desk.send(desk.boss, "POST", f"{place.at}/vouchers", NEW, Idempotency_Key=key) for _ in range(2)]
    assert sorted(desk.both(*asked)) in ([201, 201], [201, 409])
    assert _vouchers(desk, place) == before + 1


@race
def two_drafts_take_their_numbers(desk: Desk, place: Place) -> None:
    """Numbers run on without a gap and without a double."""
    before = _vouchers(desk, place)
    assert desk.both(*[desk.send(desk.boss, "POST", f"{place.at}/vouchers", NEW) for _ in range(2)]) == [201, 201]
    numbers = "SELECT array_agg(number ORDER BY number) FROM tenant.voucher WHERE book_id = :b"
    assert desk.one(numbers, b=place.book.id) == list(range(1, before + 3))


@race
def one_outside_number_for_two_vouchers(desk: Desk, place: Place) -> None:
    """A caller's own number stands for one voucher."""
    body = {**NEW, "external_id": f"race-{next(WORDS)}"}
    said = desk.both(*[desk.send(desk.boss, "POST", f"{place.at}/vouchers", body) for _ in range(2)])
    assert sorted(said)[0] == 201, said
    assert sorted(said)[1] >= 400, said


@race
def reviewed_while_it_is_changed(desk: Desk, place: Place) -> None:
    """What is reviewed is what the reviewer saw."""
    path, tag = desk.voucher(place.at)
    change = {**NEW, "note": "改"}
    said = desk.both(
        desk.send(desk.checker, "POST", f"{path}/review", None, If_Match=tag),
        desk.send(desk.boss, "PATCH", path, change, If_Match=tag),
    )
    assert sorted(said)[0] == 200, said
    assert sorted(said)[1] in (409, 412), said


@race
def posted_while_it_is_voided(desk: Desk, place: Place) -> None:
    """A voucher is posted or void, never both."""
    path, tag = desk.reviewed(place.at)
    said = desk.both(
        desk.send(desk.checker, "POST", f"{path}/post", {}, If_Match=tag),
        desk.send(desk.boss, "POST", f"{path}/void", {"reason": "重复"}, If_Match=tag),
    )
    assert sorted(said)[0] == 200, said
    assert sorted(said)[1] in (409, 412), said


@race
def reversed_twice(desk: Desk, place: Place) -> None:
    """A posted voucher is reversed by one red one."""
    path, tag = desk.reviewed(place.at)
    tag = desk.checker("POST", f"{path}/post", {}, If_Match=tag).headers["ETag"]
    red = [desk.send(desk.boss, "POST", f"{path}/reverse", {"date": "2026-01-31"}, If_Match=tag) for _ in range(2)]
    before, said = _vouchers(desk, place), desk.both(*red)
    assert sorted(said)[0] in (200, 201), said
    assert sorted(said)[1] in (409, 412), said
    assert _vouchers(desk, place) == before + 1


def _close(desk: Desk, place: Place) -> str:
    def unit() -> str:
        with desk.doors.book(place.book.uid) as scope:
            return str(close_period(scope, JANUARY).fate)

    return retrying(unit)


def _reopen(desk: Desk, place: Place) -> str:
    def unit() -> str:
        with desk.doors.book(place.book.uid) as scope:
            reopen_period(scope, JANUARY, "更正")
            return "reopened"

    return retrying(unit)


def _state(desk: Desk, place: Place) -> str:
    found = "SELECT state FROM tenant.period WHERE book_id = :b AND period = '2026-01'"
    return str(desk.one(found, b=place.book.id))


@race
def closed_while_a_voucher_is_drafted(desk: Desk, place: Place) -> None:
    """No draft is left behind in a month that was closed."""
    said = desk.both(lambda: _close(desk, place), desk.send(desk.boss, "POST", f"{place.at}/vouchers", NEW))
    drafts = "SELECT count(*) FROM tenant.voucher WHERE book_id = :b AND period = '2026-01' AND status <> 'posted'"
    assert said[0] == "closed" or _state(desk, place) == "open", said
    assert _state(desk, place) == "open" or not desk.one(drafts, b=place.book.id), said


@race
def closed_twice(desk: Desk, place: Place) -> None:
    """A month is closed once."""
    said = desk.both(*[lambda: _close(desk, place)] * 2)
    closed = "SELECT count(*) FROM tenant.audit_event WHERE book_id = :b AND action = 'period.close'"
    assert ("closed" in said, _state(desk, place), desk.one(closed, b=place.book.id)) == (True, "closed", 1), said


@race
def reopened_twice(desk: Desk, place: Place) -> None:
    """A month is reopened once."""
    assert _close(desk, place) == "closed"
    said = desk.both(*[lambda: _reopen(desk, place)] * 2)
    assert (said.count("reopened"), _state(desk, place)) == (1, "open"), said


@race
def cancelled_while_it_ends(desk: Desk, place: Place) -> None:
    """A job ends once: cancelled or succeeded, and its row says which."""
    with desk.doors.firm() as scope:
        job_id = outbox.enqueue(scope, "race.none", {})
        claim = leases.claim(scope, job_id, 1, "race", 60)
    assert claim is not None

    def cancel() -> str:
        with desk.doors.firm() as scope:
            return str(batches.cancel(scope, job_id)["state"])

    def finish() -> str:
        with desk.doors.firm() as scope:
            leases.finish(scope, job_id, claim.fence, "succeeded")
            return "succeeded"

    said = desk.both(cancel, finish)
    state = desk.one("SELECT state FROM tenant.job WHERE id = :id", id=job_id)
    assert (state, said[1]) == ("succeeded", "succeeded"), said


@race
def granted_while_it_is_withdrawn(desk: Desk, place: Place) -> None:
    """A grant is there or not, and the person may do what it says."""
    clerk = desk.member("staff")
    path = f"{place.at}/grants/{encode('usr', clerk.id)}"  # type: ignore[arg-type]
    assert desk.boss("PUT", path, {"role": "accountant"}).status_code == 200
    said = desk.both(desk.send(desk.boss, "PUT", path, {"role": "reviewer"}), desk.send(desk.checker, "DELETE", path))
    assert (said[0], said[1]) in ((200, 204), (200, 404)), said
    held = "SELECT count(*) FROM tenant.book_grant WHERE book_id = :b AND holder_id = :h"
    seen = clerk("GET", f"{place.at}/periods").status_code
    assert seen == (200 if desk.one(held, b=place.book.id, h=clerk.id) else 404), said


@race
def a_key_used_while_it_is_revoked(desk: Desk, place: Place) -> None:
    """From the moment of the revocation on a key opens nothing."""
    new = {"name": f"race {next(WORDS)}", "role": "manager", "days": 1}
    made = desk.boss("POST", "/v1/api-keys", new)
    assert made.status_code == 201, made.text
    key = Caller(desk.app.test_client(), made.json["secret"])
    said = desk.both(
        desk.send(desk.boss, "POST", f"/v1/api-keys/{made.json['id']}/revoke"),
        lambda: key("GET", f"{place.at}/periods"),
    )
    assert (said[0] < 300, said[1] in (200, 401), key("GET", "/v1/books").status_code) == (True, True, 401), said


@race
def the_last_two_owners_demote_each_other(desk: Desk, place: Place) -> None:
    """A firm is never without an owner."""
    ours = {desk.boss.id: desk.boss, desk.checker.id: desk.checker}
    with desk.ports.owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE platform.app_user SET role = CASE WHEN id = ANY(%s) THEN 'owner' ELSE 'manager' END"
            " WHERE tenant_id = %s AND (role = 'owner' OR id = ANY(%s))",
            (list(ours), desk.doors.tenant.id, list(ours)),
        )
    paths = [f"/v1/staff/{encode('usr', one)}" for one in ours if one is not None]
    tags = [desk.boss("GET", path).headers["ETag"] for path in paths]
    said = desk.both(
        desk.send(desk.checker, "PATCH", paths[0], {"role": "manager"}, If_Match=tags[0]),
        desk.send(desk.boss, "PATCH", paths[1], {"role": "manager"}, If_Match=tags[1]),
    )
    owners = "SELECT count(*) FROM platform.app_user WHERE tenant_id = :t AND role = 'owner' AND active"
    left = desk.one(owners, t=desk.doors.tenant.id)
    with desk.ports.owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE platform.app_user SET role = 'owner' WHERE tenant_id = %s AND id = ANY(%s)",
            (desk.doors.tenant.id, list(ours)),
        )
    assert (left, said.count(200)) == (1, 1), said


@race
def the_same_file_twice(desk: Desk, place: Place) -> None:
    """The same bytes are one document."""
    content = f"<Receipt>{next(WORDS)}</Receipt>".encode()

    def upload() -> TestResponse:
        parts = {"files": [(BytesIO(content), "a.xml")]}
        headers = {"Authorization": f"Bearer {desk.boss.secret}", "Idempotency-Key": f"race-file-{next(WORDS):09d}"}
        return desk.app.test_client().post(
            f"{place.at}/documents", data=parts, content_type="multipart/form-data", headers=headers
        )

    before = desk.one("SELECT count(*) FROM tenant.document WHERE book_id = :b", b=place.book.id)
    said = desk.both(upload, upload)
    assert all(status in (200, 201, 202, 409) for status in said) and min(said) < 300, said
    assert desk.one("SELECT count(*) FROM tenant.document WHERE book_id = :b", b=place.book.id) == before + 1


@race
def a_team_ended_while_somebody_joins(desk: Desk, place: Place) -> None:
    """Nobody is left in a team that is no more."""
    made = desk.boss("POST", "/v1/teams", {"name": f"race {next(WORDS)}"})
    path, clerk = f"/v1/teams/{made.json['id']}", desk.member("staff")
    said = desk.both(
        desk.send(desk.boss, "DELETE", path),
        desk.send(desk.checker, "PUT", f"{path}/members/{encode('usr', clerk.id)}"),  # type: ignore[arg-type]
    )
    assert all(status in (200, 201, 204, 404, 409) for status in said), said
    lost = "SELECT count(*) FROM tenant.team_member m LEFT JOIN tenant.team t ON t.id = m.team_id WHERE t.id IS NULL"
    assert desk.one(lost) == 0, said


@race
def an_invitation_accepted_twice(desk: Desk, place: Place) -> None:
    """A link makes one member, with one of the two passwords."""
    email = f"race{next(WORDS)}@race.test"
    made = desk.boss("POST", "/v1/invitations", {"email": email, "role": "staff", "books": []})
    assert made.status_code == 201, made.text

    def accept(password: str) -> Act:
        body = {"secret": made.json["secret"], "name": "新同事", "password": password}
        return lambda: desk.app.test_client().post("/v1/invitations/accept", json=body)

    said = desk.both(accept("a wholly new sentence 58"), accept("another new sentence 59"))
    members = "SELECT count(*) FROM platform.app_user WHERE email = :e"
    assert (sorted(said), desk.one(members, e=email)) == ([200, 401], 1), said


@race
def a_reset_followed_twice(desk: Desk, place: Place) -> None:
    """A link sets one password."""
    clerk = desk.member("staff")
    given = desk.boss("POST", f"/v1/staff/{encode('usr', clerk.id)}/password-reset")  # type: ignore[arg-type]
    assert given.status_code == 201, given.text

    def follow(password: str) -> Act:
        body = {"secret": given.json["secret"], "password": password}
        return lambda: desk.app.test_client().post("/v1/password-reset", json=body)

    said = desk.both(follow("a wholly new sentence 58"), follow("another new sentence 59"))
    assert sorted(said) == [204, 401], said


def run(name: str, desk: Desk, rounds: int, record: Record) -> None:
    """A race again and again, each in a book of its own."""
    for _ in range(rounds):
        place = Place(desk.doors.new_book())
        RACES[name](desk, place)
        assert desk.one(_BALANCE, b=place.book.id) == 0
    record("count", ("A-RACE races run", rounds))


@pytest.mark.parametrize("name", RACES)
def test_of_two_at_once_one_wins(name: str, desk: Desk, record_property: Record) -> None:
    record_property("count", ("A-RACE kinds of race", 1))
    run(name, desk, FEW, record_property)


@pytest.mark.long
@pytest.mark.parametrize("name", RACES)
def test_of_two_at_once_one_wins_two_hundred_times(name: str, desk: Desk, record_property: Record) -> None:
    run(name, desk, MANY, record_property)
