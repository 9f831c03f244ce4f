"""The month end over HTTP: plan, single steps, amounts, own steps, currency rates, statement versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.books.types import BookRef
from app.closing import errors, service
from app.closing.checks.rules import NEXT
from app.factory import BLUEPRINTS
from app.kernel.periods import Period
from infra.errors import CATALOGUE
from infra.ids import encode
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book of a general taxpayer with one sale of 1,000.00 and 130.00 of VAT in January, posted."""
    return doors.new_book(start_period=Period(2026, 1))


def granted(owner: Caller, book: BookRef, who: Caller, role: str) -> Caller:
    """The person, holding the role in the book."""
    assert who.id
    place = address(book.uid, f"/grants/{encode('usr', who.id)}")
    assert owner("PUT", place, {"role": role}).status_code == 200
    return who


def sells(caller: Caller, book: BookRef, amount: str = "1000.00", tax: str = "130.00") -> None:
    """A posted sale for cash."""
    gross = f"{float(amount) + float(tax):.2f}"
    lines = [
        {"account_code": "1002", "summary": "销售", "debit": gross},
        {"account_code": "5001", "summary": "销售", "credit": amount},
        {"account_code": "22210107", "summary": "销售", "credit": tax},
    ]
    made = caller("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines})
    assert made.status_code == 201, made.get_json()
    for verb in ("review", "post"):
        voucher = caller("GET", made.headers["Location"]).get_json()
        done = caller("POST", f"{made.headers['Location']}/{verb}", {}, If_Match=voucher["etag"])
        assert done.status_code == 200, done.get_json()


def steps(caller: Caller, book: BookRef) -> dict[str, dict[str, Any]]:
    """The plan of January by step."""
    answer = caller("GET", address(book.uid, "/periods/2026-01/closing/steps"))
    assert answer.status_code == 200, answer.get_json()
    return {step["id"]: step for step in answer.get_json()["steps"]}


def test_the_plan_shows_each_step_and_a_step_is_run_by_itself(owner: Caller, book: BookRef) -> None:
    sells(owner, book)
    planned = steps(owner, book)
    assert planned["vat_transfer"]["status"] == "not_run"
    assert planned["pl_carry"]["waits_for"] == ["surcharges"]
    (voucher,) = planned["vat_transfer"]["vouchers"]
    assert [(line["account_code"], line["debit"], line["credit"]) for line in voucher["lines"]] == [
        ("22210104", "130.00", "0.00"),
        ("222102", "0.00", "130.00"),
    ]
    run = address(book.uid, "/periods/2026-01/closing/steps/{}/run")
    ran = owner("POST", run.format("vat_transfer"), None)
    assert (ran.status_code, len(ran.get_json()["vouchers"]), ran.get_json()["posted"]) == (200, 1, True)
    assert owner("POST", run.format("vat_transfer"), None).get_json()["vouchers"] == []
    assert steps(owner, book)["vat_transfer"]["status"] == "done"
    sells(owner, book)
    assert steps(owner, book)["vat_transfer"]["status"] == "stale"
    waits = owner("POST", run.format("pl_carry"), None)
    assert (waits.status_code, waits.get_json()["code"]) == (409, "closing.step_waits")
    assert owner("POST", run.format("nothing"), None).status_code == 404


def test_amounts_are_given_at_the_version_they_were_read(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, "/periods/2026-01/closing/steps/depreciation/amounts")
    read = owner("GET", place)
    assert read.get_json()["takes"] == {"accrual": ["administrative", "selling", "overhead"]}
    asked = {"figures": {"accrual": {"administrative": "12.50"}}}
    assert owner("PUT", place, asked).status_code == 428
    written = owner("PUT", place, asked, If_Match=read.headers["ETag"])
    assert (written.status_code, written.get_json()["figures"]) == (200, asked["figures"])
    assert owner("PUT", place, asked, If_Match=read.headers["ETag"]).status_code == 412
    assert steps(owner, book)["depreciation"]["figures"] == {"accrual": {"administrative": "12.50", "total": "12.50"}}
    wrong = {"figures": {"accrual": {"rent": "1.00"}}, "lines": [{"account_code": "1001", "summary": "x"}]}
    refused = owner("PUT", place, wrong, If_Match=written.headers["ETag"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "closing.amounts_rejected")
    lines = [
        {"account_code": "560207", "summary": "折旧", "debit": "3.00"},
        {"account_code": "1602", "summary": "折旧", "credit": "3.00"},
    ]
    by_line = owner("PUT", place, {"lines": lines}, If_Match=written.headers["ETag"]).get_json()
    assert [line["account_code"] for line in by_line["lines"]] == ["560207", "1602"]


def test_an_own_step_is_made_read_changed_and_taken_away(owner: Caller, book: BookRef) -> None:
    asked = {
        "code": "own-bonus",
        "number": 20,
        "title_zh": "计提奖金",
        "title_en": "Bonus",
        "lines": [
            {"account_code": "560201", "side": "debit", "formula": "cr(5001)", "share": "0.1"},
            {"account_code": "221102", "side": "credit", "rest": True},
        ],
    }
    made = owner("POST", address(book.uid, "/closing-steps"), asked)
    assert made.status_code == 201, made.get_json()
    read = owner("GET", made.headers["Location"])
    assert read.get_json() == made.get_json()
    assert [step["code"] for step in owner("GET", address(book.uid, "/closing-steps")).get_json()["steps"]] == [
        "own-bonus"
    ]
    sells(owner, book)
    assert steps(owner, book)["own-bonus"]["figures"] == {"own": {"total": "100.00"}}
    changed = {name: value for name, value in asked.items() if name != "code"} | {"active": False}
    done = owner("PUT", made.headers["Location"], changed, If_Match=read.headers["ETag"])
    assert (done.status_code, done.get_json()["active"]) == (200, False)
    assert "own-bonus" not in steps(owner, book)
    assert owner("DELETE", made.headers["Location"], If_Match=read.headers["ETag"]).status_code == 412
    assert owner("DELETE", made.headers["Location"], If_Match=done.headers["ETag"]).status_code == 204
    assert owner("GET", made.headers["Location"]).status_code == 404


def test_rates_are_given_by_period_at_the_version_they_were_read(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, "/currency-rates?period=2026-01")
    read = owner("GET", place)
    assert read.get_json() == {"period": "2026-01", "fixed": False, "rates": []}
    rates = [{"currency": "USD", "booking": "7.1", "closing": None}]
    written = owner("PUT", place, {"rates": rates}, If_Match=read.headers["ETag"])
    assert (written.status_code, written.get_json()["rates"]) == (200, [{**rates[0], "since": "2026-01"}])
    assert owner("PUT", place, {"rates": []}, If_Match=read.headers["ETag"]).status_code == 412
    wrong = [{"currency": "CNY", "booking": "1"}]
    refused = owner("PUT", place, {"rates": wrong}, If_Match=written.headers["ETag"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "currency.rates_rejected")


def test_the_check_list_says_how_grave_a_finding_is_and_what_to_do_next(owner: Caller, book: BookRef) -> None:
    lines = [
        {"account_code": "1001", "summary": "x", "debit": "1.00"},
        {"account_code": "1002", "summary": "x", "credit": "1.00"},
    ]
    owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines})
    found = owner("GET", address(book.uid, "/periods/2026-01/check")).get_json()["blockers"]
    assert [(one["code"], one["severity"], one["next_action"]) for one in found] == [
        ("close.vouchers_unposted", "blocks", {"code": "post_vouchers", "operation": "vouchers_list"})
    ]


def test_every_finding_has_a_next_action_that_exists() -> None:
    findings = {code for code in CATALOGUE if code.startswith("close.")}
    operations = {name for blp in BLUEPRINTS for name in blp.operations}
    assert errors.UNPOSTED.code in findings
    assert findings == set(NEXT)
    assert {action.operation for action in NEXT.values()} <= operations


def test_a_reopened_period_keeps_both_versions_of_its_statements(
    owner: Caller, member: Callable[..., Caller], doors: Doors, book: BookRef
) -> None:
    sells(owner, book)
    for reason in ("漏记", ""):
        with doors.book(book.uid) as scope:
            assert service.close_period(scope, Period(2026, 1)).fate == "closed"
        if reason:
            answer = owner("POST", address(book.uid, "/periods/2026-01/reopen"), {"reason": reason})
            assert answer.status_code == 200
            sells(owner, book)
    listed = owner("GET", address(book.uid, "/periods/2026-01/statements/versions")).get_json()["versions"]
    assert [(each["version"], each["reason"]) for each in listed] == [(1, ""), (2, "漏记")]
    told = owner("GET", address(book.uid, "/periods/2026-01/statements/difference?before=1&after=2")).get_json()
    (revenue,) = [
        each
        for each in told["changes"]
        if (each["statement"], each["key"], each["column"]) == ("income_statement", "1", "period")
    ]
    assert (revenue["before"], revenue["after"]) == ("1000.00", "2000.00")
    assert len(told["vouchers"]) == 5 and told["more_vouchers"] is False
    boss = granted(owner, book, member("client"), "client_boss")
    listed = boss("GET", address(book.uid, "/periods/2026-01/statements/versions")).get_json()["versions"]
    assert [(each["version"], each["reason"]) for each in listed] == [(1, None), (2, None)], "it is the firm's own word"
    told = boss("GET", address(book.uid, "/periods/2026-01/statements/difference?before=1&after=2")).get_json()
    assert (told["before"]["reason"], told["after"]["reason"]) == (None, None)
    unknown = owner("GET", address(book.uid, "/periods/2026-01/statements/difference?before=1&after=9"))
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "statement.version_not_found")


def test_only_who_may_close_runs_steps_and_gives_amounts(
    member: Any, owner: Caller, book: BookRef, doors: Doors
) -> None:
    stranger = member("staff")
    assert stranger("GET", address(book.uid, "/periods/2026-01/closing/steps")).status_code == 404
    assert stranger("POST", address(book.uid, "/periods/2026-01/closing/steps/fx/run"), None).status_code == 404
    assert stranger("GET", address(book.uid, "/closing-steps")).status_code == 404
