"""States cannot be skipped or repeated (A-FLOW): every act on a voucher in every state, closed periods, one's own work.

The table is the accountant's, written by hand (会计基础工作规范 Art. 51, 54; 12号 Art. 21, 24): what it does not
allow is refused with this code and changes nothing, and the invariants hold over all books at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.books.types import BookRef
from app.doctor.service import examine_all
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_ledger_vouchers_import import ROWS, hand_in
from tests.attack.by_hand import BY_HAND
from tests.factories.doors import Doors
from tests.factories.http import in_days, work_off
from tests.unit.ledger_vouchers.sheets import workbook

LINES = [
    {"account_code": "560202", "summary": "办公费", "debit": "50.00"},
    {"account_code": "1002", "summary": "办公费", "credit": "50.00"},
]
NEW: dict[str, Any] = {"date": "2026-01-15", "lines": LINES}
OTHER = {
    "date": "2026-01-15",
    "lines": [{**line, **{k: "60.00" for k in line if k in ("debit", "credit")}} for line in LINES],
}
ELSEWHERE = {**OTHER, "date": "2026-02-01"}
REASON = {"reason": "重复"}
RED = {"date": "2026-01-31"}

ACTS: dict[str, tuple[str, str, Any]] = {
    "change": ("PATCH", "", OTHER),
    "move": ("PATCH", "", ELSEWHERE),
    "review": ("POST", "/review", None),
    "unreview": ("POST", "/unreview", None),
    "post": ("POST", "/post", None),
    "void": ("POST", "/void", REASON),
    "reverse": ("POST", "/reverse", RED),
    "correct": ("POST", "/correct", {**RED, "how": "difference", "lines": OTHER["lines"]}),
}
STATE, POSTED, UNREVIEWED, TWICE = (
    "voucher.wrong_state",
    "voucher.posted_immutable",
    "voucher.not_reviewed",
    "voucher.already_reversed",
)
SEALED = dict.fromkeys(("change", "move", "review", "unreview", "void"), POSTED)
# What is not named is allowed: it goes well, or (post when posted, review when reviewed) changes nothing.
TABLE: dict[str, dict[str, str]] = {
    "draft": {"move": STATE, "unreview": STATE, "post": UNREVIEWED, "reverse": STATE, "correct": STATE},
    "reviewed": {"move": STATE, "reverse": STATE, "correct": STATE},
    "posted": SEALED,
    "reversed": {**SEALED, "reverse": TWICE, "correct": TWICE},
    "red": {**SEALED, "reverse": STATE, "correct": STATE},
    "void": dict.fromkeys(ACTS, STATE),
}
NOTHING = {("reviewed", "review"), ("posted", "post"), ("reversed", "post"), ("red", "post")}


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Counts the cases of a test."""
    names: list[str] = []

    def one(name: str) -> None:
        names.append(name)
        record_property("attacks", len(names))

    return one


@pytest.fixture(scope="module", autouse=True)
def _sound(ports: Ports) -> Iterator[None]:
    """After all cases every invariant of every book still holds."""
    yield
    found = examine_all(ports)
    assert found["ok"], found


def done(caller: Caller, voucher: str, act: str) -> TestResponse:
    """An act on a voucher at its newest version."""
    method, rest, body = ACTS[act]
    return caller(method, voucher + rest, body, If_Match=caller("GET", voucher).headers["ETag"])


def made(owner: Caller, book: BookRef, state: str) -> str:
    """The address of a voucher in a state."""
    place = str(owner("POST", address(book.uid, "/vouchers"), NEW).headers["Location"])
    for act in {"draft": (), "reviewed": ("review",), "void": ("void",)}.get(state, ("review", "post")):
        assert done(owner, place, act).status_code == 200
    if state in ("reversed", "red"):
        red = str(done(owner, place, "reverse").headers["Location"])
        for act in ("review", "post"):
            assert done(owner, red, act).status_code == 200
        return red if state == "red" else place
    return place


@pytest.mark.parametrize("state", TABLE)
def test_an_act_in_a_state_that_does_not_allow_it_is_refused_and_changes_nothing(
    owner: Caller, doors: Doors, state: str, tried: Callable[[str], None]
) -> None:
    for act in ACTS:
        voucher = made(owner, doors.new_book(), state)
        before = owner("GET", voucher).data
        answer = done(owner, voucher, act)
        refused = TABLE[state].get(act)
        if refused:
            assert (answer.status_code, answer.json["code"]) == (409, refused), (state, act, answer.json)
        else:
            assert answer.status_code in (200, 201), (state, act, answer.json)
        if refused or (state, act) in NOTHING:
            assert owner("GET", voucher).data == before, (state, act)
        tried(f"{state} {act}")


