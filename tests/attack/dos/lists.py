"""Lists and reports asked for in ways that would read too much: `limit` tricks, cursors of rubbish, endless ranges."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from tests.attack.dos.cases import Attack, ask

_LISTS = ("/v1/books", "/v1/books/{book_id}/vouchers", "/v1/books/{book_id}/accounts", "/v1/jobs")


def _get(path: str, code: str) -> Attack:
    return Attack(lambda target: ask(target, "GET", path), code)


_LIMITS = (
    "0",
    "-1",
    "201",
    "1000000000",
    "9" * 4_000,
    "1e3",
    "0x10",
    "１００",
    "+5",
    " 5",
    "5.0",
    "",
    "null",
    "5;6",
    "5,6",
)
_TRICKS = {
    f"limit={limit[:12]!r} of {path}": _get(f"{path}?limit={quote(limit)}", "request.invalid")
    for path in _LISTS[:2]
    for limit in _LIMITS
} | {
    "limit twice": _get("/v1/books?limit=5&limit=100000", "request.unknown_parameter"),
    "a limit by another name": _get("/v1/books?page_size=100000", "request.unknown_parameter"),
    "a limit as a list": _get("/v1/books?limit[]=100000", "request.unknown_parameter"),
    "an expansion": _get("/v1/books?expand=vouchers.lines.account.book.vouchers", "request.unknown_parameter"),
}

_DEEP = base64.urlsafe_b64encode(b"[" * 4_000).decode()
_CURSORS = {
    "nothing much": "x",
    "7 kB": "A" * 7_000,
    "deep JSON": _DEEP,
    "all rows": base64.urlsafe_b64encode(json.dumps({"after": ["0"], "limit": 10**9}).encode()).decode(),
    "SQL": base64.urlsafe_b64encode(b"' or 1=1 --").decode(),
    "NUL": "%00",
    "bytes": "%ff%fe",
    "a newline": "a%0d%0aX: y",
    "Chinese": quote("游标" * 100),
    "padding": "=" * 500,
    "a pickle": base64.urlsafe_b64encode(b"\x80\x04cos\nsystem\n(S'x'\ntR.").decode(),
}
_RUBBISH = {
    f"a cursor of {name} for {path}": _get(f"{path}?cursor={cursor}", "")
    for path in _LISTS
    for name, cursor in _CURSORS.items()
}

_RANGED = ("trial-balance", "general-ledger", "voucher-summary", "item-balances", "subsidiary-ledger", "day-journal")
_RANGES = {
    f"{report} from {start} to {end}": _get(f"/v1/books/{{book_id}}/{report}?period_from={start}&period_to={end}", "")
    for report in _RANGED
    for start, end in (("0001-01", "9999-12"), ("2026-12", "2026-01"), ("2026-00", "2026-13"), ("1900-01", "2900-12"))
}
_FILTERS = {
    "a query of 9 kB": _get("/v1/books/{book_id}/vouchers?q=" + "a" * 9_000, "request.too_complex"),
    "a query of 60 kB": _get("/v1/books/{book_id}/vouchers?q=" + "a" * 60_000, "request.too_complex"),
    "a search of 7 kB": _get("/v1/books/{book_id}/vouchers?q=" + "%25_" * 1_700, "request.invalid"),
    "101 parameters": _get("/v1/books?" + "&".join(f"a{n}=1" for n in range(101)), "request.too_complex"),
    "7,000 ampersands and a name": _get("/v1/books?" + "&" * 7_000 + "x", "request.unknown_parameter"),
    "a search with NUL": _get("/v1/books/{book_id}/vouchers?q=%00", "request.invalid"),
    "numbers from nought to everything": _get(
        "/v1/books/{book_id}/vouchers?number_from=0&number_to=" + "9" * 30, "request.invalid"
    ),
    "amounts without end": _get("/v1/books/{book_id}/vouchers?amount_gte=" + "9" * 400 + ".00", "request.invalid"),
}

CASES = _TRICKS | _RUBBISH | _RANGES | _FILTERS
