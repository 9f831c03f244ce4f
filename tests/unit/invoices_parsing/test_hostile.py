"""Hostile files, each made here by a generator: a coded refusal, quickly, and never a traceback."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable

import pytest

from app.invoices.parsing.service import parse
from infra.hostile import archive, faces, workbook

from .builders import einvoice, export, ofd, original, row, zipped

ATTACHED = {"original_invoice.xml": original()}


def flagged(content: bytes, bit: int) -> bytes:
    """The same zip with a flag bit set in every header."""
    out = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        while at >= 0:
            out[at + offset] |= bit
            at = out.find(mark, at + 4)
    return bytes(out)


def lying_sizes() -> bytes:
    """A bomb of 8 MB that declares 10 bytes."""
    content = bytearray(zipped({"a.xml": b"<" + b" " * (8 << 20)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", content, content.find(mark) + offset, 10)
    return bytes(content)


def overlapping() -> bytes:
    """Two directory entries that point at one local entry."""
    content = zipped({"a.xml": einvoice()})
    start = content.find(b"PK\x01\x02")
    end = content.find(b"PK\x05\x06")
    entry = content[start:end]
    other = entry.replace(b"a.xml", b"b.xml")
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), start, 0)
    return content[:start] + entry + other + tail


def linked() -> bytes:
    """A symbolic link to a system file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        info = zipfile.ZipInfo("a.xml")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        bundle.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def twice_named() -> bytes:
    """Two entries of one name, the second with other content."""
    return zipped({"a.xml": einvoice(), "b.xml": einvoice(number="26992000000012345679")}).replace(b"b.xml", b"a.xml")


def with_part(name: str, part: bytes | str) -> bytes:
    """A good workbook with one more or one other part."""
    with zipfile.ZipFile(io.BytesIO(export([row()]))) as book:
        parts: dict[str, bytes | str] = {entry: book.read(entry) for entry in book.namelist()}
    return zipped({**parts, name: part})


