"""An operator sees a firm's books only when the firm says so, only for a while, only reading, and never unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient

from app.audit.witness.service import MOST
from app.http.errors import TokenInvalid
from app.identity.break_glass import service
from app.identity.break_glass.models import visit
from app.identity.models import token
from app.identity.tokens.service import issue_operator_token
from infra.ids import decode
from infra.ports import Ports
from jobs import operators
from tenants.scope import Actor, Origin, TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_documents_unread import hand_in
from tests.factories.doors import Doors

REASON = {"firm": "firm-a", "reason": "工单 1024：试算不平", "minutes": 30}


@pytest.fixture
def support(ports: Ports, client: FlaskClient) -> Caller:
    """An operator of the support desk."""
    return Caller(client, issue_operator_token(ports.engine, "support", ports.clock(), "ops_support").secret)


def _asked(support: Caller) -> str:
    answer = support("POST", "/ops/v1/break-glass", REASON)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def _opened(support: Caller, owner: Caller) -> tuple[str, Caller]:
    asked = _asked(support)
    approved = owner("POST", f"/v1/break-glass/{asked}/approve")
    assert approved.json["state"] == "approved", approved.json
    token_of = support("POST", f"/ops/v1/break-glass/{asked}/open").json["token"]
    return asked, Caller(support.client, token_of)


def _actor_of(owner: Caller, asked: str) -> str:
    """What the firm's log calls who makes a visit."""
    return next(str(row["actor"]) for row in _visits(owner) if row["id"] == asked)


def _visiting(support: Caller, owner: Caller) -> tuple[str, Caller]:
    asked, visitor = _opened(support, owner)
    return _actor_of(owner, asked), visitor


def test_nothing_opens_before_the_firm_has_approved(support: Caller, owner: Caller, doors: Doors) -> None:
    asked = _asked(support)
    refused = support("POST", f"/ops/v1/break-glass/{asked}/open")
    assert (refused.status_code, refused.json["code"]) == (409, "break_glass.decided")
    assert support("GET", address(doors.new_book().uid)).status_code == 404
    assert owner("POST", f"/v1/break-glass/{asked}/refuse").json["state"] == "refused"
    assert support("POST", f"/ops/v1/break-glass/{asked}/open").status_code == 409
    assert owner("POST", f"/v1/break-glass/{asked}/approve").status_code == 409


