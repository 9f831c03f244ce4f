"""Archives and workbooks that are small to send and enormous to read, or lie about what is in them."""

from __future__ import annotations

import struct
import zipfile
from functools import cache

from tests.attack.files.cases import Hostile, packed, parts_of, rewritten, stored
from tests.unit.invoices_parsing.builders import einvoice, export, ofd, row, workbook

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MIB = 1 << 20


@cache
def _book() -> dict[str, bytes | str]:
    return parts_of(export([row()]))


def _with(**parts: bytes | str) -> bytes:
    """A workbook with other parts, `__` for a slash; not packed, so that its limits are met and not its ratio's."""
    return stored({**_book(), **{f"xl/{name.replace('__', '/')}.xml": part for name, part in parts.items()}})


def _sheet(body: str, head: str = "") -> bytes:
    return _with(
        worksheets__sheet1=f'<worksheet xmlns="{_MAIN}">{head}<sheetData>{body}</sheetData></worksheet>',
    )


def _styles(body: str) -> bytes:
    return _with(styles=f'<styleSheet xmlns="{_MAIN}">{body}</styleSheet>')


def _workbook(body: str) -> bytes:
    return _with(workbook=f'<workbook xmlns="{_MAIN}">{body}</workbook>')


def _kernels(copies: int) -> bytes:
    """Many directory entries over one compressed kernel (the overlapping bomb of 2019)."""
    content = packed({"a": b"\0" * _MIB})
    start = content.find(b"PK\x01\x02")
    directory = b"".join(content[start : start + 46] + b"%c" % (97 + at) for at in range(copies))
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), start, 0)
    return content[:start] + directory + tail


def _overlapping() -> bytes:
    """Two directory entries that point at one small local entry."""
    content = packed({"a.xml": einvoice()})
    start, end = content.find(b"PK\x01\x02"), content.find(b"PK\x05\x06")
    entry = content[start:end]
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), start, 0)
    return content[:start] + entry + entry.replace(b"a.xml", b"b.xml") + tail


def _nested(depth: int) -> bytes:
    content = packed({"0.xml": einvoice()})
    for at in range(depth):
        content = packed({f"{at}.zip": content})
    return content


def _lying_total() -> bytes:
    parts = {f"{at}.xml": bytes(_MIB) for at in range(4)}
    return rewritten(stored(parts), 22, 24, 60 * _MIB)


def _false_count() -> bytes:
    content = bytearray(packed({"a.xml": einvoice(), "b.xml": einvoice()}))
    struct.pack_into("<HH", content, len(content) - 14, 60_000, 60_000)
    struct.pack_into("<L", content, len(content) - 10, 1 << 30)
    return bytes(content)


_CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'
CASES = {
    "a zip of blanks": Hostile("a.zip", lambda url: packed({"a.xml": b"<" + b" " * (8 * _MIB)}), "archive.ratio"),
    "a zip of small bombs": Hostile(
        "a.zip", lambda url: packed({f"{at}.xml": b" " * (_MIB // 2) for at in range(200)}), "archive.ratio"),
    "a zip of 1,001 entries": Hostile(
        "a.zip", lambda url: packed({f"{at}.xml": b"" for at in range(1001)}), "archive.too_many_entries"),
    "a zip of 9,000 entries": Hostile(
        "a.zip", lambda url: packed({f"{at}.xml": b"" for at in range(9000)}), "archive.too_many_entries"),
    "a zip whose entries share one kernel": Hostile("a.zip", lambda url: _kernels(20), "archive.ratio"),
    "a zip whose small entries overlap": Hostile(
        "a.zip", lambda url: _overlapping(), "archive.overlap"),
    "a zip that says 10 bytes and holds 8 MB": Hostile(
        "a.zip", lambda url: rewritten(packed({"a.xml": b"<" + b" " * (8 * _MIB)}), 22, 24, 10), "archive.damaged"),
    "a zip that says 65 MB in an entry": Hostile(
        "a.zip", lambda url: rewritten(packed({"a.xml": einvoice()}), 22, 24, 65 * _MIB), "file.too_large"),
    "a zip that says 240 MB in all": Hostile("a.zip", lambda url: _lying_total(), "file.too_large"),
    "a zip that says it is packed to nothing": Hostile(
        "a.zip", lambda url: rewritten(packed({"a.xml": b"x" * 2 * _MIB}), 18, 20, 1), "archive.ratio"),
    "a zip whose directory counts 60,000 entries": Hostile("a.zip", lambda url: _false_count(), "archive.damaged"),
    "a zip in a zip": Hostile("a.zip", lambda url: _nested(1), "archive.nested"),
    "a zip in a zip, forty deep": Hostile("a.zip", lambda url: _nested(40), "archive.nested"),
    "a bomb in an OFD in a zip": Hostile(
        "a.zip", lambda url: stored({"a.ofd": ofd(extra={"Doc_0/x.png": b" " * (9 * _MIB)}), "b.xml": einvoice()}),
        "archive.ratio"),
    "a zip packed by bzip2": Hostile(
        "a.zip", lambda url: packed({"a.xml": b" " * (9 * _MIB)}, zipfile.ZIP_BZIP2), "archive.method"),
    "a zip packed by LZMA with a dictionary of 4 GB": Hostile(
        "a.zip", lambda url: packed({"a.xml": einvoice()}, zipfile.ZIP_LZMA).replace(
            b"\x5d\x00\x00\x80\x00", b"\x5d\xff\xff\xff\xff"), "archive.method"),
    "a container of more than 20 MB": Hostile("a.zip", lambda url: stored({"a.xml": bytes(21 * _MIB)}),
                                              "file.too_large"),
    "a workbook of 1,000,001 shared strings": Hostile(
        "a.xlsx", lambda url: _with(sharedStrings="<sst>" + "<si/>" * 1_000_001 + "</sst>"), "workbook.too_large"),
    "a workbook of 60,000 rows": Hostile("a.xlsx", lambda url: _sheet("<row/>" * 60_000), "workbook.too_large"),
    "a workbook of 1,100,000 cells": Hostile(
        "a.xlsx", lambda url: _sheet(("<row>" + "<c/>" * 1000 + "</row>") * 1100), "workbook.too_large"),
    "a workbook with a cell in the last corner": Hostile(
        "a.xlsx", lambda url: _sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "workbook.too_large"),
    "a workbook with a cell in column ZZZ": Hostile(
        "a.xlsx", lambda url: _sheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "workbook.too_large"),
    "a workbook that says it is huge": Hostile(
        "a.xlsx", lambda url: _sheet(_CELL, '<dimension ref="A1:XFD1048576"/>'), "workbook.no_header"),
    "a workbook of 2,000,000 styles": Hostile(
        "a.xlsx", lambda url: _styles(f"<cellXfs>{'<xf/>' * 2_000_000}</cellXfs>"),
                                              "workbook.too_large"),
    "a workbook of 200,000 defined names": Hostile(
        "a.xlsx", lambda url: _workbook(
            "<sheets/><definedNames>" + '<definedName name="a">A!A1</definedName>' * 200_000 + "</definedNames>"),
        "workbook.no_header"),
    "a workbook of 65 sheets": Hostile(
        "a.xlsx", lambda url: workbook({f"{at}": (("a",), ()) for at in range(65)}), "workbook.too_large"),
    "a workbook with links to other files": Hostile(
        "a.xlsx", lambda url: _with(externalLinks__externalLink1=f'<externalLink target="{url}"/>'),
        "workbook.active_content"),
    "a workbook with macros": Hostile(
        "a.xlsx", lambda url: stored({**_book(), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "workbook.active_content"),
    "a workbook of chained formulas": Hostile(
        "a.xlsx", lambda url: _sheet("".join(
            f'<row r="{at}"><c r="A{at}"><f>A{at - 1}+A{at - 1}</f><v>1</v></c></row>' for at in range(2, 40_000))),
        "workbook.no_header"),
    "a workbook with an entity": Hostile(
        "a.xlsx", lambda url: _with(sharedStrings=f'<!DOCTYPE s [<!ENTITY x SYSTEM "{url}">]><sst><si>&x;</si></sst>'),
        "xml.forbidden_doctype"),
    "a workbook with an entity in UTF-16": Hostile(
        "a.xlsx", lambda url: _with(sharedStrings=f'<!DOCTYPE s [<!ENTITY x SYSTEM "{url}">]><sst/>'.encode("utf-16")),
        "xml.encoding"),
    "a workbook 100 elements deep": Hostile("a.xlsx", lambda url: _styles("<a>" * 100 + "</a>" * 100),
                                            "workbook.too_large"),
    "a workbook whose cell has 300 attributes": Hostile(
        "a.xlsx", lambda url: _sheet("<row><c " + " ".join(f'a{at}="1"' for at in range(300)) + "/></row>"),
        "workbook.too_large"),
    "a workbook cut off in the middle": Hostile(
        "a.xlsx", lambda url: _with(worksheets__sheet1="<worksheet><sheetData><row><c><v>1"), "xml.ill_formed"),
}  # fmt: skip