def sheet(body: str) -> bytes:
    """A workbook whose first sheet has this sheetData."""
    xml = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    return with_part("xl/worksheets/sheet1.xml", xml)


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{i} "{"&a;" * 10}">' for i in range(9))
    + "]><EInvoice>&a;</EInvoice>"
)
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EInvoice>&x;</EInvoice>'

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "file.empty"),
    "blanks": (lambda: b" \n\t" * 9, "file.empty"),
    "too many bytes": (lambda: b"<" * (faces.MOST_CONTAINER + 1), "file.too_large"),
    "noise": (lambda: b"\x07" * 1000, "file.unknown_format"),
    "a PDF": (lambda: b"%PDF-1.7", "file.unsupported_format"),
    "an old xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file.unsupported_format"),
    "a picture that is called xml": (lambda: b"\x89PNG\r\n\x1a\n", "file.unsupported_format"),
    "half a zip": (lambda: zipped({"a.xml": einvoice()})[:-40], "archive.damaged"),
    "billion laughs": (lambda: LAUGHS.encode(), "xml.forbidden_doctype"),
    "an external entity": (lambda: EXTERNAL.encode(), "xml.forbidden_doctype"),
    "an external entity in UTF-16": (lambda: EXTERNAL.encode("utf-16"), "xml.forbidden_doctype"),
    "an entity in UTF-7": (
        lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-', "xml.encoding"),
    "an unknown encoding": (lambda: b'<?xml version="1.0" encoding="x-rot13"?><a/>', "xml.encoding"),
    "a deep XML": (lambda: b"<a>" * 200_000, "xml.too_complex"),
    "a wide XML": (lambda: b"<a>" + b"<b/>" * 400_000 + b"</a>", "xml.too_complex"),
    "many attributes": (
        lambda: b"<a " + b" ".join(b'x%d=""' % i for i in range(5000)) + b"/>", "xml.too_complex"),
    "one endless attribute": (lambda: b'<a x="' + b"y" * (15 << 20) + b'"/>', "xml.too_complex"),
    "a broken XML": (lambda: einvoice()[:-3].encode(), "xml.ill_formed"),
    "a Word document": (lambda: zipped({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}),
                        "file.unsupported_format"),
    "an html page": (lambda: b"<html><body>404</body></html>", "xml.no_invoice"),
    "a bomb": (lambda: zipped({"a.xml": b"<" + b" " * (8 << 20)}), "archive.ratio"),
    "a bomb of small parts": (lambda: zipped({f"{i}.xml": b" " * (1 << 19) for i in range(200)}), "archive.ratio"),
    "a bomb that lies": (lying_sizes, "archive.damaged"),
    "too many entries": (lambda: zipped({f"{i}.xml": b"" for i in range(1001)}), "archive.too_many_entries"),
    "far too many entries": (lambda: zipped({f"{i}.xml": b"" for i in range(9000)}), "archive.too_many_entries"),
    "an encrypted zip": (lambda: flagged(zipped({"a.xml": einvoice()}), 0x1), "archive.encrypted"),
    "a path upwards": (lambda: zipped({"../a.xml": einvoice()}), "archive.bad_name"),
    "an absolute path": (lambda: zipped({"/etc/a.xml": einvoice()}), "archive.bad_name"),
    "a drive letter": (lambda: zipped({"C:/a.xml": einvoice()}), "archive.bad_name"),
    "a name that turns right to left": (lambda: zipped({"a\u202elmx.exe": einvoice()}), "archive.bad_name"),
    "a name without end": (lambda: zipped({"甲" * 400 + ".xml": einvoice()}), "archive.bad_name"),
    "a symbolic link": (linked, "archive.link"),
    "two entries of one name": (twice_named, "archive.duplicate_name"),
    "two entries over each other": (overlapping, "archive.overlap"),
    "an OFD with two documents of one name": (
        lambda: ofd(attachments=ATTACHED, extra={"Doc_0/Document.xmX": "<a/>"}).replace(b".xmX", b".xml"),
        "archive.duplicate_name"),
    "an OFD of a million pages": (
        lambda: ofd(drop=["Doc_0/Document.xml"], extra={"doc_0/document.xml": "<D><Pages>" + '<Page ID="1"/>' * 1000
                                                        + "</Pages></D>"}), "ofd.structure"),
    "an OFD that is a bomb in a zip": (
        lambda: zipped({"a.ofd": ofd(extra={"Doc_0/Res/x.png": b" " * (9 << 20)}), "b.xml": einvoice()},
                       zipfile.ZIP_STORED), "archive.ratio"),
    "an OFD without pages of its tags": (lambda: ofd(tag_file="<root/>"), "invoice.no_structured_data"),
    "a workbook with a far cell": (
        lambda: sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "workbook.too_large"),
    "a workbook with two cells far apart": (
        lambda: sheet('<row r="50000"><c r="ALK50000"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'),
        "workbook.too_large",
    ),
    "a workbook with a cell at no place": (lambda: sheet('<row r="1"><c r="Ä1"/></row>'), "workbook.too_large"),
    "a workbook with a far column": (lambda: sheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "workbook.too_large"),
    "a workbook with rows without end": (lambda: sheet("<row/>" * 60_000), "workbook.too_large"),
    "a workbook with an entity": (lambda: with_part("xl/sharedStrings.xml", EXTERNAL), "xml.forbidden_doctype"),
    "a workbook in UTF-16": (lambda: with_part("xl/sharedStrings.xml", EXTERNAL.encode("utf-16")), "xml.encoding"),
    "a broken workbook": (lambda: with_part("xl/workbook.xml", "<workbook><sheets>"), "xml.ill_formed"),
    "a workbook of nothing": (lambda: zipped({"xl/workbook.xml": "<workbook/>"}), "file.unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_by_code(case):
    make, code = HOSTILE[case]
    content = make()
    started = time.monotonic()
    parsed = parse("hostile", content)
    assert time.monotonic() - started < 15
    assert parsed.items == ()
    assert {refusal.code for refusal in parsed.refused} == {code}


def test_what_was_read_before_a_bomb_in_the_same_zip_is_not_kept():
    bomb = zipped({"OFD.xml": b" " * (9 << 20)})
    parsed = parse("a.zip", zipped({"a.xml": einvoice(), "b.ofd": bomb}, zipfile.ZIP_STORED))
    assert (parsed.items, [refusal.code for refusal in parsed.refused]) == ((), ["archive.ratio"])


@pytest.mark.parametrize(
    ("limit", "content"),
    [("MOST_CELLS", sheet("<row><c/><c/></row>" * 51)), ("MOST_ROWS", sheet("<row/>" * 151)),
     ("MOST_STRINGS", with_part("xl/sharedStrings.xml", "<sst>" + "<si/>" * 101 + "</sst>"))],
)  # fmt: skip
def test_cells_rows_and_strings_are_counted_before_the_workbook_is_laid_out(monkeypatch, limit, content):
    monkeypatch.setattr(workbook, limit, 100)
    assert [refusal.code for refusal in parse("a.xlsx", content).refused] == ["workbook.too_large"]


def test_every_inflated_byte_of_nested_archives_counts_against_one_budget():
    budget = archive.Budget(unpacked=3000)
    opened = archive.open_archive(zipped({"a": b"ab" * 1000, "b": b"ab" * 1000}), budget)
    opened.read("a")
    with pytest.raises(archive.Unreadable) as refusal:
        opened.read("b")
    assert refusal.value.code == "file.too_large"
