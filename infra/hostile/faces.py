"""What a file is: by its first bytes, its name and the media type it was declared with, which must agree (SEC-040).

Invariant: the bytes alone decide what is read; a name or a type only ever refuses. A file that is two things at once,
so that another program would see something else in it than we do, is nothing at all.
"""

from __future__ import annotations

import re
import struct

from infra.hostile import errors
from infra.hostile.errors import Unreadable
from infra.hostile.texts import clean

LONGEST_NAME = 255
MOST_CONTAINER = 20 << 20  # bytes of one file
_MAGIC = {
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif", b"II*\0": "tiff", b"MM\0*": "tiff", b"RIFF": "webp", b"BM": "bmp", b"\xd0\xcf\x11\xe0": "xls",
    b"Rar!": "rar", b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gzip", b"MZ": "program", b"\x7fELF": "program", b"#!": "program",
}  # fmt: skip
_ENDINGS = {
    "xml": {"xml", "xbrl"}, "ofd": {"ofd", "zip"}, "xlsx": {"xlsx", "zip"}, "zip": {"zip"}, "pdf": {"pdf"},
    "office": {"docx", "pptx", "xlsm", "docm"}, "png": {"png"}, "jpeg": {"jpg", "jpeg", "jfif"}, "gif": {"gif"},
    "tiff": {"tif", "tiff"}, "webp": {"webp"}, "bmp": {"bmp"}, "xls": {"xls", "doc", "ppt", "msg"}, "rar": {"rar"},
    "7z": {"7z"}, "gzip": {"gz", "tgz"}, "program": {"exe", "dll", "scr", "com", "sh", "so"},
    "text": {"csv", "txt", "tsv"},
}  # fmt: skip
_ZIPPED = {"application/zip", "application/x-zip-compressed", "application/x-zip"}
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {
    "xml": {"text/xml", "application/xml", "application/xbrl+xml"},
    "ofd": {"application/ofd", "application/x-ofd", "application/vnd.ofd", *_ZIPPED},
    "xlsx": {_SHEET, "application/vnd.ms-excel", *_ZIPPED}, "zip": _ZIPPED, "pdf": {"application/pdf"},
    "png": {"image/png"}, "jpeg": {"image/jpeg", "image/jpg", "image/pjpeg"}, "gif": {"image/gif"},
    "tiff": {"image/tiff"}, "webp": {"image/webp"}, "bmp": {"image/bmp", "image/x-ms-bmp"},
    "xls": {"application/vnd.ms-excel", "application/msword"}, "text": {"text/csv", "text/plain"},
    "program": {"application/x-msdownload", "application/x-sh", "text/html", "text/javascript"},
}  # fmt: skip
_KNOWN_TYPES = frozenset().union(*_TYPES.values())
_MEDIA = ("image/", "video/", "audio/", "font/")
_ENDING = re.compile(r"\.(\w{0,9}[a-z]\w{0,9})$", re.ASCII)  # `发票.2026.10` ends in no format
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE | re.DOTALL)
_ELSEWHERE = re.compile(rb"%PDF-|<html|<script|<\?php|<!doctype html", re.IGNORECASE)
_WHERE_PROGRAMS_LOOK = 1024  # a PDF reader takes a file whose `%PDF-` stands anywhere in here
_DIRECTORY_END, _LONGEST_COMMENT = b"PK\x05\x06", 65_557
_OLE = struct.Struct("<28xHH44x109L")  # byte order, sector shift, the sectors of the allocation table (MS-CFB 2.2)
_LITTLE_ENDIAN, _FREE, _HIGHEST = 0xFFFE, 0xFFFFFFFF, 0xFFFFFFFA


def kind(content: bytes) -> str:
    """What the first bytes say: `zip`, `xml`, `pdf`..., `text` for readable text, else `unknown`."""
    for magic, known in _MAGIC.items():
        if content.startswith(magic):
            return known
    head = content[:_WHERE_PROGRAMS_LOOK]
    if head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return "xml"
    return "unknown" if b"\0" in head or not head.strip() else "text"


def is_table(name: str) -> bool:
    """Whether a text calls itself a table of values; without a magic there is only the name to tell."""
    ending = _ENDING.search(name.casefold())
    return ending is not None and ending[1] in _ENDINGS["text"]


def check_name(name: str) -> None:
    """Refuse a name that means something to a file system or shows something else than it is; raises `Unreadable`."""
    spoken = clean(name) == " ".join(name.split())
    if not spoken or len(name) > LONGEST_NAME or re.search(r"[/\\:]", name) or reserved(name):
        raise Unreadable(errors.FILE_BAD_NAME, clean(name)[:120])


def reserved(step: str) -> bool:
    """Whether a step of a path is a device of Windows, or goes upwards."""
    return bool(_RESERVED.fullmatch(step.strip(" ."))) or set(step) == {"."}


def check_claims(found: str, name: str, declared: str) -> None:
    """Refuse a file whose name's ending or declared type is that of something else; raises `Unreadable`."""
    ending = _ENDING.search(name.casefold())
    if ending and found in _ENDINGS and ending[1] not in _ENDINGS[found]:
        raise Unreadable(errors.FILE_MISMATCH, f".{ending[1]}: {found}")
    media = declared.partition(";")[0].strip().lower()
    claims = media in _KNOWN_TYPES or media.startswith(_MEDIA)
    if claims and found in _TYPES and media not in _TYPES[found]:
        raise Unreadable(errors.FILE_MISMATCH, f"{clean(media)[:60]}: {found}")


def check_single(content: bytes, found: str) -> None:
    """Refuse a file that another program would take for something else; raises `Unreadable`.

    What lies between the entries of a zip is looked at by `archive`, which knows where they stand.
    """
    if found in ("zip", "text", "unknown"):
        return
    start = 5 if found == "pdf" else 0
    second = None if found == "xml" else _ELSEWHERE.search(content, start, _WHERE_PROGRAMS_LOOK)
    if found == "xml" and b"%PDF-" in content[:_WHERE_PROGRAMS_LOOK]:
        raise Unreadable(errors.FILE_POLYGLOT, "xml, pdf")
    if second:
        raise Unreadable(errors.FILE_POLYGLOT, f"{found}, {second[0].decode('ascii')}")
    end = -1 if found == "xml" else content.rfind(_DIRECTORY_END, max(0, len(content) - _LONGEST_COMMENT))
    if end >= 0 and not (found == "xls" and _owned(content, end)):
        raise Unreadable(errors.FILE_POLYGLOT, f"{found}, zip")


def _owned(content: bytes, place: int) -> bool:
    """Whether a compound file (OLE) itself counts the sector of this byte as in use, so nothing was hung behind it.

    Workbooks of today carry their theme as a zip among their records.
    """
    if len(content) < _OLE.size:
        return False
    order, shift, *tables = _OLE.unpack_from(content)
    if order != _LITTLE_ENDIAN or shift not in (9, 12):
        return False
    entries = (1 << shift) // 4
    table, entry = divmod((place >> shift) - 1, entries)
    if not 0 <= table < len(tables) or tables[table] >= _HIGHEST:
        return False
    at = (tables[table] + 1 << shift) + entry * 4
    return at + 4 <= len(content) and int.from_bytes(content[at : at + 4], "little") != _FREE