@pytest.mark.parametrize("state", TABLE)
def test_in_bulk_nothing_happens_that_does_not_happen_one_by_one(
    owner: Caller, doors: Doors, state: str, tried: Callable[[str], None]
) -> None:
    for act, verb in (("review", "bulk-review"), ("post", "bulk-post"), ("void", "bulk-void")):
        book = doors.new_book()
        voucher = made(owner, book, state)
        before = owner("GET", voucher).json
        body = {"mode": "partial", "ids": [before["id"]], **(REASON if act == "void" else {})}
        answer = owner("POST", address(book.uid, f"/vouchers/{verb}"), body)
        assert answer.status_code == 200, (state, verb, answer.json)
        after = owner("GET", voucher).json
        if act in TABLE[state] or (state, act) in NOTHING:
            assert after == before, (state, verb)
        else:
            assert after["status"] == {"review": "reviewed", "post": "posted", "void": "void"}[act], (state, verb)
        tried(f"{state} {verb}")


@pytest.fixture
def strict(doors: Doors, owner: Caller) -> BookRef:
    """A book whose vouchers are reviewed by another person than their preparer (制单与审核分离)."""
    return doors.new_book(settings={"review_by_other": True})


def roads_past_review(who: Caller, book: BookRef, voucher: str) -> list[Callable[[], TestResponse]]:
    """Every road on which somebody may try to review a voucher, or to post it unreviewed."""
    key = who("GET", voucher).json["id"]
    one, month = {"mode": "partial", "ids": [key]}, {"mode": "partial", "period": "2026-01"}
    return [
        lambda: done(who, voucher, "review"),
        lambda: who("POST", address(book.uid, "/vouchers/bulk-review"), one),
        lambda: done(who, voucher, "post"),
        lambda: who("POST", address(book.uid, "/vouchers/bulk-post"), one),
        lambda: who("POST", address(book.uid, "/vouchers/bulk-post"), {**one, "review": True}),
        lambda: who("POST", address(book.uid, "/vouchers/bulk-post"), {**month, "review": True}),
        lambda: who("POST", address(book.uid, "/vouchers/review-by-rule"), {"period": "2026-01"}),
    ]


def test_nobody_reviews_its_own_voucher_by_any_road(
    owner: Caller, member: Callable[..., Caller], strict: BookRef, tried: Callable[[str], None]
) -> None:
    voucher = str(owner("POST", address(strict.uid, "/vouchers"), NEW).headers["Location"])
    for number, road in enumerate(roads_past_review(owner, strict, voucher)):
        assert road().json.get("code") != "request.invalid", number
        assert owner("GET", voucher).json["status"] == "draft", number
        tried(f"own voucher, road {number}")
    other = member("manager")
    assert done(other, voucher, "review").status_code == 200
    assert done(owner, voucher, "change").status_code == 200
    assert owner("GET", voucher).json["status"] == "draft", "a change takes the review back"
    tried("change after review")


def test_nobody_reviews_what_it_wrote_into_the_voucher_of_another(
    owner: Caller, member: Callable[..., Caller], strict: BookRef, tried: Callable[[str], None]
) -> None:
    voucher = str(owner("POST", address(strict.uid, "/vouchers"), NEW).headers["Location"])
    other = member("manager")
    assert done(other, voucher, "change").status_code == 200
    for number, road in enumerate(roads_past_review(other, strict, voucher)):
        assert road().json.get("code") != "request.invalid", number
        assert owner("GET", voucher).json["status"] == "draft", number
        tried(f"changed voucher, road {number}")
    for number, road in enumerate(roads_past_review(owner, strict, voucher)):
        assert road().json.get("code") != "request.invalid", number
        assert owner("GET", voucher).json["status"] == "draft", number
        tried(f"drafted voucher, road {number}")
    assert done(member("manager"), voucher, "review").status_code == 200


def test_a_change_that_says_the_same_makes_nobody_the_preparer_and_takes_no_review_back(
    owner: Caller, member: Callable[..., Caller], strict: BookRef, tried: Callable[[str], None]
) -> None:
    voucher = str(owner("POST", address(strict.uid, "/vouchers"), NEW).headers["Location"])
    other, third = member("manager"), member("manager")
    before = owner("GET", voucher)
    same: list[dict[str, Any]] = [{}, NEW, {"note": ""}, {"lines": LINES}]
    for body in same:
        assert third("PATCH", voucher, body, If_Match=before.headers["ETag"]).status_code == 200
        assert owner("GET", voucher).data == before.data, body
        tried(f"the same again: {sorted(body)}")
    assert done(third, voucher, "review").status_code == 200
    reviewed = owner("GET", voucher)
    assert other("PATCH", voucher, {"lines": LINES}, If_Match=reviewed.headers["ETag"]).status_code == 200
    assert owner("GET", voucher).data == reviewed.data


