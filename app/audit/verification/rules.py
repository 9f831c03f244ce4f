"""The judgement over lines and checkpoints, without a database or a store: what was read goes in, findings come out.

Invariant: a line is judged against the line before it and against every checkpoint that has seen its place; what only
the checkpoints can tell (a tail cut off, a chain hashed anew) is found by them alone. A chain is that of the book its
first line opened, whatever the book's row says now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.audit import rules
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints.types import Entry, Leaf, Note
from app.audit.types import FIRM, NOTHING, Head, Line
from app.audit.verification.types import Report
from infra.ids import encode

SLACK = timedelta(seconds=60)
"""By how much two readings of the clock may disagree: a step of NTP, or a commit that took its time."""
FRESH = timedelta(minutes=75)
"""How old a line may be that no checkpoint has seen (INV-13)."""
OPENING = "book.create"
"""The act that every book's chain begins with; its object is the book, by the name callers use."""


class Witnesses:
    """The checkpoints of one owner, taken in the order of their numbers and judged as they come: signed, whole, each
    following the one before; and what they have seen of each leaf."""

    def __init__(self, report: Report, of: str, keys: Mapping[str, bytes] | None) -> None:
        self.report, self.of, self.keys = report, of, keys
        self.entries: dict[int, Entry] = {}
        self.newest: datetime | None = None
        self._seen: dict[str, dict[int, tuple[str, datetime]]] = {}
        self._reached: dict[str, list[int]] = {}
        self._before: Note | None = None

    def take(self, number: int, note: Note) -> None:
        """Judge a checkpoint and remember what it has seen."""
        said, before = note.checkpoint, self._before
        self.report.checkpoints += 1
        if self.keys is not None and not notes.genuine(note, self.keys):
            self.report.found("checkpoint.signature", number)
        if (said.of, said.number) != (self.of, number):
            self.report.found("checkpoint.place", f"{number}: {said.of} {said.number}")
        if said.root != notes.rooted(said.leaves):
            self.report.found("checkpoint.root", number)
        expected = (before.checkpoint.number if before else 0) + 1
        if number != expected:
            self.report.found("checkpoint.missing", f"{expected}..{number - 1}")
        elif said.previous != (before.digest if before else ""):
            self.report.found("checkpoint.previous", number)
        if before and (_went_back(before.checkpoint.leaves, said.leaves) or said.at < before.checkpoint.at):
            self.report.found("checkpoint.back", number)
        self._before, self.entries[number] = note, notes.entry(note)
        self._remember(number, note)

    def _remember(self, number: int, note: Note) -> None:
        at = datetime.fromisoformat(note.checkpoint.at)
        self.newest = max(self.newest or at, at)
        for name, seq, seen in note.checkpoint.leaves:
            places = self._seen.setdefault(name, {})
            if places.setdefault(seq, (seen, at))[0] != seen:
                self.report.found("checkpoint.back", number)
            places[seq] = (places[seq][0], at)

    def leaves(self) -> Iterator[tuple[str, int, str]]:
        """Every leaf any of them has seen: name, place, hash."""
        for name, places in self._seen.items():
            yield from ((name, seq, seen) for seq, (seen, _) in places.items())

    def hash(self, chain: int, seq: int) -> str | None:
        """The hash they have seen in a place of a chain, or None when none of them was made there."""
        return self._seen.get(str(chain), {}).get(seq, (None,))[0]

    def last(self, chain: int) -> int:
        """The last place of a chain that any of them has seen."""
        places = self._places(chain)
        return places[-1] if places else 0

    def before(self, chain: int, seq: int) -> datetime | None:
        """When the last one was made that had seen the chain, but not yet this place of it."""
        places = self._places(chain)
        at = bisect_left(places, seq)
        return self._seen[str(chain)][places[at - 1]][1] if at else None

    def chains(self) -> set[int]:
        """The chains any of them has seen."""
        return {int(name) for name in self._seen}

    def _places(self, chain: int) -> list[int]:
        if str(chain) not in self._reached:
            self._reached[str(chain)] = sorted(self._seen.get(str(chain), ()))
        return self._reached[str(chain)]


