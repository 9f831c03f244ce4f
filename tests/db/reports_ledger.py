"""Random ledgers with items, currencies and quantities, posted and unposted, over an opening in mid-year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import strategies as st

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.factories.doors import Doors

MONTHS = (date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1))
DEPARTMENTS, PROJECTS, GOODS, CUSTOMERS = ("一部", "二部"), ("甲项目", "乙项目"), ("螺丝", "螺母"), ("甲公司", "乙公司")
CURRENCIES = ("CNY", "USD", "EUR")
_KEPT: tuple[tuple[str, list[str], list[str], str | None], ...] = (
    ("1002", [], ["CNY", "USD"], None),
    ("1122", ["customer"], ["CNY", "USD", "EUR"], None),
    ("1405", ["stock_item"], [], "件"),
    ("1403", [], ["CNY", "USD"], "千克"),
    ("560201", ["department", "project"], [], None),
    ("560205", ["department"], [], None),
)
_PLAIN = ("1001", "3001", "5001", "22210107", "560206")


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """One line on any account, with what the account asks for."""
    account, dimensions, currencies, unit = draw(
        st.sampled_from((*_KEPT, *_KEPT, *((code, [], [], None) for code in _PLAIN)))
    )
    sign = draw(st.sampled_from((1, 1, 1, -1)))
    fen = draw(st.integers(1, 10**7))
    currency = draw(st.sampled_from(currencies)) if currencies else "CNY"
    foreign = rate = None
    amount = D(fen) / 100
    if currency != "CNY":
        foreign, rate = sign * amount, D(draw(st.integers(100, 999))) / 100
        amount = (amount * rate).quantize(D("0.01"), "ROUND_HALF_UP")
    quantity = sign * D(draw(st.integers(1, 10**5))) / 1000 if unit and draw(st.booleans()) else None
    amount *= sign
    choices = {"department": DEPARTMENTS, "project": PROJECTS, "stock_item": GOODS}
    on_debit = draw(st.booleans())
    return Line(
        account,
        "摘要",
        debit=amount if on_debit else D(0),
        credit=D(0) if on_debit else amount,
        counterparty=draw(st.sampled_from(CUSTOMERS)) if "customer" in dimensions else "",
        items=tuple((each, draw(st.sampled_from(choices[each]))) for each in sorted(dimensions) if each in choices),
        currency=currency,
        foreign_amount=foreign,
        rate=rate,
        quantity=quantity,
    )


@st.composite
def drafts(draw: st.DrawFn, book: int) -> tuple[Draft, bool]:
    """One balanced voucher of up to five lines; `True` ones are to be posted."""
    month = draw(st.sampled_from(MONTHS))
    given = draw(st.lists(lines(), min_size=1, max_size=4))
    left = sum((line.debit - line.credit for line in given), D(0))
    while not left:
        given.append(Line("1001", "摘要", debit=D("0.07")))
        left = D("0.07")
    given.append(Line(draw(st.sampled_from(_PLAIN)), "平", credit=left))
    day = month.replace(day=draw(st.sampled_from((1, 9, 10, 28))))
    word, attachments = draw(st.sampled_from(("记", "收"))), draw(st.integers(0, 3))
    return Draft(book, day, tuple(given), word=word, attachments=attachments), draw(st.booleans())


def new_ledger(doors: Doors) -> BookRef:
    """A book from November with an opening in three measures, its accounts ready for what the lines carry."""
    book = doors.new_book(start_period=Period(2025, 11))
    with doors.book(book.uid) as scope:
        for code, dimensions, currencies, unit in _KEPT:
            scope.run(
                "UPDATE tenant.account SET dimensions = cast(:d AS text[]), currencies = cast(:c AS text[]), unit = :u"
                " WHERE book_id = :b AND code = :code",
                b=book.id,
                code=code,
                d=dimensions,
                c=currencies,
                u=unit,
            )
        for dimension, names in (("department", DEPARTMENTS), ("project", PROJECTS), ("stock_item", GOODS)):
            scope.run(
                "INSERT INTO tenant.dimension_item (book_id, dimension, name, pinyin, tax_id, active)"
                " SELECT :b, :d, n, '', '', true FROM unnest(cast(:names AS text[])) AS k (n)",
                b=book.id,
                d=dimension,
                names=list(names),
            )
        set_opening(
            scope,
            [
                OpeningRow(
                    "1405",
                    D(300),
                    D(120),
                    D(20),
                    items=(("stock_item", "螺丝"),),
                    quantity_year_opening=D("30"),
                    quantity_debit=D("12.5"),
                    quantity_credit=D(2),
                ),
                OpeningRow(
                    "1122",
                    D(710),
                    D(0),
                    D(71),
                    counterparty="甲公司",
                    currency="USD",
                    foreign_year_opening=D(100),
                    foreign_credit=D(10),
                ),
                OpeningRow("3001", D(-1010), D(0), D(29)),
            ],
        )
    return book


def fill(doors: Doors, book: BookRef, given: list[tuple[Draft, bool]]) -> None:
    """Draft the vouchers and post those marked; a last one reaches January."""
    end = Draft(book.id, date(2026, 1, 31), (Line("1002", "存", D("0.01")), Line("1001", "存", credit=D("0.01"))))
    everything = [*given, (end, True)]
    with doors.book(book.uid) as scope:
        done = draft_vouchers(scope, [draft for draft, _ in everything])
        chosen = [(book.id, one.id) for one, (_, posted) in zip(done, everything, strict=True) if posted]
        post_vouchers(scope, chosen, review=True)
