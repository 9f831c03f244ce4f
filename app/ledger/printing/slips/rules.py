"""Vouchers become slips, slips lie on pages, and months are bound in volumes.

Invariant: every line of every voucher stands on exactly one slip, in order; the total stands on the last slip only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from app.ledger.printing.types import Cover, Layout, PrintVoucher, Slip, VoucherPage

T = TypeVar("T")


def voucher_pages(vouchers: Iterable[PrintVoucher], layout: Layout) -> list[VoucherPage]:
    """The pages of these vouchers in the order of period, word and number."""
    slips = [slip for voucher in _sorted(vouchers) for slip in _slips(voucher, layout.lines)]
    return [VoucherPage(number, paper) for number, paper in enumerate(_chunks(slips, layout.slips), 1)]


def covers(vouchers: Iterable[PrintVoucher], layout: Layout, most: int) -> list[Cover]:
    """The covers of the volumes these vouchers are bound in, each of at most `most` vouchers of one month and word."""
    found: list[Cover] = []
    for _, of_month in groupby(_sorted(vouchers), lambda voucher: voucher.period):
        by_word = groupby(of_month, lambda voucher: voucher.word)
        volumes = [volume for _, of_word in by_word for volume in _chunks(list(of_word), most)]
        found += [_cover(volume, layout, number, len(volumes)) for number, volume in enumerate(volumes, 1)]
    return found


def _cover(vouchers: Sequence[PrintVoucher], layout: Layout, volume: int, volumes: int) -> Cover:
    first, last = vouchers[0], vouchers[-1]
    return Cover(
        period=first.period,
        word=first.word,
        first=first.label,
        last=last.label,
        vouchers=len(vouchers),
        sheets=sum(_sheets(voucher, layout.lines) for voucher in vouchers),
        attachments=sum(voucher.attachments for voucher in vouchers),
        volume=volume,
        volumes=volumes,
    )


def _sorted(vouchers: Iterable[PrintVoucher]) -> list[PrintVoucher]:
    return sorted(vouchers, key=lambda voucher: voucher.place)


def _sheets(voucher: PrintVoucher, lines: int) -> int:
    return max(1, -(-len(voucher.lines) // lines))


def _slips(voucher: PrintVoucher, lines: int) -> Iterator[Slip]:
    sheets = _sheets(voucher, lines)
    for sheet in range(sheets):
        yield Slip(voucher, sheet + 1, sheets, voucher.lines[sheet * lines : (sheet + 1) * lines])


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
