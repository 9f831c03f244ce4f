"""Verifies an exported book by itself (验证账套证据包): `python verifier.py EXPORT [--key K] [--since OLDER] [--json]`.

One file, the standard library only, no database and none of the product: an auditor can read it, keep it and run it
years later. Everything is recomputed from the texts that were hashed. Invariant: an export is sound only when every
byte of it is what the firm's key signed, and every hash, link, number, balance and seal follows from the vouchers;
what cannot be read is unreadable, and nothing raises. Exit status: 0 sound, 2 unreadable, 3 findings.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

SOUND, UNREADABLE, FINDINGS = 0, 2, 3
UNREADABLE_BY = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
VERSION = 1
MOST_LINE = 64 * 1024 * 1024
MOST_FINDINGS = 50
NOTHING = "00" * 32
SEAL_PURPOSE, EXPORT_PURPOSE = b"zhangfang closing seal\n", b"zhangfang export\n"
KINDS = (
    "key", "head", "dimension", "account", "item", "set", "opening", "seal", "trial", "signature", "statement", "event",
    "posting", "voucher", "number", "balance",
)  # fmt: skip
_END = re.compile(
    rb'\["end", (\{"records": \d{1,12}, "sha256": "([0-9a-f]{64})"\}), "([0-9a-f]{64})", "([0-9a-f]{128})"\]\n'
)
_NUMBER = re.compile(r"-?\d{1,17}(\.\d{1,8})?")

CODES = {
    "export.unreadable": ("文件无法读取，或不是完整的证据包", "The file cannot be read, or is no whole export"),
    "export.digest": ("文件内容与其摘要不符", "The content is not what its digest says"),
    "export.signature": ("证据包的签名不成立", "The signature of the export does not hold"),
    "key.unknown": ("签名所用公钥不是给定的公钥", "The signing key is not the one that was given"),
    "voucher.content": ("凭证内容与记账时的哈希不符", "A voucher is not as it was posted"),
    "voucher.unbalanced": ("凭证借贷不平或分录不足", "A voucher does not balance, or lacks lines"),
    "voucher.book": ("凭证属于其他账套", "A voucher belongs to another book"),
    "order.broken": ("记账顺序号不连续", "The posting order has a gap or a repeat"),
    "period.closed": ("凭证记入了已结账的期间", "A voucher was posted into a closed period"),
    "number.broken": ("凭证号断号或重号", "Voucher numbers have a gap or a repeat"),
    "chain.link": ("哈希链断裂：记账批次的哈希不符", "A link of the hash chain does not follow from the one before"),
    "chain.span": ("记账批次与凭证不衔接", "Postings and vouchers do not cover each other"),
    "chain.head": ("链头与最后一次记账不符", "The head is not the last link of the chain"),
    "seal.order": ("结账封印不连续", "The seals do not follow one another"),
    "seal.hash": ("结账封印被改动", "A seal was changed"),
    "seal.chain": ("封印时的链头不在哈希链上", "The chain does not pass through the head that was sealed"),
    "seal.trial": ("封印的科目余额表被改动", "The trial balance of a seal was changed"),
    "seal.balance": ("由期初和凭证重算的余额与封印不符", "Balances from opening and vouchers differ from the seal"),
    "seal.statement": ("封印的报表被改动、缺失或多出", "A sealed statement was changed, is missing or was added"),
    "seal.event": ("封印与结账记录不符", "A seal and the record of its close differ"),
    "seal.unsigned": ("封印没有签名", "A seal is not signed"),
    "seal.signature": ("封印的签名不成立", "The signature of a seal does not hold"),
    "balance.differs": ("账面余额与凭证重算不符", "A kept balance differs from the vouchers"),
    "since.other": ("旧证据包不属于本账套", "The older export is of another book"),
    "since.unsound": ("旧证据包自身不可信", "The older export is not sound by itself"),
    "since.head": ("旧证据包的链头不在本链上：已有凭证被删除或改写", "The older head is not on this chain"),
    "since.seal": ("旧证据包的封印已不在或已改变", "A seal of the older export is gone or was changed"),
    "since.key": ("旧证据包的签名公钥已不在", "The key of the older export is no longer known"),
}

# Ed25519 (RFC 8032, 5.1), verification only; points are extended coordinates.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, h, g, f = f - e, h + g, h - g, f + e
    return e * g % _P, f * h % _P, g * h % _P, e * f % _P


def _times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point, factor = _add(point, point), factor >> 1
    return result


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature of 64 bytes holds for a public key of 32 bytes."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, nonce, s = _point(public_key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _L
    base = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert base is not None  # noqa: S101  (the base point of the curve)
    left, right = _times(s, base), _add(nonce, _times(h, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


def _checked(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("a number out of range")
    return Decimal(text)


def _refused(text: str) -> Any:
    raise ValueError(text)


_READER = json.JSONDecoder(parse_float=_checked, parse_int=lambda text: int(_checked(text)), parse_constant=_refused)
Key = tuple[int, int, str]
Measures = list[Decimal]
_ZERO = Decimal(0)


def _elements(line: str) -> list[tuple[Any, str]]:
    """The elements of a JSON array on one line, each with the very text it was read from."""
    found, at = [], 1
    while True:
        value, end = _READER.raw_decode(line, at)
        found.append((value, line[at:end]))
        if line[end:] == "]\n" and line[0] == "[":
            return found
        if line[end] != ",":
            raise ValueError("not an array")
        at = end + 2 if line[end + 1] == " " else end + 1


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class Export:
    """What was read of an export so far, and what was found wrong: (code, what it concerns)."""

    findings: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0
    book: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    head: tuple[int, str] = (0, NOTHING)
    codes: dict[int, str] = field(default_factory=dict)
    opening: dict[Key, Measures] = field(default_factory=dict)
    seals: list[tuple[str, list[Any]]] = field(default_factory=list)
    trials: dict[int, tuple[str, dict[Key, Measures]]] = field(default_factory=dict)
    signatures: dict[int, tuple[str, str]] = field(default_factory=dict)
    statements: dict[tuple[str, int], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    events: dict[str, set[tuple[str, int, int]]] = field(default_factory=lambda: defaultdict(set))
    postings: list[tuple[int, int, str]] = field(default_factory=list)
    passed: dict[int, str] = field(default_factory=lambda: {0: NOTHING})
    digest: Any = None
    seq: int = 0
    link: int = 0
    sealed: int = 0
    moves: dict[str, dict[Key, Measures]] = field(default_factory=lambda: defaultdict(dict))
    numbers: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    kept: dict[str, dict[Key, Measures]] = field(default_factory=lambda: defaultdict(dict))

    def found(self, code: str, subject: object) -> None:
        """Write a finding down; the first ones are named, all are counted."""
        self.count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append((code, str(subject)))

    def take(self, kind: str, items: list[tuple[Any, str]]) -> None:
        """One record of the export."""
        values = [value for value, _ in items]
        match kind:
            case "key":
                self.keys[values[0]] = bytes.fromhex(values[1])
                if hashlib.sha256(self.keys[values[0]]).hexdigest() != values[0]:
                    self.found("export.signature", values[0])
            case "head":
                self.head = int(values[0]), values[1]
            case "account":
                self.codes[values[0]] = values[1]
            case "opening":
                o = values[3:]
                self.opening[tuple(values[:3])] = [o[0] + o[1] - o[2], o[5] + o[6] - o[7], o[8] + o[9] - o[10]]
            case "seal":
                self._seal(values[0], values[1], items[1][1])
            case "trial":
                rows = {(row[2], row[3], row[4]): row[5:] for row in values[1]}
                self.trials[values[0]] = _sha(items[1][1]), rows
            case "signature":
                self.signatures[values[0]] = values[1], values[2]
            case "statement":
                self.statements[values[0], values[1]][values[2]] = _sha(items[3][1])
            case "event":
                self.events[values[1]].add((values[0], values[2], values[3]))
            case "posting":
                self.postings.append((values[0], values[1], values[2]))
            case "voucher":
                self._voucher(values[0], [value for value, _ in items[1:]], [text for _, text in items[1:]])
            case "number":
                self._number(*values[:5])
            case "balance":
                self.kept[values[0]][tuple(values[1:4])] = values[4:]

    def _seal(self, stored: str, sealed: list[Any], text: str) -> None:
        previous = self.seals[-1][0] if self.seals else NOTHING
        if sealed[1] != len(self.seals) + 1 or sealed[11] != previous or sealed[0] != self.book["id"]:
            self.found("seal.order", sealed[1])
        if _sha(text) != stored:
            self.found("seal.hash", sealed[1])
        self.seals.append((stored, sealed))

    def _voucher(self, stored: str, parts: list[Any], texts: list[str]) -> None:
        head, lines = parts[0], parts[1:]
        name, seq = f"{head[2]} {head[4]}-{head[5]}", head[23]
        while self.sealed < len(self.seals) and self.seals[self.sealed][1][4] < (seq or 0):
            self._compare_seal()
        if _sha(texts[0] + ",".join(texts[1:])) != stored:
            self.found("voucher.content", name)
        if head[0] != self.book["id"]:
            self.found("voucher.book", name)
        if any(closed < (seq or 0) <= until for closed, until in self._shut(head[2])):
            self.found("period.closed", name)
        if seq != self.seq + 1:
            self.found("order.broken", f"{name}: {self.seq} -> {seq}")
        self.seq = seq or self.seq
        if len(lines) < 2 or sum(line[9] - line[10] for line in lines):
            self.found("voucher.unbalanced", name)
        self._number(head[2], head[4], head[5], head[6], head[7])
        self._link(bytes.fromhex(stored), name)
        for line in lines:
            self._move(head[2], (line[1], line[2], line[4]), line, head[12])

    def _shut(self, period: str) -> Iterator[tuple[int, int]]:
        """From which posting a period was closed to which: a close, and the reopening of the same version."""
        reopened = {(of, version): seq for of, version, seq in self.events["reopen"]}
        for of, version, seq in self.events["close"]:
            if of == period:
                yield seq, reopened.get((of, version), sys.maxsize)

    def _link(self, content: bytes, name: str) -> None:
        """Carry the chain over one voucher; a posting's hash is compared at its last one."""
        first, last, stored = self.postings[self.link] if self.link < len(self.postings) else (0, 0, "")
        if not first <= self.seq <= last:
            self.found("chain.span", name)
            return
        if self.digest is None:
            self.digest = hashlib.sha256(bytes.fromhex(self.postings[self.link - 1][2] if self.link else NOTHING))
        self.digest.update(content)
        if self.seq == last:
            if self.digest.hexdigest() != stored:
                self.found("chain.link", f"{first}-{last}")
            self.passed[last] = stored
            self.link, self.digest = self.link + 1, None

    def _move(self, period: str, key: Key, line: list[Any], transfer: bool) -> None:
        moved = self.moves[period].setdefault(key, [_ZERO] * 8)
        side = 0 if line[9] else 1
        moved[side] += line[9] + line[10]
        moved[2 + side] += line[9] + line[10] if transfer else _ZERO
        moved[4 + side] += line[6] or _ZERO
        moved[6 + side] += line[7] or _ZERO

    def _number(self, period: str, word: str, number: int, part: int, parts: int) -> None:
        if not (0 < part <= parts < 1024):
            raise ValueError("parts of a number")
        of_word, code = self.numbers[period, word], number << 20 | part << 10 | parts
        if code in of_word:
            self.found("number.broken", f"{period} {word}-{number}")
        of_word.add(code)

    def balances(self, period: str) -> dict[Key, Measures]:
        """The balances of a period from opening and vouchers: 11 measures a key, keys of nothing but zero left out."""
        found: dict[Key, Measures] = {}
        for key, (amount, foreign, quantity) in self.opening.items():
            found[key] = [amount, *[_ZERO] * 4, foreign, _ZERO, _ZERO, quantity, _ZERO, _ZERO]
        for month in sorted(month for month in self.moves if month <= period):
            for key, m in self.moves[month].items():
                row = found.setdefault(key, [_ZERO] * 11)
                if month == period:
                    row[1:5], row[6:8], row[9:11] = m[:4], m[4:6], m[6:]
                else:
                    row[0], row[5], row[8] = row[0] + m[0] - m[1], row[5] + m[4] - m[5], row[8] + m[6] - m[7]
        return {key: row for key, row in found.items() if any(row)}

    def _compare_seal(self) -> None:
        """Hold the next seal against what the vouchers up to it come to."""
        stored, seal = self.seals[self.sealed]
        self.sealed += 1
        number, period, version, seq = seal[1:5]
        if self.passed.get(seq) != seal[5]:
            self.found("seal.chain", number)
        text, rows = self.trials.get(number, ("", {}))
        if text != seal[6]:
            self.found("seal.trial", number)
        self._differences("seal.balance", period, rows)
        if dict(seal[7]) != self.statements.get((period, version), {}):
            self.found("seal.statement", f"{period} #{version}")
        if (period, version, seq) not in self.events["close"]:
            self.found("seal.event", f"{period} #{version}")
        if number not in self.signatures:
            self.found("seal.unsigned", number)
        elif not self.holds(*self.signatures[number], SEAL_PURPOSE + bytes.fromhex(stored)):
            self.found("seal.signature", number)

    def _differences(self, code: str, period: str, kept: dict[Key, Measures]) -> None:
        computed = self.balances(period)
        for key in sorted({*kept, *computed}):
            if [*kept.get(key, [_ZERO] * 11)] != computed.get(key, [_ZERO] * 11):
                self.found(code, f"{period} {self.codes.get(key[0], key[0])}/{key[1]} {key[2]}")

    def holds(self, key: str, signature: str, message: bytes) -> bool:
        """Whether a signature by a key of this export holds; the key counts as used."""
        self.used.add(key)
        return signed(self.keys.get(key, b""), message, bytes.fromhex(signature))

    def finish(self) -> None:
        """What can be said only when every voucher was seen."""
        while self.sealed < len(self.seals):
            self._compare_seal()
        last = self.postings[-1][1:] if self.postings else (0, NOTHING)
        if self.head != tuple(last) or self.seq != self.head[0]:
            self.found("chain.head", f"{self.head[0]} / {last[0]} / {self.seq}")
        for period, word in sorted(self.numbers):
            number, part = 1, 1
            for code in sorted(self.numbers[period, word]):
                if (code >> 20, code >> 10 & 1023) != (number, part):
                    break
                number, part = (number + 1, 1) if part == code & 1023 else (number, part + 1)
            else:
                continue
            self.found("number.broken", f"{period} {word}-{number}")
        for period in sorted({*self.kept, *self.moves}):
            self._differences("balance.differs", period, self.kept.get(period, {}))
        for period, version in sorted({*self.statements} - {(seal[2], seal[3]) for _, seal in self.seals}):
            self.found("seal.statement", f"{period} #{version}")
        for period, version, _ in sorted(
            self.events["close"] - {(seal[2], seal[3], seal[4]) for _, seal in self.seals}
        ):
            self.found("seal.event", f"{period} #{version}")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(MOST_LINE + 1):
            if len(line) > MOST_LINE:
                raise ValueError("a line is too long")
            yield line