def test_a_visit_reads_every_book_and_writes_nothing(support: Caller, owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    _, visitor = _opened(support, owner)
    assert visitor("GET", "/v1/me").json["kind"] == "visitor"
    for rest in ("", "/vouchers", "/accounts"):
        assert visitor("GET", address(book.uid, rest)).status_code == 200
    for method, rest in (("POST", "/vouchers"), ("PATCH", ""), ("POST", "/periods/2026-01/close"), ("GET", "/proof")):
        refused = visitor(method, address(book.uid, rest), {} if method != "GET" else None)
        assert (refused.status_code, refused.json["code"]) == (403, "permission.missing"), rest
    assert visitor("GET", "/v1/staff").status_code == 403
    assert visitor("GET", "/ops/v1/firms").status_code == 404


def test_a_visit_is_opened_once_by_who_asked(support: Caller, owner: Caller, ports: Ports, client: FlaskClient) -> None:
    asked = _asked(support)
    assert owner("POST", f"/v1/break-glass/{asked}/approve").status_code == 200
    other = Caller(client, issue_operator_token(ports.engine, "other", ports.clock(), "ops_support").secret)
    assert other("POST", f"/ops/v1/break-glass/{asked}/open").status_code == 404
    assert support("POST", f"/ops/v1/break-glass/{asked}/open").status_code == 200
    assert support("POST", f"/ops/v1/break-glass/{asked}/open").status_code == 409


def test_the_firm_ends_a_visit_at_once_and_time_ends_it_too(
    support: Caller, owner: Caller, doors: Doors, ports: Ports
) -> None:
    book = doors.new_book()
    asked, visitor = _opened(support, owner)
    ended = owner("POST", f"/v1/break-glass/{asked}/end").json
    assert ended["state"] == "ended" and ended["actor"].startswith("visitor:")
    assert visitor("GET", address(book.uid)).status_code == 401
    _, late = _opened(support, owner)
    with ports.engine.begin() as connection:
        past = ports.clock() - timedelta(seconds=1)
        connection.execute(token.update().where(token.c.kind == "visit").values(expires_at=past))
    assert late("GET", address(book.uid)).status_code == 401


def test_an_unused_approval_dies_after_a_day(support: Caller, owner: Caller, ports: Ports) -> None:
    asked = _asked(support)
    assert owner("POST", f"/v1/break-glass/{asked}/approve").status_code == 200
    with ports.engine.begin() as connection:
        connection.execute(visit.update().values(ends_at=ports.clock() - timedelta(seconds=1)))
    assert support("POST", f"/ops/v1/break-glass/{asked}/open").status_code == 409


def test_only_an_owner_decides_with_a_fresh_proof_and_never_a_key(
    support: Caller, owner: Caller, member: Callable[..., Caller], ports: Ports, other_firm: TenantRef
) -> None:
    asked = _asked(support)
    place = f"/v1/break-glass/{asked}/approve"
    assert member("manager")("POST", place).status_code == 403
    assert member("owner", other_firm)("POST", place).status_code == 404
    with ports.engine.begin() as connection:
        connection.execute(
            token.update().where(token.c.user_id == owner.id).values(strong_at=ports.clock() - timedelta(hours=1))
        )
    assert owner("POST", place).json["code"] == "auth.step_up_required"


def test_a_provisioning_operator_cannot_even_ask(ports: Ports, client: FlaskClient, support: Caller) -> None:
    maker = Caller(client, issue_operator_token(ports.engine, "maker", ports.clock(), "ops_provisioner").secret)
    assert maker("POST", "/ops/v1/break-glass", REASON).status_code == 403
    assert maker("GET", "/ops/v1/firms").status_code == 200
    assert support("GET", "/ops/v1/firms").status_code == 403


def test_every_look_of_a_visitor_is_in_the_firms_own_log(support: Caller, owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    asked, visitor = _opened(support, owner)
    for rest in ("", "/vouchers"):
        assert visitor("GET", address(book.uid, rest)).status_code == 200
    actor = next(row["actor"] for row in _visits(owner) if row["id"] == asked)
    with doors.book(book.uid) as scope:
        rows = scope.run("select action from tenant.audit_event where actor = :actor", actor=actor).scalars().all()
    assert rows == ["break_glass.visit"] * 2, rows


def test_what_cannot_be_written_down_is_not_shown_to_a_visitor(
    support: Caller, owner: Caller, doors: Doors, admin_url: str
) -> None:
    book = doors.new_book()
    _, visitor = _opened(support, owner)
    with psycopg.connect(admin_url) as database:
        database.execute(f"LOCK TABLE {doors.tenant.schema}.audit_head IN EXCLUSIVE MODE")
        unseen = visitor("GET", address(book.uid))
        refused = visitor("GET", "/v1/staff")
    assert (unseen.status_code, unseen.json["code"]) == (503, "audit.visit_unseen")
    assert (refused.status_code, refused.json["code"]) == (403, "permission.missing")
    assert visitor("GET", address(book.uid)).status_code == 200


def test_every_refused_attempt_of_a_visitor_is_a_line_however_many_and_whatever_the_answer(
    support: Caller, owner: Caller, doors: Doors
) -> None:
    book = doors.new_book()
    actor, visitor = _visiting(support, owner)
    for _ in range(MOST + 5):
        assert visitor("GET", address(book.uid, "/proof")).status_code == 403
    strange = ("?nonsense=1", "/vouchers?limit=x", "/trial-balance?period=2026-99")
    statuses = {visitor("GET", address(book.uid, rest)).status_code for rest in strange}
    statuses.add(visitor("GET", address(book.uid), Accept="image/png").status_code)
    assert statuses == {400, 406, 422}
    told = [
        line["object_id"] for line in _lines(owner, f"/v1/audit-events?actor={actor}&action=access.denied&limit=200")
    ]
    assert (told.count("proof_export"), len(told)) == (MOST + 5, MOST + 5 + 4)


def _lines(owner: Caller, place: str) -> list[dict[str, Any]]:
    answer = owner("GET", place)
    assert answer.status_code == 200, answer.json
    return list(answer.json["data"])


def test_the_log_of_the_book_says_what_a_visitor_looked_at_and_took_away(
    support: Caller, owner: Caller, doors: Doors
) -> None:
    book = doors.new_book()
    actor, visitor = _visiting(support, owner)
    shown = "/journal?period_from=2026-01&period_to=2026-01"
    taken = "/trial-balance?period=2026-01&format=xlsx"
    assert {visitor("GET", address(book.uid, rest)).status_code for rest in (shown, taken)} == {200}
    assert visitor("GET", address(book.uid, "/proof")).status_code == 403
    assert visitor("GET", "/v1/books?limit=1").status_code == 200
    own = _lines(owner, address(book.uid, f"/audit-events?actor={actor}"))
    assert {(line["action"], line["object_id"]) for line in own} == {
        ("break_glass.visit", "journal_read"),
        ("break_glass.visit", "trial_balance_read"),
        ("ledger.export", "trial_balance_read"),
        ("access.denied", "proof_export"),
    }
    looked = {line["object_id"]: line["details"]["asked"] for line in own if line["action"] == "break_glass.visit"}
    assert looked["journal_read"] == {"period_from": "2026-01", "period_to": "2026-01"}
    assert looked["trial_balance_read"] == {"format": "xlsx", "period": "2026-01"}
    everywhere = _lines(owner, f"/v1/audit-events?actor={actor}&limit=200")
    assert {line["id"] for line in own} < {line["id"] for line in everywhere}
    (list_of_books,) = [line for line in everywhere if line["object_id"] == "books_list"]
    assert (list_of_books["book_id"], list_of_books["details"]["asked"]) == (None, {"limit": "1"})


def test_a_strangers_book_or_none_makes_a_line_of_the_firm_and_none_on_a_foreign_chain(
    support: Caller, owner: Caller, member: Callable[..., Caller], other_firm: TenantRef, ports: Ports
) -> None:
    foreign = Doors(ports, other_firm).new_book()
    actor, visitor = _visiting(support, owner)
    for uid in (foreign.uid, uuid4()):
        assert visitor("GET", address(uid, "/vouchers")).status_code == 404
    denied = _lines(owner, f"/v1/audit-events?actor={actor}&action=access.denied")
    assert [line["book_id"] for line in denied] == [None, None]
    with Doors(ports, other_firm).firm() as scope:
        scope.narrow([1, 2**62])
        told = "select count(*) from tenant.audit_event where actor = :actor"
        assert scope.run(told, actor=actor).scalar_one() == 0


def test_the_request_of_a_visit_and_its_opening_are_lines_of_the_firm(support: Caller, owner: Caller) -> None:
    asked, _ = _opened(support, owner)
    actor = _actor_of(owner, asked)
    lines = _lines(owner, f"/v1/audit-events?object_type=break_glass&object_id={asked}")
    assert [line["action"] for line in reversed(lines)] == [
        "break_glass.request",
        "break_glass.approve",
        "break_glass.open",
    ]
    said = {"operator": "support", "reason": REASON["reason"], "minutes": REASON["minutes"]}
    assert [said.items() <= line["details"].items() for line in lines] == [True] * 3
    opened, _, requested = lines
    assert opened["details"]["visitor"] == actor and opened["actor"] == requested["actor"]
    assert requested["actor"].startswith("operator:") and requested["actor_name"] == "support"
    assert requested["address"] == "127.0.0.1"
    again = support("POST", f"/ops/v1/break-glass/{asked}/open")
    assert again.status_code == 409
    assert len(_lines(owner, f"/v1/audit-events?object_type=break_glass&object_id={asked}")) == 3


def test_a_firm_is_not_asked_for_a_reason_nobody_can_see(support: Caller) -> None:
    for reason in ("  ", "\u3000", "\u200b", " 工单 1024"):
        refused = support("POST", "/ops/v1/break-glass", {**REASON, "reason": reason})
        assert refused.status_code == 422, refused.json
        assert [(one["code"], one["pointer"]) for one in refused.json["errors"]] == [("text.blank", "/reason")]


def _state(support: Caller, owner: Caller, asked: str) -> set[str]:
    """What the firm and the operator are told of a visit."""
    both = (*_visits(owner), *_visits(support, "/ops/v1/break-glass"))
    told = [row["state"] for row in both if row["id"] == asked]
    assert len(told) == 2, told
    return set(told)


def test_a_visit_whose_time_is_over_has_ended_in_every_list_and_its_line_said_when(
    support: Caller, owner: Caller, ports: Ports
) -> None:
    opened, _ = _opened(support, owner)
    waiting = _asked(support)
    assert _state(support, owner, opened) == {"open"} and _state(support, owner, waiting) == {"requested"}
    until = next(row["ends_at"] for row in _visits(owner) if row["id"] == opened)
    line = _lines(owner, f"/v1/audit-events?object_type=break_glass&object_id={opened}&action=break_glass.open")[0]
    assert line["details"]["until"][:19] == until[:19]
    with ports.engine.begin() as connection:
        connection.execute(visit.update().values(ends_at=ports.clock() - timedelta(seconds=1)))
    assert _state(support, owner, opened) == _state(support, owner, waiting) == {"ended"}
    assert owner("POST", f"/v1/break-glass/{waiting}/approve").status_code == 409


def test_an_operator_whose_tokens_were_ended_reads_no_further_and_what_it_asked_for_is_void(
    support: Caller, owner: Caller, ports: Ports, client: FlaskClient, doors: Doors
) -> None:
    book = doors.new_book()
    leaver = Caller(client, issue_operator_token(ports.engine, "leaver", ports.clock(), "ops_support").secret)
    opened, visitor = _opened(leaver, owner)
    approved, waiting, stays = _asked(leaver), _asked(leaver), _asked(support)
    assert owner("POST", f"/v1/break-glass/{approved}/approve").status_code == 200
    assert visitor("GET", address(book.uid)).status_code == 200
    assert operators.end(ports, "leaver") == 1
    assert operators.end(ports, "leaver") == 0
    assert visitor("GET", address(book.uid)).status_code == 401
    states = {row["id"]: row["state"] for row in _visits(owner)}
    assert [states[one] for one in (opened, approved, waiting, stays)] == ["ended", "ended", "ended", "requested"]
    for one, before in ((opened, "open"), (approved, "approved"), (waiting, "requested")):
        (line,) = _lines(owner, f"/v1/audit-events?object_type=break_glass&object_id={one}&action=break_glass.end")
        assert line["details"]["before"] == {"state": before} and line["details"]["operator"] == "leaver"
        assert line["actor_name"] == "system" and line["reason"]


def test_an_end_of_an_operator_that_was_cut_off_is_completed_by_the_same_again(
    owner: Caller, ports: Ports, client: FlaskClient, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = doors.new_book()
    leaver = Caller(client, issue_operator_token(ports.engine, "cut-off", ports.clock(), "ops_support").secret)
    opened, visitor = _opened(leaver, owner)
    with monkeypatch.context() as patch:
        patch.setattr(service, "enter_tenant", _killed)
        with pytest.raises(KeyboardInterrupt):
            operators.end(ports, "cut-off")
    assert visitor("GET", address(book.uid)).status_code == 401, "the token is worthless first"
    assert operators.end(ports, "cut-off") == 0
    place = f"/v1/audit-events?object_type=break_glass&object_id={opened}&action=break_glass.end"
    assert len(_lines(owner, place)) == 1
    assert next(row["state"] for row in _visits(owner) if row["id"] == opened) == "ended"


def test_who_was_ended_between_the_gate_and_the_verb_asks_and_opens_nothing(
    owner: Caller, ports: Ports, client: FlaskClient
) -> None:
    issued = issue_operator_token(ports.engine, "racer", ports.clock(), "ops_support")
    asked = _asked(Caller(client, issued.secret))
    assert owner("POST", f"/v1/break-glass/{asked}/approve").status_code == 200
    asking = service.Asking(Actor("operator", issued.id, "racer", "ops_support"), Origin(), "")
    with ports.engine.begin() as connection:
        connection.execute(token.update().where(token.c.id == issued.id).values(revoked_at=ports.clock()))
    with pytest.raises(TokenInvalid):
        service.open_visit(ports, asking, decode("brk", asked) or uuid4())
    with pytest.raises(TokenInvalid):
        service.ask(ports, asking, "firm-a", "理由", 5)


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _visits(who: Caller, start: str = "/v1/break-glass") -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    place = f"{start}?limit=200"
    while place:
        answer = who("GET", place).json
        found += answer["data"]
        cursor = answer["page"]["next_cursor"]
        place = f"{start}?limit=200&cursor={cursor}" if answer["page"]["has_more"] else ""
    return found


def test_a_visitors_look_at_a_job_is_in_the_log_of_its_book(support: Caller, owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    job = hand_in(owner, book, b"<a/>")
    _, visitor = _opened(support, owner)
    for rest in ("", "/items"):
        assert visitor("GET", f"/v1/jobs/{job}{rest}").status_code == 200
    found = owner("GET", address(book.uid, "/audit-events?action=break_glass.visit")).json["data"]
    assert sorted(line["object_id"] for line in found) == ["job_items_list", "jobs_read"]
