"""Archives from outside (zip, OFD, xlsx): every limit of SEC-041 stands before a byte is inflated, and again while.

Invariant: names stay inside the archive and are unique, what is inflated is counted against one budget for the whole
upload, and the declared sizes are never believed.
"""

from __future__ import annotations

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from infra.hostile import errors, faces
from infra.hostile.errors import Unreadable
from infra.hostile.signatures import known_malware
from infra.hostile.texts import clean

MEGABYTE = 1 << 20
MOST_UNPACKED = 200 * MEGABYTE
MOST_ENTRY = 64 * MEGABYTE
MOST_ENTRIES = 1_000
MOST_RATIO = 100
RATIO_FLOOR = MEGABYTE
LONGEST_PATH = 300
_ENTRY_MARK = b"PK\x01\x02"
_LOCAL_HEADER = 30
_DESCRIPTOR, _END_64 = 24, 76  # the most bytes that a format puts behind an entry, and before the end record
_COMMENT_WORDS = re.compile(rb"%PDF|PK\x03\x04|PK\x01\x02|<[a-z!?]", re.IGNORECASE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, IndexError, OverflowError, struct.error,
           NotImplementedError, RuntimeError, KeyError)  # fmt: skip


@dataclass(slots=True)
class Budget:
    """What one upload may still inflate, archives inside archives included."""

    unpacked: int = MOST_UNPACKED
    entries: int = MOST_ENTRIES

    def take_entries(self, count: int) -> None:
        """Take entries from the budget; raises `Unreadable` when it is spent."""
        self.entries -= count
        if self.entries < 0:
            raise Unreadable(errors.ARCHIVE_TOO_MANY, f"> {MOST_ENTRIES}")

    def take_bytes(self, count: int) -> None:
        """Take inflated bytes from the budget; raises `Unreadable` when it is spent."""
        self.unpacked -= count
        if self.unpacked < 0:
            raise Unreadable(errors.FILE_TOO_LARGE, f"> {MOST_UNPACKED} bytes unpacked")


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive whose directory has passed the limits; `names` are paths with `/`, in the archive's order."""

    names: tuple[str, ...]
    budget: Budget
    _zip: zipfile.ZipFile
    _entries: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def find(self, path: str) -> str | None:
        """The entry's name for a path, tolerant of letter case, or None."""
        if path in self._entries:
            return path
        folded = path.casefold()
        return next((name for name in self.names if name.casefold() == folded), None)

    def read(self, name: str) -> bytes:
        """The inflated bytes of an entry; raises `Unreadable` over a limit or when the entry is damaged."""
        entry = self._entries[name]
        most = min(MOST_ENTRY, self.budget.unpacked)
        try:
            with self._zip.open(entry) as stream:
                content = stream.read(most + 1)
        except _DAMAGE:
            raise Unreadable(errors.ARCHIVE_DAMAGED, clean(name)) from None
        if len(content) > most:
            raise Unreadable(errors.FILE_TOO_LARGE, clean(name))
        _check_ratio(len(content), entry.compress_size, name)
        self.budget.take_bytes(len(content))
        if found := known_malware(content):
            raise Unreadable(errors.FILE_MALWARE, found)
        return content


def open_archive(content: bytes, budget: Budget) -> Archive:
    """Open a zip after checking its directory alone; raises `Unreadable` with the first limit it breaks."""
    if content.count(_ENTRY_MARK) > 5 * MOST_ENTRIES:  # before a directory of millions is read
        raise Unreadable(errors.ARCHIVE_TOO_MANY, f"> {MOST_ENTRIES}")
    try:
        opened = zipfile.ZipFile(io.BytesIO(content))
        files = [entry for entry in opened.infolist() if not entry.is_dir()]
    except _DAMAGE:
        raise Unreadable(errors.ARCHIVE_DAMAGED) from None
    budget.take_entries(len(opened.infolist()))
    entries: dict[str, zipfile.ZipInfo] = {}
    taken: set[str] = set()
    for entry in files:
        name = _safe_name(entry)
        if name.casefold() in taken:
            raise Unreadable(errors.ARCHIVE_DUPLICATE, name)
        taken.add(name.casefold())
        _check_entry(entry, name)
        entries[name] = entry
    _check_whole(files, len(content))
    _check_seams(content, opened)
    return Archive(tuple(entries), budget, opened, entries)


