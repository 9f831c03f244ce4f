"""Requests that are not quite HTTP: too many lines, too long ones, and two ways of saying where a body ends."""

from __future__ import annotations

from tests.attack.dos.cases import Attack, Target, ask


def _raw(*lines: str, body: str = "") -> Attack:
    return Attack(lambda target: "\r\n".join([*lines, "", body]).encode("latin-1"))


def _with(line: str) -> Attack:
    """A good request with one more line."""

    def make(target: Target) -> bytes:
        head, _, body = ask(target, "GET", "/v1/me").partition(b"\r\n\r\n")
        return head + b"\r\n" + line.encode("latin-1") + b"\r\n\r\n" + body

    return Attack(make)


_LINES = {
    "10,000 header lines": _with("\r\n".join(f"X-{n}: y" for n in range(10_000))),
    "1,000,000 header lines": _with("X: y\r\n" * 999_999 + "X: y"),
    "10,000 cookies": _with("\r\n".join(f"Cookie: c{n}=v" for n in range(10_000))),
    "a header line of a megabyte": _with("X: " + "a" * 1_000_000),
    "a header name of a megabyte": _with("x" * 1_000_000 + ": y"),
    "a header line without a colon": _with("nonsense"),
    "a header name with a space": _with("X Y: z"),
    "a header name of control characters": _with("X\x01: y"),
    "NUL in a header": _with("X: a\0b"),
    "a lone carriage return in a header": _with("X: a\rInjected: b"),
    "a folded header": _with("X: a\r\n b"),
    "a path of 70 kB": _raw("GET /" + "a" * 70_000 + " HTTP/1.1", "Host: a", "Connection: close"),
    "a path of 600 characters": _raw("GET /" + "a/" * 300 + " HTTP/1.1", "Host: a", "Connection: close"),
    "a query of a megabyte": _raw("GET /v1/books?" + "a" * 1_000_000 + " HTTP/1.1", "Host: a", "Connection: close"),
    "a method of 60 kB": _raw("A" * 60_000 + " / HTTP/1.1", "Host: a", "Connection: close"),
    "a method that is none": _raw("G@T /v1/me HTTP/1.1", "Host: a", "Connection: close"),
    "a version that is none": _raw("GET /v1/me HTTP/9.9", "Host: a", "Connection: close"),
    "no version": _raw("GET /v1/me", "Host: a"),
    "a path with a space": _raw("GET /v1/me /v1/me HTTP/1.1", "Host: a", "Connection: close"),
    "a CONNECT": _raw("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443", "Connection: close"),
    "a TRACE": _raw("TRACE / HTTP/1.1", "Host: a", "Connection: close"),
    "a host elsewhere": _raw("GET http://169.254.169.254/latest HTTP/1.1", "Host: a", "Connection: close"),
    "a TLS hello": Attack(lambda target: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500),
    "the preface of HTTP/2": Attack(lambda target: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" * 1000),
    "bytes of noise": Attack(lambda target: bytes(range(256)) * 100 + b"\r\n\r\n"),
}

_HIDDEN = "GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
_CHUNKED = f"0\r\n\r\n{_HIDDEN}"


def _smuggle(*lines: str, body: str = _CHUNKED) -> Attack:
    """An anonymous POST with a second request hidden behind one of its two ends."""
    length = len(body)
    named = [line.replace("LENGTH", str(length)) for line in lines]
    return _raw("POST /v1/login HTTP/1.1", "Host: a", "Content-Type: application/json", *named, body=body)


_SMUGGLED = {
    f"smuggling by {title}": attack
    for title, attack in {
        "a length and chunks": _smuggle("Content-Length: LENGTH", "Transfer-Encoding: chunked"),
        "chunks and a length": _smuggle("Transfer-Encoding: chunked", "Content-Length: LENGTH"),
        "chunks and a short length": _smuggle("Transfer-Encoding: chunked", "Content-Length: 4"),
        "two lengths": _smuggle("Content-Length: 4", "Content-Length: LENGTH"),
        "two lengths, the long one first": _smuggle("Content-Length: LENGTH", "Content-Length: 4"),
        "a list of lengths": _smuggle("Content-Length: 4, LENGTH"),
        "a length with a sign": _smuggle("Content-Length: +4"),
        "a length below nought": _smuggle("Content-Length: -4"),
        "a hexadecimal length": _smuggle("Content-Length: 0x4"),
        "a length with a point": _smuggle("Content-Length: 4.0"),
        "a length with a space inside": _smuggle("Content-Length: 4 4"),
        "a length of letters": _smuggle("Content-Length: four"),
        "an empty length": _smuggle("Content-Length: "),
        "a length beyond all numbers": _smuggle("Content-Length: " + "9" * 30),
        "a length with a space before its colon": _smuggle("Content-Length : 4"),
        "chunks with a space before their colon": _smuggle("Transfer-Encoding : chunked", "Content-Length: 4"),
        "chunks and more after them": _smuggle("Transfer-Encoding: chunked, identity", "Content-Length: 4"),
        "chunks that are none": _smuggle("Transfer-Encoding: xchunked", "Content-Length: 4"),
        "chunks after a tab": _smuggle("Transfer-Encoding:\tchunked", "Content-Length: 4"),
        "chunks after a vertical tab": _smuggle("Transfer-Encoding: \x0bchunked", "Content-Length: 4"),
        "chunks in quotes": _smuggle('Transfer-Encoding: "chunked"', "Content-Length: 4"),
        "chunks twice": _smuggle("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Content-Length: 4"),
        "chunks and an unknown coding": _smuggle("Transfer-Encoding: chunked", "Transfer-Encoding: cow"),
        "chunks in capitals": _smuggle("TRANSFER-ENCODING: CHUNKED", "Content-Length: 4"),
        "chunks folded": _smuggle("Transfer-Encoding:\r\n chunked", "Content-Length: 4"),
        "chunks behind a bare line feed": _smuggle("X: y\nTransfer-Encoding: chunked", "Content-Length: 4"),
        "a chunk without end": _smuggle("Transfer-Encoding: chunked", body="F" * 17 + "\r\n" + _CHUNKED),
        "a chunk below nought": _smuggle("Transfer-Encoding: chunked", body="-1\r\n" + _CHUNKED),
        "a chunk with 0x": _smuggle("Transfer-Encoding: chunked", body="0x0\r\n\r\n" + _HIDDEN),
        "a chunk of letters": _smuggle("Transfer-Encoding: chunked", body="zz\r\n" + _CHUNKED),
        "a chunk longer than it says": _smuggle("Transfer-Encoding: chunked", body="1\r\nabc\r\n" + _CHUNKED),
        "a chunk with a megabyte of extension": _smuggle(
            "Transfer-Encoding: chunked", body="1;" + "x" * 1_000_000 + "\r\na\r\n" + _CHUNKED
        ),
        "a chunk's bare line feed": _smuggle("Transfer-Encoding: chunked", body="0\n\n" + _HIDDEN),
        "chunks in HTTP/1.0": _raw(
            "POST /v1/login HTTP/1.0", "Transfer-Encoding: chunked", "Content-Length: 4", body=_CHUNKED
        ),
        "an upgrade": _smuggle(
            "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__",
            "Content-Length: 0", body="",
        ),
    }.items()
}  # fmt: skip

CASES = _LINES | _SMUGGLED