def examine(path: Path, allowed: frozenset[str] = frozenset()) -> Export:
    """Read and verify one export; `allowed` are the fingerprints that may sign, any when empty.

    Raises one of `UNREADABLE_BY` for what is no whole export.
    """
    export, digest, records, rank, end = Export(), hashlib.sha256(), 0, 0, None
    for line in _lines(path):
        if end is not None:
            raise ValueError("something follows the end")
        end = _END.fullmatch(line)
        if end is not None:
            continue
        digest.update(line)
        records += 1
        items = _elements(line.decode())
        kind = items[0][0]
        if records == 1:
            if kind != "zhangfang proof" or items[1][0] != VERSION or not isinstance(items[2][0], dict):
                raise ValueError("not an export of this version")
            export.book = items[2][0]
            continue
        if KINDS.index(kind) < rank:
            raise ValueError("records are out of order")
        rank = KINDS.index(kind)
        export.take(kind, items[1:])
    if end is None or not records:
        raise ValueError("the end is missing")
    export.finish()
    said = json.loads(end[1])
    if said != {"records": records, "sha256": digest.hexdigest()}:
        export.found("export.digest", f"{records} / {said['records']}")
    if not export.holds(end[3].decode(), end[4].decode(), EXPORT_PURPOSE + end[1]):
        export.found("export.signature", end[3].decode())
    for key in sorted(export.used - allowed) if allowed else ():
        export.found("key.unknown", key)
    return export


