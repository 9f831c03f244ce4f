"""The door of the room: a stream of sample books, one at a time, so that any number of them fits in memory.

Invariant: the book at a place depends on the seed, the place, the period and the size asked for, never on the clock
or on the other books.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from app.kernel.periods import Period
from app.samples.catalogue.rules import SERVICES, TRADES
from app.samples.companies.rules import REGIONS, company
from app.samples.deliveries.rules import pack, plan
from app.samples.expected.rules import expect
from app.samples.invoices.rules import Draw, customers, month
from app.samples.types import SampleBook
from app.samples.vouchers.rules import hand_vouchers, opening_amounts, opening_lines

_LOCATIONS = ("city", "city", "county", "city", "city", "other", "city")


def generate(seed: int, books: int, invoices: int, period: Period) -> Iterator[SampleBook]:
    """A believable month for so many books of about `invoices` documents each.

    Places alternate between general and small-scale taxpayers, pairs of places between trade and service, and every
    sixth book keeps 企业会计准则.
    """
    for index in range(books):
        yield _book(seed, index, invoices, period)


def _book(seed: int, index: int, count: int, period: Period) -> SampleBook:
    draw = _draw(seed, index, period)
    taxpayer = "general" if draw.general else "small_scale"
    standard = "asbe" if index % 6 == 4 else "sbe"
    location = _LOCATIONS[index % len(_LOCATIONS)]
    invoices = month(draw, count)
    files, items = pack(plan(draw.rng, invoices), draw.party.name, period)
    amounts = opening_amounts(draw, location, invoices)
    opening = opening_lines(standard, amounts)
    vouchers = hand_vouchers(draw, standard, amounts, invoices)
    return SampleBook(
        code=f"{index + 1:04d}",
        name=draw.party.name,
        tax_id=draw.party.tax_id,
        taxpayer=taxpayer,
        industry="trade" if draw.trade else "service",
        standard=standard,
        start_period=period,
        location=location,
        files=files,
        opening=opening,
        vouchers=vouchers,
        invoices=invoices,
        expected=expect(standard, taxpayer, location, period, opening, vouchers, items),
    )


def _draw(seed: int, index: int, period: Period) -> Draw:
    """Who the company is follows from seed and place; what happens to it in a month, from the month too."""
    who = random.Random(f"{seed}/{index}")  # noqa: S311 - samples must repeat, not resist
    trade = index // 2 % 2 == 0
    line = who.choice(TRADES if trade else SERVICES)
    region = who.choice(REGIONS)
    return Draw(
        rng=random.Random(f"{seed}/{index}/{period}"),  # noqa: S311
        index=index,
        period=period,
        party=company(who, line.trade, region, seed + index),
        general=index % 2 == 0,
        line=line,
        trade=trade,
        region=region,
        customers=customers(who, region),
    )
