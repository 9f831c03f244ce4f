"""Random balanced ledgers over a standard's whole chart, as facts of leaf accounts."""

from decimal import Decimal

from hypothesis import strategies as st

from app.standards.loader import accounts_for
from app.standards.statements import Fact
from app.standards.types import Standard, Taxpayer

FEN = Decimal("0.01")


def ledgers(standard: Standard, taxpayer: Taxpayer) -> st.SearchStrategy[list[Fact]]:
    """Facts summed from entries that each debit one leaf and credit another, opening or turnover or transfer."""
    leaves = [account.code for account in accounts_for(standard, taxpayer, optional=True) if account.leaf]
    place = st.tuples(st.sampled_from(leaves), st.integers(0, 3))
    entry = st.tuples(
        place,
        place,
        st.integers(-(10**12), 10**12).map(lambda fen: fen * FEN),
        st.sampled_from(["opening", "turnover", "transfer"]),
    )
    return st.lists(entry, max_size=60).map(_facts)


def _facts(entries: list) -> list[Fact]:
    places: dict[tuple[str, int], list[Decimal]] = {}
    for debited, credited, amount, kind in entries:
        for place, sign, column in ((debited, 1, 1), (credited, -1, 2)):
            sums = places.setdefault(place, [Decimal("0.00")] * 5)
            if kind == "opening":
                sums[0] += sign * amount
            else:
                sums[column] += amount
            if kind == "transfer":
                sums[column + 2] += amount
    return [Fact(code, dim, *sums) for (code, dim), sums in places.items()]
