"""Codes by pure rule: other widths never bring two accounts to one code, and back again is where it began."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.accounts import rules
from app.standards.loader import released

widths = st.lists(st.integers(2, 4), min_size=2, max_size=5).map(lambda below: (4, *below))


@st.composite
def trees(draw: st.DrawFn) -> tuple[tuple[int, ...], dict[str, str | None]]:
    """A width rule and accounts under it: parent by code, in the order of codes."""
    digits = draw(widths)
    parents: dict[str, str | None] = dict.fromkeys(draw(st.sets(st.sampled_from(["1002", "1403", "2221"]), min_size=1)))
    for level, width in enumerate(digits[1:], 1):
        above = [code for code in parents if len(code) == sum(digits[:level])]
        for parent in above:
            parts = draw(st.sets(st.integers(0, 10**width - 1), max_size=3))
            parents |= {f"{parent}{part:0{width}}": parent for part in parts}
    return digits, dict(sorted(parents.items()))


@given(trees(), widths)
def test_other_widths_keep_accounts_apart_and_under_their_parents(
    tree: tuple[tuple[int, ...], dict[str, str | None]], new: tuple[int, ...]
) -> None:
    old, parents = tree
    codes, found = rules.recode(parents, old, new)
    if found:
        assert {each.code for each in found} <= {"account.width_too_narrow", "account.too_deep"}
        return
    assert len(set(codes.values())) == len(parents)
    after = {codes[code]: codes[parent] if parent else None for code, parent in parents.items()}
    assert all(code.startswith(parent or "") for code, parent in after.items())
    assert {len(code) for code in after} <= {sum(new[:level]) for level in range(1, len(new) + 1)}
    back, broken = rules.recode(dict(sorted(after.items())), new, old)
    assert broken == []
    assert {back[new_code]: old_code for old_code, new_code in codes.items()} == {code: code for code in parents}


def test_the_chart_of_every_standard_fits_every_wider_rule() -> None:
    for standard in released():
        for specs in standard.charts.values():
            parents = {spec.code: spec.parent_code for spec in specs}
            first, *below = standard.code_widths
            for wider in range(max(below), rules.WIDEST + 1):
                assert rules.recode(parents, standard.code_widths, (first, *[wider] * len(below)))[1] == []