def test_a_role_does_only_its_part(
    owner: Caller, member: Callable[..., Caller], doors: Doors, tried: Callable[[str], None]
) -> None:
    book = doors.new_book()
    allowed = {
        "reviewer": {"review", "unreview", "post"},
        "cashier": set(),
        "tax_clerk": set(),
        "inspector": set(),
    }
    for role, acts in allowed.items():
        who = member("staff")
        assert who.id
        place = address(book.uid, f"/grants/{encode('usr', who.id)}")
        until = {"until": in_days(30)} if role == "inspector" else {}
        assert owner("PUT", place, {"role": role, **until}).status_code == 200
        for act in ACTS:
            voucher = made(owner, book, "reviewed" if act in ("unreview", "post") else "draft")
            answer = done(who, voucher, act)
            assert (answer.status_code == 200) == (act in acts), (role, act, answer.json)
            assert answer.status_code == 200 or answer.json["code"] == "permission.missing", (role, act)
            tried(f"{role} {act}")


def close(owner: Caller, ports: Ports, firm: TenantRef, book: BookRef, period: str = "2026-01") -> str:
    """The fate of a book whose period is closed."""
    job = owner("POST", address(book.uid, f"/periods/{period}/close")).json["job_id"]
    work_off(ports, firm, job)
    return str(owner("GET", f"/v1/jobs/{job}/items").json["data"][0]["fate"])


def test_a_period_closes_only_without_drafts_and_opens_only_once(
    owner: Caller, ports: Ports, firm: TenantRef, doors: Doors, tried: Callable[[str], None]
) -> None:
    book = doors.new_book()
    reopen = address(book.uid, "/periods/2026-01/reopen")
    voucher = made(owner, book, "draft")
    assert close(owner, ports, firm, book) != "closed"
    assert owner("POST", reopen, {"reason": "没有结账"}).status_code == 409
    for act in ("review", "post"):
        assert done(owner, voucher, act).status_code == 200
    assert close(owner, ports, firm, book) == "closed"
    assert close(owner, ports, firm, book) != "closed"
    assert owner("POST", reopen, {"reason": ""}).status_code == 422
    assert owner("POST", reopen, {"reason": "漏记"}).status_code == 200
    again = owner("POST", reopen, {"reason": "再一次"})
    assert again.status_code == 409, again.json
    for name in ("close with drafts", "reopen what is open", "close twice", "reopen without a reason", "reopen twice"):
        tried(name)


def test_nothing_gets_into_a_closed_period_by_any_road(
    owner: Caller, ports: Ports, firm: TenantRef, doors: Doors, tried: Callable[[str], None]
) -> None:
    book = doors.new_book()
    posted = made(owner, book, "posted")
    assert close(owner, ports, firm, book) == "closed"
    later = str(owner("POST", address(book.uid, "/vouchers"), {**NEW, "date": "2026-02-03"}).headers["Location"])
    tag = owner("GET", later).headers["ETag"]
    place, number = address(book.uid, "/vouchers"), owner("GET", posted).json["id"]
    roads: dict[str, Callable[[], TestResponse]] = {
        "draft": lambda: owner("POST", place, NEW),
        "bulk": lambda: owner("POST", f"{place}/bulk", {"mode": "atomic", "items": [{"data": NEW}]}),
        "parts": lambda: owner("POST", f"{place}/parts", {"date": "2026-01-05", "parts": [{"lines": LINES}] * 2}),
        "move": lambda: owner("PATCH", later, NEW, If_Match=tag),
        "copy": lambda: owner("POST", f"{posted}/copy", {"date": "2026-01-20"}),
        "reverse": lambda: owner("POST", f"{posted}/reverse", RED, If_Match=owner("GET", posted).headers["ETag"]),
        "correct": lambda: done(owner, posted, "correct"),
        "insert": lambda: owner("POST", f"{later}/insert-before", {"before": number}, If_Match=tag),
        "renumber": lambda: owner("POST", f"{place}/renumber", {"period": "2026-01"}),
        "change": lambda: done(owner, posted, "change"),
        "void": lambda: done(owner, posted, "void"),
    }
    before = owner("GET", address(book.uid, "/vouchers?period=2026-01")).data
    for name, road in roads.items():
        answer = road()
        assert answer.status_code < 500 and answer.json.get("code") != "request.invalid", (name, answer.json)
        assert owner("GET", address(book.uid, "/vouchers?period=2026-01")).data == before, name
        tried(f"closed period: {name}")