def since(new: Export, old: Export) -> None:
    """Find in `new` whatever of an older export does not lie on its chain any more."""
    if old.book.get("uid") != new.book.get("uid"):
        new.found("since.other", old.book.get("uid"))
    if old.count:
        new.found("since.unsound", ", ".join(sorted({code for code, _ in old.findings})))
    if new.passed.get(old.head[0]) != old.head[1]:
        new.found("since.head", old.head[0])
    for place, (stored, seal) in enumerate(old.seals):
        if place >= len(new.seals) or new.seals[place][0] != stored:
            new.found("since.seal", f"{seal[2]} #{seal[3]}")
    for key in sorted(old.used - {*new.keys}):
        new.found("since.key", key)


def keys_of(given: str) -> frozenset[str]:
    """The fingerprints that `--key` means: itself, or every fingerprint and public key in the file of that name."""
    plain = re.sub(r"[\s:-]", "", given).lower()
    if re.fullmatch("[0-9a-f]{64}", plain):
        return frozenset({plain})
    named = re.findall(r"\b[0-9a-f]{64}\b", Path(given).read_text()[:MOST_LINE])
    if not named:
        raise ValueError("no fingerprint in the file")
    return frozenset(named) | {hashlib.sha256(bytes.fromhex(one)).hexdigest() for one in named}


