"""Files that are two things at once, and files whose name or declared type says something else than they are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import xlwt  # type: ignore[import-untyped]

from infra.hostile import signatures
from tests.attack.files.cases import Hostile, packed, stored, with_comment, with_gap
from tests.unit.invoices_parsing.builders import einvoice, export, ofd, original, row

_PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EICAR = signatures._EICAR


def _zip() -> bytes:
    return packed({"a.xml": einvoice()})


def _old() -> bytes:
    buffer = io.BytesIO()
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "b")
    book.save(buffer)
    return buffer.getvalue()


def _linked(kind: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        entry = zipfile.ZipInfo("a.xml")
        entry.create_system, entry.external_attr = 3, kind << 16
        bundle.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def _called(name: str) -> Hostile:
    return Hostile(name, lambda url: einvoice(), "file.bad_name")


def _entry(name: str) -> Hostile:
    return Hostile("a.zip", lambda url: packed({name: einvoice()}), "archive.bad_name")


def _lie(name: str, make: Callable[[], bytes | str], declared: str = "") -> Hostile:
    return Hostile(name, lambda url: make(), "file.type_mismatch", declared)


def _invoice_package() -> bytes:
    return ofd(attachments={"original_invoice.xml": original()})


def bundle() -> bytes:
    """A good zip of invoices with a comment, as a tax bureau's portal gives it, for comparison."""
    return with_comment(packed({"发票/a.xml": einvoice(), "b.ofd": _invoice_package()}), "税务局 2026".encode())


CASES = {
    "a PDF with a zip behind it": Hostile("a.pdf", lambda url: _PDF + _zip(), "file.polyglot"),
    "an old workbook with a zip behind it": Hostile("a.xls", lambda url: _old() + _zip(), "file.polyglot"),
    "an old workbook with a zip in sectors of its own behind it": Hostile(
        "a.xls", lambda url: _old() + _zip() + bytes(-len(_zip()) % 512), "file.polyglot"),
    "what calls itself a compound file, and a zip": Hostile(
        "a.xls", lambda url: _OLE + bytes(504) + _zip(), "file.polyglot"),
    "a zip with a PDF before it": Hostile("a.zip", lambda url: _PDF + _zip(), "file.polyglot"),
    "a zip with a PDF for a comment": Hostile("a.zip", lambda url: with_comment(_zip(), _PDF), "file.polyglot"),
    "a zip with a page for a comment": Hostile("a.zip", lambda url: with_comment(_zip(), b"<html>"), "file.polyglot"),
    "a zip with a PDF between its entries and directory": Hostile(
        "a.zip", lambda url: with_gap(_zip(), _PDF), "file.polyglot"),
    "a zip behind a zip": Hostile("a.zip", lambda url: packed({"b.xml": einvoice()}) + _zip(), "file.polyglot"),
    "a zip with a zip for a comment": Hostile(
        "a.zip", lambda url: with_comment(_zip(), packed({"b.xml": "<a/>"})[:-4]), "archive.damaged"),
    "a program that unpacks itself": Hostile("a.zip", lambda url: b"MZ" + bytes(500) + _zip(), "file.polyglot"),
    "a script that unpacks itself": Hostile("a.zip", lambda url: b"#!/bin/sh\nexit\n" + _zip(), "file.polyglot"),
    "an invoice that is a PDF": Hostile("a.xml", lambda url: einvoice().replace(
        "<EInvoice>", "<!-- %PDF-1.7 --><EInvoice>"), "file.polyglot"),
    "a page called XML": Hostile("a.xml", lambda url: f"<html><img src='{url}'/></html>", "xml.no_invoice"),
    "a program called OFD": _lie("a.ofd", lambda: b"MZ" + bytes(500)),
    "an OFD called a program": _lie("发票.ofd.exe", _invoice_package),
    "an OFD called a screen saver": _lie("发票.scr", _invoice_package),
    "an invoice called a script": _lie("发票.pdf.js", einvoice),
    "an invoice called a page": _lie("发票.html", einvoice),
    "an OFD called XML": _lie("发票.xml", _invoice_package),
    "a workbook called OFD": _lie("发票.ofd", lambda: export([row()])),
    "an invoice called a PDF": _lie("发票.pdf", einvoice),
    "a PDF called a picture": _lie("发票.png", lambda: _PDF),
    "an invoice declared a picture": _lie("a.xml", einvoice, "image/png"),
    "an invoice declared a page": _lie("a.xml", einvoice, "text/html; charset=utf-8"),
    "an OFD declared a PDF": _lie("a.ofd", _invoice_package, "application/pdf"),
    "an OFD declared a film": _lie("a.ofd", _invoice_package, "video/mp4"),
    "a workbook declared XML": _lie("a.xlsx", lambda: export([row()]), "text/xml"),
    "a name that turns right to left": _called("发票\u202elmx.exe"),
    "a name that hides a character": _called("发\u200b票.xml"),
    "a name that climbs": _called("../../etc/cron.d/a.xml"),
    "a name that climbs in the manner of Windows": _called("..\\..\\a.xml"),
    "a name from the root": _called("/etc/passwd.xml"),
    "a name on a drive": _called("C:a.xml"),
    "a name with a second stream": _called("a.xml::$DATA"),
    "a name that is a device": _called("CON"),
    "a name that is a device with an ending": _called("aux.xml"),
    "a name that is a port": _called("COM1.ofd.xml"),
    "a name of dots": _called(".."),
    "a name with a line break": _called("a\r\nX-Header: 1.xml"),
    "a name with a NUL": _called("a.xml\0.png"),
    "a name of 300 characters": _called("a" * 296 + ".xml"),
    "an entry that climbs": _entry("../a.xml"),
    "an entry that climbs in the manner of Windows": _entry("x\\..\\..\\a.xml"),
    "an entry from the root": _entry("/etc/a.xml"),
    "an entry on a drive": _entry("C:/a.xml"),
    "an entry that is a device": _entry("x/CON.xml"),
    "an entry with a second stream": _entry("a.xml:b"),
    "an entry that turns right to left": _entry("a\u202elmx.exe"),
    "an entry of 400 characters": _entry("甲" * 400 + ".xml"),
    "two entries of one name": Hostile(
        "a.zip", lambda url: packed({"a.xml": einvoice(), "b.xml": "<a/>"}).replace(b"b.xml", b"a.xml"),
        "archive.duplicate_name"),
    "two entries that differ in case": Hostile(
        "a.zip", lambda url: packed({"a.xml": einvoice(), "A.XML": "<a/>"}), "archive.duplicate_name"),
    "an entry that is a link": Hostile("a.zip", lambda url: _linked(0o120777), "archive.link"),
    "an entry whose two names differ": Hostile(
        "a.zip", lambda url: _zip().replace(b"a.xml", b"b.xml", 1), "archive.damaged"),
    "the scanners' test file": Hostile("eicar.txt", lambda url: _EICAR, "file.malware"),
    "the scanners' test file in an invoice": Hostile(
        "a.xml", lambda url: einvoice(remark=f"<![CDATA[{_EICAR.decode()}]]>"), "file.malware"),
    "the scanners' test file in a zip": Hostile(
        "a.zip", lambda url: packed({"a.xml": einvoice(), "b.txt": _EICAR * 3}), "file.malware"),
    "the scanners' test file in an OFD in a zip": Hostile(
        "a.zip", lambda url: stored({"a.ofd": ofd(attachments={"original_invoice.xml": _EICAR.decode()})}),
        "file.malware"),
}  # fmt: skip