@pytest.mark.parametrize("way", BY_HAND)
def test_the_month_end_posts_no_amount_of_a_person_that_nobody_else_reviewed(
    owner: Caller,
    member: Callable[..., Caller],
    ports: Ports,
    firm: TenantRef,
    strict: BookRef,
    tried: Callable[[str], None],
    way: str,
) -> None:
    step = BY_HAND[way](owner, strict)
    assert close(owner, ports, firm, strict) == "blocked", "the close posts it no more than the step does"
    check = owner("GET", address(strict.uid, "/periods/2026-01/check")).json
    assert [(one["code"], one["next_action"]["operation"]) for one in check["blockers"]] == [
        ("close.step_unreviewed", "closing_steps_run")
    ]
    ran = owner("POST", address(strict.uid, f"/periods/2026-01/closing/steps/{step}/run")).json
    assert ran["posted"] is False
    voucher = address(strict.uid, f"/vouchers/{ran['vouchers'][0]}")
    for number, road in enumerate(roads_past_review(owner, strict, voucher)):
        assert road().json.get("code") != "request.invalid", number
        assert owner("GET", voucher).json["status"] == "draft", number
        tried(f"{way}, road {number}")
    assert close(owner, ports, firm, strict) == "blocked"
    other = member("manager")
    for act in ("review", "post"):
        assert done(other, voucher, act).status_code == 200
    assert close(owner, ports, firm, strict) == "closed"


def test_what_the_ledger_says_the_month_end_still_posts_by_itself(
    owner: Caller, member: Callable[..., Caller], ports: Ports, firm: TenantRef, strict: BookRef
) -> None:
    voucher = str(owner("POST", address(strict.uid, "/vouchers"), NEW).headers["Location"])
    other = member("manager")
    for act in ("review", "post"):
        assert done(other, voucher, act).status_code == 200
    ran = owner("POST", address(strict.uid, "/periods/2026-01/closing/steps/pl_carry/run")).json
    assert (ran["posted"], len(ran["vouchers"])) == (True, 1)
    assert close(owner, ports, firm, strict) == "closed"


def test_no_other_road_to_a_voucher_posts_it_without_another_persons_review(
    owner: Caller, member: Callable[..., Caller], strict: BookRef, tried: Callable[[str], None]
) -> None:
    place, other = address(strict.uid, "/vouchers"), member("manager")
    posted = []
    for _ in range(3):
        voucher = str(owner("POST", place, NEW).headers["Location"])
        for act in ("review", "post"):
            assert done(other, voucher, act).status_code == 200
        posted.append(voucher)
    sides = [{"side": "debit", "amount": "50.00"}, {"side": "credit", "amount": "50.00"}]
    lines = [
        {"account_code": line["account_code"], "summary": "房租", **side}
        for line, side in zip(LINES, sides, strict=True)
    ]
    template = {"name": "房租", "lines": lines}
    made = str(owner("POST", address(strict.uid, "/voucher-templates"), template).headers["Location"])
    replaced = {**RED, "how": "replacement", "lines": OTHER["lines"]}
    roads: dict[str, Callable[[], TestResponse]] = {
        "template": lambda: owner("POST", f"{made}/draft", {"date": "2026-01-20"}),
        "copy": lambda: owner("POST", f"{posted[0]}/copy", {"date": "2026-01-20"}),
        "parts": lambda: owner("POST", f"{place}/parts", {"date": "2026-01-20", "parts": [{"lines": LINES}] * 2}),
        "bulk": lambda: owner("POST", f"{place}/bulk", {"mode": "atomic", "items": [{"data": NEW}]}),
        "import": lambda: hand_in(owner, strict, workbook(ROWS[:2])),
        "red": lambda: done(owner, posted[0], "reverse"),
        "difference": lambda: done(owner, posted[1], "correct"),
        "replacement": lambda: owner(
            "POST", f"{posted[2]}/correct", replaced, If_Match=owner("GET", posted[2]).headers["ETag"]
        ),
    }
    for road, draft in roads.items():
        assert draft().status_code in (200, 201), road
    owner("POST", f"{place}/bulk-post", {"mode": "partial", "period": "2026-01", "review": True})
    owner("POST", f"{place}/renumber", {"period": "2026-01"})
    owner("POST", f"{place}/bulk-post", {"mode": "partial", "period": "2026-01", "review": True})
    states = [one["status"] for one in owner("GET", f"{place}?limit=100").json["data"]]
    assert sorted(states) == ["draft"] * 10 + ["posted"] * 3
    for road in roads:
        tried(road)