def verify(path: Path, key: str | None = None, older: Path | None = None) -> tuple[int, dict[str, Any]]:
    """The exit status and the report of one export; never raises for what a file says."""
    try:
        allowed = keys_of(key) if key else frozenset()
        export = examine(path, allowed)
        if older is not None:
            since(export, examine(older, allowed))
    except UNREADABLE_BY as error:
        export = Export()
        export.found("export.unreadable", f"{type(error).__name__}: {error}"[:200])
        return UNREADABLE, _report(export)
    return (FINDINGS if export.count else SOUND), _report(export)


def _report(export: Export) -> dict[str, Any]:
    named = [{"code": c, "zh": CODES[c][0], "en": CODES[c][1], "subject": subject} for c, subject in export.findings]
    return {
        "sound": not export.count,
        "book": export.book,
        "head": {"seq": export.head[0], "hash": export.head[1]},
        "vouchers": export.seq,
        "seals": len(export.seals),
        "keys": sorted(export.used),
        "count": export.count,
        "findings": named,
    }


def _say(report: dict[str, Any], pinned: bool) -> Iterator[str]:
    for one in report["findings"]:
        yield f"{one['code']:<18} {one['zh']} {one['en']}: {one['subject']}"
    if report["count"] > len(report["findings"]):
        yield f"... {report['count']}"
    if report["sound"]:
        yield f"可信 sound: {report['vouchers']} 张凭证 vouchers, {report['seals']} 个封印 seals"
    for key in report["keys"]:
        yield f"公钥指纹 key fingerprint: {key}"
    if report["keys"] and not pinned:
        yield "请与另行记录的指纹核对，或使用 --key。 Compare it with the one written down elsewhere, or give --key."


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="verify", description="验证账套证据包 Verify an exported book.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", help="the firm's key fingerprint, or a file with it")
    parser.add_argument("--since", type=Path, metavar="OLDER", help="an older export that must lie on this one's chain")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    status, report = verify(asked.export, asked.key, asked.since)
    told = [json.dumps(report, ensure_ascii=False, indent=2)] if asked.json else _say(report, bool(asked.key))
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return status


if __name__ == "__main__":
    sys.exit(main())
