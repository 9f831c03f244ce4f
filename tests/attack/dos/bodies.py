"""Bodies that are deep, wide, long, doubled, squeezed or of many parts."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

from tests.attack.dos.cases import Attack, Target, ask, text
from tests.attack.files.cases import parts_of
from tests.unit.invoices_parsing.builders import zipped
from tests.unit.ledger_vouchers.sheets import workbook

_VOUCHERS = "/v1/books/{book_id}/vouchers"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FORM = "application/x-www-form-urlencoded"
_DOCUMENTS = "/v1/books/{book_id}/documents"


def _json(body: bytes, code: str, path: str = _VOUCHERS, headers: Mapping[str, str] | None = None) -> Attack:
    return Attack(lambda target: ask(target, "POST", path, body, headers), code)


def wide_workbook(far: str) -> bytes:
    """A workbook of half a megabyte whose 49,989 first cells and one far one are laid out as millions of places."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>x</t></is></c></row>' for n in range(1, 49_990))
    rows += f'<row r="49990"><c r="{far}"><v>1</v></c></row>'
    parts = parts_of(workbook([]))
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return zipped(parts)


def import_of(target: Target, content: bytes) -> bytes:
    """The import of a workbook of vouchers."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    path = "/v1/books/{book_id}/vouchers/import?mode=partial"
    return ask(target, "POST", path, head + content + b"\r\n--b--\r\n", form)


_DEEP = {
    f"{depth} deep {name}": _json(opening * depth + middle + closing * depth, "request.too_complex")
    for depth in (33, 1_000, 100_000)
    for name, opening, middle, closing in (
        ("lists", b"[", b"", b"]"),
        ("objects", b'{"a":', b"1", b"}"),
        ("of both", b'[{"a":', b"1", b"}]"),
        ("and never closed", b"[", b"", b""),
    )
    if len(opening) * depth < 1_900_000
}

_NUMBERS = {
    f"a number of {name}": _json(b'{"date":' + literal + b"}", code)
    for name, literal, code in (
        ("41 digits", b"1" * 41, "request.too_complex"),
        ("5,000 digits", b"9" * 5_000, "request.too_complex"),
        ("a million digits", b"7" * 1_000_000, "request.too_complex"),
        ("a million decimals", b"0." + b"3" * 1_000_000, "request.too_complex"),
        ("a huge exponent", b"1e999999999", "request.too_complex"),
        ("a tiny exponent", b"1e-999999999", "request.too_complex"),
        ("an exponent of a million digits", b"1e" + b"9" * 1_000_000, "request.too_complex"),
        ("no value", b"NaN", "request.unreadable"),
        ("infinity", b"-Infinity", "request.unreadable"),
        ("hexadecimal digits", b"0x" + b"f" * 5_000, "request.unreadable"),
    )
}

_WIDE = {
    "20,001 keys": _json(text({f"k{n}": n for n in range(20_001)}), "request.too_complex"),
    "20,001 keys in many objects": _json(text([{"a": 1, "b": 2, "c": 3}] * 6_667), "request.too_complex"),
    "600,000 empty objects": _json(b'{"lines":[' + b"{}," * 600_000 + b"{}]}", "request.too_complex"),
    "20,001 empty objects": _json(b'{"lines":[' + b"{}," * 20_000 + b"{}]}", "request.too_complex"),
    "900,000 numbers": _json(b'{"lines":[' + b"0," * 900_000 + b"0]}", "request.too_complex"),
    "900,000 empty lists": _json(b'{"lines":[' + b"[]," * 600_000 + b"[]]}", "request.too_complex"),
    "19,999 empty lines": _json(b'{"lines":[' + b"{}," * 19_998 + b"{}]}", "request.invalid"),
    "49,999 numbers for lines": _json(b'{"lines":[' + b"0," * 49_998 + b"0]}", "request.invalid"),
    "19,000 unknown keys": _json(text({f"k{n}": n for n in range(19_000)}), "request.invalid"),
    "a key twice": _json(b'{"date":"a","date":"b"}', "request.duplicate_key"),
    "a key 20,000 times": _json(b"{" + b",".join([b'"a":1'] * 20_000) + b"}", "request.duplicate_key"),
    "keys whose hashes meet": _json(text({str(n * (2**61 - 1)): 0 for n in range(19_000)}), "request.invalid"),
}

_LONG = {
    "one byte too many": _json(b" " * 2_000_001, "request.too_large"),
    "a declared terabyte": _json(b"{}", "request.too_large", headers={"Content-Length": str(10**12)}),
    "a string of 1.9 MB": _json(text({"date": "a" * 1_900_000}), "request.invalid"),
    "1.9 MB of backslashes": _json(b'{"date":"' + b"\\\\" * 950_000 + b'"}', "request.invalid"),
    "1.9 MB of escapes": _json(b'{"date":"' + b"\\u0041" * 316_000 + b'"}', "request.invalid"),
    "1.9 MB of NUL escapes": _json(b'{"date":"' + b"\\u0000" * 316_000 + b'"}', "request.invalid"),
    "1.9 MB of half surrogates": _json(b'{"date":"' + b"\\ud800" * 316_000 + b'"}', "request.invalid"),
    "1.9 MB of quotes": _json(b'"' * 1_900_000, "request.too_complex"),
    "1.9 MB of open quotes and backslashes": _json(b'"\\' * 950_000, "request.unreadable"),
    "1.9 MB of spaces": _json(b" " * 1_900_000, "request.unreadable"),
    "a key of 1.9 MB": _json(text({"k" * 1_900_000: 1}), "request.invalid"),
    "bytes that are no UTF-8": _json(b'{"date":"' + b"\xff" * 1_000_000 + b'"}', "request.unreadable"),
    "UTF-16": _json('{"date":"x"}'.encode("utf-16"), "request.unreadable"),
    "a byte order mark": _json(b"\xef\xbb\xbf{}", "request.unreadable"),
    "a body cut short in a string": _json(b'{"date":"' + b"a" * 1_000_000, "request.unreadable"),
}

_BOMB = gzip.compress(b" " * 100_000_000)
_SQUEEZED = {
    f"a body squeezed by {name}": _json(content, "request.media_type", headers={"Content-Encoding": name})
    for name, content in (
        ("gzip", _BOMB),
        ("x-gzip", _BOMB),
        ("deflate", zlib.compress(b" " * 100_000_000)),
        ("gzip, gzip", gzip.compress(_BOMB)),
        ("br", b"\x5b\xff\xff\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd\x04\x58"),
        ("GZIP", _BOMB[:-1]),
        ("identity, gzip", _BOMB[:-2]),
    )
}


def _form(parts: bytes, code: str, boundary: str = "b", media: str = "multipart/form-data") -> Attack:
    body = parts + f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"{media}; boundary={boundary}"}
    return Attack(lambda target: ask(target, "POST", _DOCUMENTS, body, headers), code)


def _part(disposition: str, content: bytes = b"x", boundary: str = "b", more: str = "") -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n"
    return head.encode() + content + b"\r\n"


_PARTS = {
    "10,000 files": _form(
        b"".join(_part(f'name="files"; filename="{n}.xml"') for n in range(10_000)), "request.too_complex"
    ),
    "10,000 fields": _form(b"".join(_part(f'name="f{n}"') for n in range(10_000)), "request.too_complex"),
    "a field of 600 kB": _form(_part('name="f"', b"x" * 600_000), "request.too_complex"),
    "parts that never begin": _form(b"--b" * 300_000, ""),
    "a part whose header never ends": _form(b"--b\r\nContent-Disposition: " + b"x" * 1_000_000, ""),
    "a part of 50,000 header lines": _form(_part('name="f"', more="X: y\r\n" * 50_000), ""),
    "a disposition of 10,000 parameters": _form(_part("; ".join(f'p{n}="x"' for n in range(10_000))), ""),
    "a filename of a megabyte": _form(_part(f'name="files"; filename="{"a" * 1_000_000}"'), ""),
    "no boundary": Attack(
        lambda target: ask(target, "POST", _DOCUMENTS, b"x" * 1000, {"Content-Type": "multipart/form-data"}), ""
    ),
    "a boundary of 40 kB": _form(_part('name="f"', boundary="b" * 40_000), "", boundary="b" * 40_000),
    "a form of 200,000 fields": _form(b"a=1&" * 200_000, "request.media_type", media=_FORM),
    "JSON where files are wanted": Attack(lambda target: ask(target, "POST", _DOCUMENTS, b"{}"), "request.media_type"),
}  # fmt: skip

CASES = _DEEP | _NUMBERS | _WIDE | _LONG | _SQUEEZED | _PARTS