class Ends(NamedTuple):
    """The first and the last line of every chain, by chain."""

    first: Mapping[int, Line]
    last: Mapping[int, Line]


def _went_back(before: Sequence[Leaf], after: Sequence[Leaf]) -> bool:
    now = {leaf.name: leaf.seq for leaf in after}
    return any(now.get(leaf.name, 0) < leaf.seq for leaf in before)


def check_lines(report: Report, lines: Iterable[Line], witnesses: Witnesses, now: datetime) -> Ends:
    """Judge lines in the order of chain and place; the first and the last line of every chain."""
    firsts: dict[int, Line] = {}
    ends: dict[int, Line] = {}
    late: dict[int, int] = {}
    for line in lines:
        before = ends.get(line.chain)
        firsts.setdefault(line.chain, line)
        ends[line.chain] = line
        report.lines += 1
        _check_line(report, line, before, witnesses)
        if not report.shredded and line.seq > witnesses.last(line.chain) and line.at < now - FRESH:
            late[line.chain] = late.get(line.chain, 0) + 1
    for chain, count in late.items():
        report.found("checkpoint.stale", f"{chain}: {count}")
    for chain in sorted({*ends, *witnesses.chains()}):
        if witnesses.last(chain) > (ends[chain].seq if chain in ends else 0):
            report.found("chain.short", chain)
        if chain in ends and ends[chain].at > now + SLACK:
            report.found("clock.ahead", chain)
    if witnesses.newest is not None and witnesses.newest > now + SLACK:
        report.found("clock.ahead", witnesses.newest)
    report.chains = len(ends)
    return Ends(firsts, ends)


def _check_line(report: Report, line: Line, before: Line | None, witnesses: Witnesses) -> None:
    place = f"{line.chain}/{line.seq}"
    if rules.link(line.prev, line.seq, rules.digest(line)) != line.hash:
        report.found("line.altered", place)
    if line.seq != (before.seq if before else 0) + 1:
        report.found("line.order", place)
    if line.prev != (before.hash if before else NOTHING):
        report.found("line.link", place)
    if before is not None and line.at < before.at - SLACK:
        report.found("line.time", place)
    if witnesses.hash(line.chain, line.seq) not in (None, line.hash.hex()):
        report.found("chain.rewritten", place)
    seen = witnesses.before(line.chain, line.seq)
    if seen is not None and line.at < seen - SLACK:
        report.found("line.backdated", place)


def check_heads(report: Report, heads: Iterable[Head], ends: Mapping[int, Line]) -> None:
    """Judge the heads: each is the last line of its chain, and every chain has one."""
    kept = {head.chain: (head.seq, head.hash) for head in heads if head.seq}
    for chain in sorted({*kept, *ends}):
        if kept.get(chain) != ((ends[chain].seq, ends[chain].hash) if chain in ends else None):
            report.found("chain.head", chain)


def check_books(report: Report, books: Mapping[int, UUID], firsts: Mapping[int, Line]) -> None:
    """Judge which book each chain is shown as: a line names its book by number, and only the book's own row, which no
    checkpoint has seen, says who that is; the first line of its chain, which one has, says who was opened (建账)."""
    opened = {chain: line.object_id for chain, line in firsts.items() if line.action == OPENING}
    for chain in sorted({*books, *firsts} - {FIRM}):
        if chain not in books:
            report.found("book.missing", chain)
        elif chain not in opened:
            report.found("book.unopened", chain)
        elif opened[chain] != encode("bk", books[chain]):
            report.found("book.exchanged", chain)
    for name, times in Counter(opened.values()).items():
        if times > 1:
            report.found("book.twice", name)
