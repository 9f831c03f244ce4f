"""Sixteen writers on one book at once: drafting, posting, reversing, voiding, closing and reopening it.

Each act runs as a request does, its whole unit again when the database asks for it. What must hold: no deadlock ever
reaches the caller, numbers have no gap, and the doctor finds nothing when the dust has settled.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal as D
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from app.books.types import BookRef, BookScope
from app.closing import service as closing
from app.doctor.books.queries import CHECKS
from app.kernel.periods import Period
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from infra.db import make_engine, sqlstate
from infra.errors import Refusal
from tenants.door import retrying
from tests.factories.doors import Doors

WRITERS = 16
MONTHS = (Period(2026, 1), Period(2026, 2), Period(2026, 3))


@dataclass
class Crowd:
    """Writers on one book until the bell rings, and what became of their acts."""

    doors: Doors
    book: BookRef
    fates: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    broken: list[BaseException] = field(default_factory=list)

    def write(self, seed: int, until: float) -> None:
        """One writer: random acts, each in a transaction of its own."""
        chance = random.Random(seed)
        acts = (
            [self.draft] * 6
            + [self.post] * 5
            + [self.reverse] * 2
            + [self.void]
            + [self.post_month, self.close] * 3
            + [self.reopen]
        )
        try:
            while time.monotonic() < until:
                act = chance.choice(acts)
                try:
                    retrying(lambda act=act: self.once(act, chance))  # type: ignore[misc]
                except Refusal as refusal:
                    self.fates[f"{act.__name__} {refusal.code}"] += 1
                else:
                    self.fates[act.__name__] += 1
        except BaseException as error:
            self.broken.append(error)
            raise

    def once(self, act: Callable[[BookScope, random.Random], None], chance: random.Random) -> None:
        """One try of an act; what the database asked for is counted before it is tried again."""
        try:
            with self.doors.book(self.book.uid) as scope:
                act(scope, chance)
        except DBAPIError as error:
            self.states[sqlstate(error)] += 1
            raise

    def draft(self, scope: BookScope, chance: random.Random) -> None:
        """One to three vouchers in a month that is open, or was a moment ago."""
        period = chance.choices(MONTHS, (1, 1, 6))[0]
        amount = D(chance.randrange(1, 100_000)) / 100
        who = f"客户{chance.randrange(5)}"
        lines = (Line("1122", "销售", debit=amount, counterparty=who), Line("5001", "销售", credit=amount))
        day = date(period.year, period.month, chance.randrange(1, 28))
        vouchers.draft_vouchers(scope, [Draft(self.book.id, day, lines)] * chance.randrange(1, 4))

    def post(self, scope: BookScope, chance: random.Random) -> None:
        """A handful of what is unposted."""
        chosen = _some(scope, "status IN ('draft', 'reviewed')", chance)
        vouchers.post_vouchers(scope, [(self.book.id, voucher) for voucher in chosen], review=True)

    def reverse(self, scope: BookScope, chance: random.Random) -> None:
        """One posted voucher."""
        for voucher in _some(scope, "status = 'posted'", chance)[:1]:
            period = chance.choice(MONTHS)
            vouchers.reverse_voucher(scope, voucher, period.last_day)

    def void(self, scope: BookScope, chance: random.Random) -> None:
        """One unposted voucher."""
        for voucher in _some(scope, "status IN ('draft', 'reviewed')", chance)[:1]:
            vouchers.void_voucher(scope, voucher, "录入有误")

    def post_month(self, scope: BookScope, chance: random.Random) -> None:
        """Everything unposted in a month."""
        rows = scope.run(
            "SELECT id FROM tenant.voucher WHERE book_id = :b AND period = :p AND status IN ('draft', 'reviewed')",
            b=self.book.id,
            p=str(MONTHS[chance.randrange(2)]),
        ).scalars()
        vouchers.post_vouchers(scope, [(self.book.id, voucher) for voucher in rows], review=True)

    def close(self, scope: BookScope, chance: random.Random) -> None:
        """One of the first two months, if nothing in it waits."""
        (outcome,) = closing.close_books(scope, [self.book], MONTHS[chance.randrange(2)])
        self.fates[f"month {outcome.fate}"] += 1

    def reopen(self, scope: BookScope, chance: random.Random) -> None:
        """A closed month; only the last one is taken."""
        closing.reopen_period(scope, chance.choice(MONTHS), "补记单据")


def _some(scope: BookScope, condition: str, chance: random.Random) -> list[UUID]:
    rows = scope.run(
        f"SELECT id FROM tenant.voucher WHERE book_id = :b AND {condition} ORDER BY random() LIMIT :n",
        b=scope.book.id,
        n=chance.randrange(1, 8),
    )
    return list(rows.scalars())


@contextmanager
def crowded(doors: Doors) -> Iterator[Doors]:
    """The doors over a pool that has room for every writer."""
    settings = doors.ports.settings
    engine = make_engine(settings.database_url, pool_size=WRITERS, application="crowd")
    try:
        yield Doors(replace(doors.ports, engine=engine), doors.tenant)
    finally:
        engine.dispose()


def _press(doors: Doors, seconds: float) -> Crowd:
    with crowded(doors) as wide:
        crowd = Crowd(wide, wide.new_book())
        until = time.monotonic() + seconds
        writers = [threading.Thread(target=crowd.write, args=(seed, until)) for seed in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert crowd.broken == []
    assert crowd.states["40P01"] == 0
    with doors.book(crowd.book.uid, read_only=True) as scope:
        assert {check.id: scope.run(check.sql).all() for check in CHECKS} == {check.id: [] for check in CHECKS}
    return crowd


def test_sixteen_writers_leave_one_sound_book(doors: Doors) -> None:
    crowd = _press(doors, 8)
    assert all(crowd.fates[act] for act in ("draft", "post", "reverse", "void", "month closed", "reopen"))


@pytest.mark.long
def test_sixteen_writers_leave_one_sound_book_after_a_minute(doors: Doors) -> None:
    crowd = _press(doors, 60)
    assert all(crowd.fates[act] > 10 for act in ("draft", "post", "reverse", "void", "month closed", "reopen"))
