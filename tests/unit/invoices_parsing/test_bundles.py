"""Zips of invoice files: depth one, twins that are no errors, names in GBK."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.invoices.parsing.service import parse

from .builders import NUMBER, einvoice, export, ofd, original, rail, row, zipped

PDF = b"%PDF-1.7\n..."
OTHER = "26992000000012345679"


def codes(parts: dict[str, bytes | str]) -> list[tuple[str, str]]:
    return [(refusal.file, refusal.code) for refusal in parse("包.zip", zipped(parts)).refused]


def test_everything_of_a_zip_is_read_and_knows_its_place():
    parts = {
        "a/数电票.xml": einvoice(),
        "b.ofd": ofd(attachments={"original_invoice.xml": original()}),
        "c.xlsx": export([row()]),
    }
    parsed = parse("包.zip", zipped(parts))
    assert parsed.refused == ()
    assert [(item.source_file, item.format) for item in parsed.items] == [
        ("包.zip/a/数电票.xml", "einvoice_xml"),
        ("包.zip/b.ofd", "ofd_original_xml"),
        ("包.zip/c.xlsx", "portal_workbook"),
    ]  # fmt: skip


def test_a_zip_that_is_called_xml_is_refused():
    parsed = parse("发票.xml", zipped({"a.xml": einvoice()}))
    assert (parsed.items, [refusal.code for refusal in parsed.refused]) == ((), ["file.type_mismatch"])


def test_an_ofd_and_a_workbook_are_known_under_the_name_of_a_zip_and_without_an_ending():
    package = ofd(attachments={"original_invoice.xml": original()})
    assert {parse(name, package).items[0].format for name in ("a", "a.zip", "发票.2026.10")} == {"ofd_original_xml"}
    assert {parse(name, export([row()])).items[0].format for name in ("a", "a.ZIP")} == {"portal_workbook"}


def test_a_workbook_that_is_called_ofd_is_refused():
    assert [refusal.code for refusal in parse("a.ofd", export([row()])).refused] == ["file.type_mismatch"]


def test_the_pdf_twins_of_a_toll_zip_are_no_errors():
    parts = {
        "xml/1.xml": einvoice(),
        "pdf/1.pdf": PDF,
        "xml/2.xml": einvoice(number=OTHER),
        f"pdf/苏A_{OTHER}.pdf": PDF,
    }
    parsed = parse("通行费.zip", zipped(parts))
    assert ([item.number for item in parsed.items], parsed.refused) == ([NUMBER, OTHER], ())


def test_the_pdf_of_a_railway_zip_is_the_twin_of_its_ofd():
    parts = {f"{NUMBER}.pdf": PDF, f"{NUMBER}.ofd": ofd(attachments={"rai_issuer_1.xml": rail()})}
    assert parse("12306.zip", zipped(parts)).refused == ()


def test_a_pdf_without_twin_is_refused_by_name():
    assert codes({"1.xml": einvoice(), "2.pdf": PDF}) == [("包.zip/2.pdf", "file.unsupported_format")]


def test_a_twin_of_a_refused_invoice_is_not_silently_dropped():
    assert codes({"1.xml": einvoice(gross="1.00"), "1.pdf": PDF}) == [
        ("包.zip/1.xml", "invoice.amounts_disagree"), ("包.zip/1.pdf", "file.unsupported_format"),
    ]  # fmt: skip


def test_a_zip_in_a_zip_is_refused_and_its_neighbours_are_read():
    parsed = parse("包.zip", zipped({"in.zip": zipped({"a.xml": einvoice()}), "b.xml": einvoice()}))
    assert [item.source_file for item in parsed.items] == ["包.zip/b.xml"]
    assert [refusal.code for refusal in parsed.refused] == ["archive.nested"]


def test_litter_of_operating_systems_is_ignored():
    assert (
        codes({"__MACOSX/._a.xml": b"\0\x05", ".DS_Store": b"\0", "Thumbs.db": b"\xd0\xcf", "a.xml": einvoice()}) == []
    )


def test_an_empty_zip_and_a_zip_of_litter_are_refused():
    assert codes({}) == [("包.zip", "archive.nothing_inside")]
    assert codes({".DS_Store": b"\0"}) == [("包.zip", "archive.nothing_inside")]


@pytest.mark.parametrize(("encoding", "stand_in"), [("gbk", "XXXX"), ("utf-8", "XXXXXX")])
def test_a_chinese_name_without_its_mark_is_utf8_or_gbk(encoding, stand_in):
    name = "发票".encode(encoding)
    content = zipped({f"{stand_in}.xml": einvoice()}).replace(stand_in.encode(), name)
    assert parse("包.zip", content).items[0].source_file == "包.zip/发票.xml"


def test_backslashes_of_windows_zips_are_slashes():
    source = io.BytesIO(ofd(attachments={"original_invoice.xml": original()}))
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    tildes = {name.replace("/", "~"): part for name, part in parts.items()}
    content = zipped(tildes, zipfile.ZIP_STORED).replace(b"~", b"\\")
    assert parse("发票.ofd", content).items[0].format == "ofd_original_xml"
