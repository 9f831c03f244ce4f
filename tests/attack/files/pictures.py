"""Pictures that are larger inside than outside, or are something else besides; the product looks into none of them."""

from __future__ import annotations

import struct
import zlib

from tests.attack.files.cases import Hostile, packed
from tests.unit.invoices_parsing.builders import einvoice


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), *chunks, (b"IEND", b""))
    )


def _gif(width: int, height: int, more: bytes = b"") -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + more + b";"


def _jpeg(comment: bytes = b"", exif: bytes = b"") -> bytes:
    segments = (b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment) if comment else b""
    segments += (b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif) if exif else b""
    return b"\xff\xd8" + segments + b"\xff\xd9"


_SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
_IGNORED = "file.unsupported_format"
CASES = {
    "a PNG of four thousand million points": Hostile(
        "a.png", lambda url: _png(65_535, 65_535, (b"IDAT", zlib.compress(bytes(9 << 20)))), _IGNORED),
    "a PNG of no points": Hostile("a.png", lambda url: _png(0, 0), _IGNORED),
    "a PNG with a text bomb": Hostile(
        "a.png", lambda url: _png(1, 1, (b"zTXt", b"a\0\0" + zlib.compress(bytes(9 << 20)))), _IGNORED),
    "a PNG with a profile bomb": Hostile(
        "a.png", lambda url: _png(1, 1, (b"iCCP", b"a\0\0" + zlib.compress(bytes(9 << 20)))), _IGNORED),
    "a GIF of four thousand million points": Hostile("a.gif", lambda url: _gif(65_535, 65_535), _IGNORED),
    "a GIF of a million frames": Hostile(
        "a.gif", lambda url: _gif(1, 1, b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\1\0\0" * 600_000), _IGNORED),
    "a JPEG cut off": Hostile("a.jpg", lambda url: _jpeg()[:3], _IGNORED),
    "a JPEG whose directory points at itself": Hostile(
        "a.jpg", lambda url: _jpeg(exif=b"II*\0\x08\0\0\0\0\0\x08\0\0\0"), _IGNORED),
    "a TIFF whose directories go in a circle": Hostile("a.tif", lambda url: b"II*\0\x08\0\0\0\0\0\x08\0\0\0", _IGNORED),
    "a BMP that says it is huge": Hostile(
        "a.bmp", lambda url: b"BM" + struct.pack("<LLLLll", 54, 0, 54, 40, 2**31 - 1, 2**31 - 1), _IGNORED),
    "a WebP that says it is huge": Hostile("a.webp", lambda url: b"RIFF\xff\xff\xff\xffWEBPVP8X", _IGNORED),
    "a GIF that is a PNG": Hostile("a.png", lambda url: _gif(1, 1) + _png(1, 1), "file.type_mismatch"),
    "a GIF that is a zip": Hostile(
        "a.gif", lambda url: _gif(1, 1) + packed({"a.xml": einvoice()}), "file.polyglot"),
    "a PNG that is a zip": Hostile("a.png", lambda url: _png(1, 1) + packed({"a.xml": einvoice()}), "file.polyglot"),
    "a JPEG that is a page": Hostile("a.jpg", lambda url: _jpeg(b"<html><script>1</script>"), "file.polyglot"),
    "a GIF that is a program for a server": Hostile("a.gif", lambda url: _gif(1, 1, b"<?php 1;"), "file.polyglot"),
    "a JPEG that is a PDF": Hostile("a.jpg", lambda url: _jpeg(b"%PDF-1.7"), "file.polyglot"),
    "an SVG with a script": Hostile(
        "a.svg", lambda url: _SVG.format(f"<script href='{url}'/>"), "file.type_mismatch"),
    "an SVG called XML": Hostile("a.xml", lambda url: _SVG.format(f"<image href='{url}'/>"), "xml.no_invoice"),
    "an SVG with an entity": Hostile(
        "a.xml", lambda url: f'<!DOCTYPE svg SYSTEM "{url}">' + _SVG.format("&x;"), "xml.forbidden_doctype"),
}  # fmt: skip
