"""Renumbering of drafts: a permutation of the numbers drafts hold, and of nothing else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.types import BookScope
from app.ledger.vouchers import service
from app.ledger.vouchers.numbering import rules
from app.ledger.vouchers.numbering import service as numbering
from app.ledger.vouchers.numbering.errors import NotMovable
from app.ledger.vouchers.numbering.types import Held
from app.ledger.vouchers.types import Draft, Drafted, Line
from infra.ids import new_id
from tests.factories.doors import Doors

LINES = (Line("1001", "取现", debit=D("1.00")), Line("1002", "取现", credit=D("1.00")))
held = st.dictionaries(st.integers(1, 60), st.dates(date(2026, 1, 1), date(2026, 1, 31)), min_size=1, max_size=20)


@given(held)
def test_tidied_numbers_are_the_same_numbers_in_the_order_of_dates(days: dict[int, date]) -> None:
    dealt = rules.tidied(Held(new_id(), number, day) for number, day in days.items())
    after = {dealt.get(number, number): day for number, day in days.items()}
    assert sorted(after) == sorted(days)
    assert [after[number] for number in sorted(after)] == sorted(days.values())
    again = rules.tidied(Held(new_id(), number, day) for number, day in after.items())
    assert again == {}


@given(held, st.data())
def test_an_inserted_number_stands_right_before_the_other_and_the_rest_keep_their_order(
    days: dict[int, date], data: st.DataObject
) -> None:
    numbers = sorted(days)
    what, before = data.draw(st.sampled_from(numbers)), data.draw(st.sampled_from(numbers))
    dealt = rules.inserted(numbers, what, before)
    order = sorted(numbers, key=lambda number: dealt.get(number, number))
    assert sorted(dealt.get(number, number) for number in numbers) == numbers
    if what != before:
        assert order.index(what) == order.index(before) - 1
    assert [number for number in order if number != what] == [number for number in numbers if number != what]


def numbers(scope: BookScope) -> dict[object, tuple[int, int]]:
    """Number and part of every voucher."""
    rows = scope.run("SELECT id, number, part FROM tenant.voucher WHERE book_id = :b", b=scope.book.id)
    return {row.id: (row.number, row.part) for row in rows}


def drafted(scope: BookScope, *days: int, parts: int = 1) -> list[Drafted]:
    """A draft for each of these days of January."""
    drafts = [
        Draft(scope.book.id, date(2026, 1, day), LINES, part=at, parts=parts)
        for day in days
        for at in range(1, parts + 1)
    ]
    return service.draft_vouchers(scope, drafts)


def test_posted_reviewed_and_void_vouchers_keep_their_numbers_while_drafts_are_tidied(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        late, posted, void, reviewed, early, middle = drafted(scope, 25, 24, 23, 22, 3, 9)
        service.post_vouchers(scope, [(book.id, posted.id)], review=True)
        service.void_voucher(scope, void.id, "错")
        service.review_vouchers(scope, [reviewed.id])
        moves = numbering.tidy(scope, "2026-01", "记")
        assert {(move.id, move.before, move.number) for move in moves} == {
            (late.id, 1, 6),
            (early.id, 5, 1),
            (middle.id, 6, 5),
        }
        now = numbers(scope)
        assert [now[each.id][0] for each in (early, posted, void, reviewed, middle, late)] == [1, 2, 3, 4, 5, 6]
        assert numbering.tidy(scope, "2026-01", "记") == []
    with doors.book(book.uid) as scope:
        logged = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'voucher.renumber'", b=book.id
        ).scalar_one()
        assert sorted(move[1:] for move in logged["moves"]) == [[1, 6], [5, 1], [6, 5]]


def test_a_draft_is_inserted_with_all_its_parts(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second = drafted(scope, 5, 6)
        one, two = drafted(scope, 7, parts=2)
        numbering.insert_before(scope, two.id, first.id)
        now = numbers(scope)
    assert [now[each.id] for each in (one, two, first, second)] == [(1, 1), (1, 2), (2, 1), (3, 1)]


def test_what_is_no_draft_or_of_another_series_does_not_move(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second, posted = drafted(scope, 5, 6, 7)
        (other,) = service.draft_vouchers(scope, [Draft(book.id, date(2026, 2, 1), LINES)])
        (paid,) = service.draft_vouchers(scope, [Draft(book.id, date(2026, 1, 1), LINES, "付")])
        service.post_vouchers(scope, [(book.id, posted.id)], review=True)
        for what, place in ((posted, first), (first, posted), (first, other), (second, paid)):
            with pytest.raises(NotMovable):
                numbering.insert_before(scope, what.id, place.id)


STATES = st.sampled_from(["draft", "reviewed", "posted", "void"])


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 3), STATES), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_gap_and_no_double_comes_of_renumbering(doors: Doors, made: list[tuple[int, int, str]]) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        for day, parts, state in made:
            done = drafted(scope, day, parts=parts)
            ids = [each.id for each in done]
            if state == "void":
                service.void_vouchers(scope, ids, "错")
            if state in ("reviewed", "posted"):
                service.review_vouchers(scope, ids[:1])
            if state == "posted":
                service.post_vouchers(scope, [(book.id, ids[0])])
        before = numbers(scope)
        moved = {move.id for move in numbering.tidy(scope, "2026-01", "记")}
        after = numbers(scope)
        rows = scope.run("SELECT id, status, number, date FROM tenant.voucher WHERE book_id = :b", b=book.id).all()
    assert {number for number, _ in after.values()} == {number for number, _ in before.values()}
    assert all((number, at) in after.values() for number, part in after.values() for at in range(1, part))
    assert {row.number for row in rows} == set(range(1, len(made) + 1))
    assert moved <= {row.id for row in rows if row.status == "draft"}
    settled = {row.number for row in rows if row.status != "draft"}
    free = sorted((row.number, row.date) for row in rows if row.number not in settled)
    assert [day for _, day in free] == sorted(day for _, day in free)