def _safe_name(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:  # no UTF-8 mark, so zipfile read as cp437 what macOS wrote in UTF-8, Windows in GBK
        name = _unmarked_name(name)
    path = name.replace("\\", "/")
    steps = path.split("/")
    spoken = clean(path) == " ".join(path.split())
    outside = path.startswith("/") or ":" in path or any(map(faces.reserved, steps))
    if not spoken or len(path) > LONGEST_PATH or outside:
        raise Unreadable(errors.ARCHIVE_BAD_NAME, clean(path)[:120])
    return posixpath.normpath(path)


def _unmarked_name(name: str) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return name


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & 0x1:
        raise Unreadable(errors.ARCHIVE_ENCRYPTED, name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unreadable(errors.ARCHIVE_LINK, name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable(errors.ARCHIVE_METHOD, f"{name}: {entry.compress_type}")
    if entry.file_size > MOST_ENTRY:
        raise Unreadable(errors.FILE_TOO_LARGE, name)
    _check_ratio(entry.file_size, entry.compress_size, name)


def _check_ratio(unpacked: int, packed: int, name: str) -> None:
    if unpacked > RATIO_FLOOR and unpacked > MOST_RATIO * max(packed, 1):
        raise Unreadable(errors.ARCHIVE_RATIO, f"{name}: {unpacked} / {packed}")


def _check_whole(files: list[zipfile.ZipInfo], container: int) -> None:
    unpacked = sum(entry.file_size for entry in files)
    if unpacked > MOST_UNPACKED:
        raise Unreadable(errors.FILE_TOO_LARGE, f"{unpacked} bytes unpacked")
    _check_ratio(unpacked, container, "*")


def _check_seams(content: bytes, opened: zipfile.ZipFile) -> None:
    """Entries neither overlap nor leave room for another file beside, before or behind them; raises `Unreadable`."""
    ends = 0
    for entry in sorted(opened.infolist(), key=lambda entry: entry.header_offset):
        _check_seam(ends, entry.header_offset, first=ends == 0)
        ends = entry.header_offset + _LOCAL_HEADER + _variable(content, entry.header_offset) + entry.compress_size
    _check_seam(ends, opened.start_dir, first=ends == 0)
    behind = len(content) - opened.start_dir - sum(map(_directory_length, opened.infolist())) - len(opened.comment)
    if not 22 <= behind <= 22 + _END_64 or _COMMENT_WORDS.search(opened.comment):
        raise Unreadable(errors.FILE_POLYGLOT, "zip, ?")


def _check_seam(ends: int, begins: int, *, first: bool) -> None:
    if begins < ends:
        raise Unreadable(errors.ARCHIVE_OVERLAP, f"{begins} < {ends}")
    if begins - ends > (0 if first else _DESCRIPTOR):
        raise Unreadable(errors.FILE_POLYGLOT, f"zip, ? ({begins - ends} bytes)")


def _variable(content: bytes, offset: int) -> int:
    """The length of an entry's name and extra field as its own header gives it."""
    try:
        name, extra = struct.unpack_from("<HH", content, offset + _LOCAL_HEADER - 4)
    except struct.error:
        raise Unreadable(errors.ARCHIVE_DAMAGED) from None
    return int(name) + int(extra)


def _directory_length(entry: zipfile.ZipInfo) -> int:
    name = entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
    return 46 + len(name) + len(entry.extra) + len(entry.comment)
