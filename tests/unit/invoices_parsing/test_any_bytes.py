"""For any bytes whatever: invoices that hold together or registered refusals, in bounded time."""

from __future__ import annotations

import io
import os
import zipfile
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.invoices.parsing.service import parse
from app.invoices.parsing.types import KINDS, Parsed
from app.kernel.money import fen
from infra.errors import CATALOGUE

from .builders import (
    HEAD,
    HEAD_TAGS,
    LINE_TAGS,
    LINES,
    REAL_OFD,
    SUM_TAGS,
    SUMS,
    TITLE,
    air,
    einvoice,
    export,
    ofd,
    old_invoice_xbrl,
    original,
    page,
    rail,
    row,
    tags,
    zipped,
)  # fmt: skip

EXAMPLES = int(os.environ.get("ZHANGFANG_EXAMPLES", "60"))
QUICK = settings(max_examples=EXAMPLES, deadline=5000, suppress_health_check=[HealthCheck.too_slow])


@cache
def seeds() -> list[bytes]:
    """Real files and one synthetic file a format."""
    real = [path.read_bytes() for path in sorted(REAL_OFD.glob("*.ofd"))]
    tagged = ofd(
        tag_file=tags([*HEAD_TAGS, *SUM_TAGS, *LINE_TAGS]), pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE]
    )
    made = [
        einvoice().encode(),
        original().encode(),
        old_invoice_xbrl().encode(),
        rail().encode(),
        air().encode(),
        tagged,
        export([row()], [row()]),
        zipped({"xml/1.xml": einvoice(), "pdf/1.pdf": b"%PDF"}),
    ]
    assert len(real) >= 4
    return real + made


def holds(parsed: Parsed) -> None:
    """What a caller may rely on, whatever the bytes were."""
    assert parsed.items or parsed.refused
    for refusal in parsed.refused:
        assert refusal.code in CATALOGUE
        assert refusal.code != "file.parser_failed"
    for invoice in parsed.items:
        assert invoice.net + invoice.tax == invoice.gross == fen(invoice.gross)
        assert invoice.number.isascii() and invoice.number.isdigit()
        assert invoice.kind in KINDS
        assert all(problem.code in CATALOGUE for problem in invoice.problems)


@QUICK
@given(st.binary(max_size=2000), st.sampled_from([b"", b"<", b"PK\x03\x04", b"\xff\xfe<\0", b"<?xml"]))
def test_random_bytes(content, head):
    holds(parse("x", head + content))


@QUICK
@given(st.data())
def test_truncated_files(data):
    content = data.draw(st.sampled_from(seeds()))
    holds(parse("x", content[: data.draw(st.integers(0, len(content)))]))


@QUICK
@given(st.data())
def test_files_with_flipped_bytes(data):
    content = bytearray(data.draw(st.sampled_from(seeds())))
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(1, 255))
    for at, flip in data.draw(st.lists(places, min_size=1, max_size=12)):
        content[at] ^= flip
    holds(parse("x", bytes(content)))


@QUICK
@given(st.data())
def test_archives_whose_parts_are_missing_broken_or_exchanged(data):
    content = data.draw(st.sampled_from([seed for seed in seeds() if seed.startswith(b"PK")]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    for name in data.draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=3, unique=True)):
        fate = data.draw(st.sampled_from(["drop", "cut", "flip", "exchange"]))
        part = bytearray(parts.pop(name))
        if fate == "cut":
            parts[name] = bytes(part[: data.draw(st.integers(0, len(part)))])
        elif fate == "flip" and part:
            part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
            parts[name] = bytes(part)
        elif fate == "exchange" and parts:
            parts[name] = parts[data.draw(st.sampled_from(sorted(parts)))]
    holds(parse("x", zipped(parts)))


@QUICK
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_in_any_field(one, two, three):
    safe = [
        text.encode("utf-8", "replace").decode().translate(str.maketrans({"<": "", "&": "", ">": ""}))
        for text in (one, two, three)
    ]
    holds(parse("x", einvoice(net=safe[0], requested=safe[1], buyer=safe[2]).encode()))
    cells = [text[:50] for text in safe]
    holds(parse("x", ofd(custom={"发票号码": cells[0] or "1", "合计金额": cells[1], "合计税额": cells[2]})))


@QUICK
@given(
    st.one_of(
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(2**60), 2**60),
        st.text(max_size=20),
        st.booleans(),
    )
)
def test_any_cell_in_an_export(cell):
    holds(parse("x", export([row(金额=cell)], [row(金额=cell)])))
    holds(parse("x", export([row(数电发票号码=cell)])))
