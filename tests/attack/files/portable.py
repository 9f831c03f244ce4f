"""PDF files of every kind that has hung or blown up a PDF reader; this product reads no PDF and says so by code."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from tests.attack.files.cases import Hostile

_PAGES = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
_PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{}>>"


def _pdf(*objects: str | bytes, trailer: str = "", previous: int | None = None, end: bytes = b"%%EOF\n") -> bytes:
    """A PDF of numbered objects from 1 on, with a cross-reference table that may point at itself."""
    out = bytearray(b"%PDF-1.7\n%\xe4\xf6\xfc\n")
    places = []
    for number, thing in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + (thing.encode() if isinstance(thing, str) else thing) + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    back = start if previous == -1 else previous
    words = f"<</Size {len(objects) + 1}/Root 1 0 R{trailer}{'' if back is None else f'/Prev {back}'}>>"
    return bytes(out + b"trailer\n" + words.encode() + b"\nstartxref\n%d\n" % start + end)


def _stream(content: bytes, words: str = "", length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return f"<<{words}/Length {size}>>\nstream\n".encode() + content + b"\nendstream"


def _simple(catalog: str = "", page: str = "", *more: str | bytes, **options: str) -> bytes:
    return _pdf(f"<</Type/Catalog/Pages 2 0 R{catalog}>>", _PAGES, _PAGE.format(page), *more, trailer="", **options)  # type: ignore[arg-type]


def _flated(size: int, layers: int = 1) -> bytes:
    content = bytes(size)
    for _ in range(layers):
        content = zlib.compress(content)
    return _stream(content, f"/Filter[{'/FlateDecode' * layers}]")


def _updates(times: int) -> bytes:
    content = _simple()
    return content + b"".join(
        b"xref\n0 0\ntrailer\n<</Size 4/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (at, len(content) + at)
        for at in range(times)
    )


def _kids(kids: str, count: int) -> bytes:
    return _pdf("<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {count}>>", _PAGE.format(""))


_MADE: Sequence[tuple[str, object]] = (
    ("whose pages contain themselves", lambda url: _kids("2 0 R", 1)),
    ("of a million pages", lambda url: _kids("3 0 R " * 1_000_000, 1_000_000)),
    ("that says it has two thousand million pages", lambda url: _kids("3 0 R", 2_000_000_000)),
    ("whose cross-references point at themselves", lambda url: _pdf("<</Type/Catalog>>", previous=-1)),
    ("whose cross-references point before the file", lambda url: _pdf("<</Type/Catalog>>", previous=-99999)),
    ("of 2,000 updates", lambda url: _updates(2000)),
    ("whose object stream extends itself", lambda url: _simple(
        "", "", _stream(zlib.compress(b"4 0 <<>>"), "/Type/ObjStm/N 1/First 4/Extends 4 0 R/Filter/FlateDecode"))),
    ("whose object stream says it holds a thousand million", lambda url: _simple(
        "", "", _stream(b"", "/Type/ObjStm/N 1000000000/First 4"))),
    ("whose page inflates to 64 MB", lambda url: _simple("", "/Contents 4 0 R", _flated(64 << 20))),
    ("whose page is packed twice", lambda url: _simple("", "/Contents 4 0 R", _flated(64 << 20, 2))),
    ("with a hundred filters", lambda url: _simple(
        "", "/Contents 4 0 R", _stream(b"", f"/Filter[{'/ASCIIHexDecode' * 100}]"))),
    ("with a run of LZW codes", lambda url: _simple(
        "", "/Contents 4 0 R", _stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 9999, "/Filter/LZWDecode"))),
    ("whose stream says it is longer than the file", lambda url: _simple(
        "", "/Contents 4 0 R", _stream(b"", length=1 << 40))),
    ("whose stream has a negative length", lambda url: _simple("", "/Contents 4 0 R", _stream(b"x", length=-1))),
    ("whose stream's length is its own stream", lambda url: _simple(
        "", "/Contents 4 0 R", b"<</Length 4 0 R>>\nstream\nx\nendstream")),
    ("with a script", lambda url: _simple(f"/OpenAction<</S/JavaScript/JS(app.launchURL('{url}'))>>")),
    ("that starts a program", lambda url: _simple("/OpenAction<</S/Launch/Win<</F(cmd.exe)>>>>")),
    ("that opens a page", lambda url: _simple(f"/OpenAction<</S/URI/URI({url})>>")),
    ("that sends a form away", lambda url: _simple(f"/OpenAction<</S/SubmitForm/F({url})>>")),
    ("with a file inside", lambda url: _simple("/Names<</EmbeddedFiles<</Names[(a.exe)4 0 R]>>>>", "", _stream(b"MZ"))),
    ("with a form in XML that has an entity", lambda url: _simple(
        "/AcroForm<</XFA 4 0 R>>", "", _stream(f'<!DOCTYPE a SYSTEM "{url}"><a/>'.encode()))),
    ("with a description that laughs", lambda url: _simple(
        "/Metadata 4 0 R", "", _stream(b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 99_999 + b'">]><x/>', "/Type/Metadata"))),
    ("that is encrypted", lambda url: _pdf(
        "<</Type/Catalog/Pages 2 0 R>>", _PAGES, _PAGE.format(""), trailer="/Encrypt<</Filter/Standard/V 4>>")),
    ("whose outline goes in a circle", lambda url: _simple(
        "/Outlines 4 0 R", "", "<</First 5 0 R/Last 5 0 R>>", "<</Title(a)/Next 5 0 R/Parent 4 0 R>>")),
    ("whose names go in a circle", lambda url: _simple("/Names<</Dests 4 0 R>>", "", "<</Kids[4 0 R]>>")),
    ("whose drawing draws itself", lambda url: _simple(
        "", "/Contents 4 0 R/Resources 5 0 R", _stream(b"/F Do"), "<</XObject<</F 4 0 R>>>>")),
    ("nested 100,000 deep", lambda url: _simple("", "/X" + "[" * 100_000)),
    ("with an object of number 2,147,483,647", lambda url: _simple().replace(b"3 0 obj", b"2147483647 0 obj")),
    ("cut off", lambda url: _simple()[:200]),
)  # fmt: skip
CASES = {f"a PDF {words}": Hostile("a.pdf", make, "file.unsupported_format") for words, make in _MADE}  # type: ignore[arg-type]
