"""Tables in plain text: no invoice is read from them, whatever they hold."""

from __future__ import annotations

from tests.attack.files.cases import Hostile

_IGNORED, _UNKNOWN = "file.unsupported_format", "file.unknown_format"
_HEAD = "发票号码,金额\n"
_MADE: dict[str, tuple[object, str]] = {
    "a formula": (lambda url: _HEAD + f'=HYPERLINK("{url}"),1\n', _IGNORED),
    "a call to a program": (lambda url: _HEAD + "=cmd|' /C calc'!A0,1\n+1,-1,@SUM(1)\n", _IGNORED),
    "formulas in full-width signs": (lambda url: _HEAD + "＝1+1,＋1,－1,＠A1\n", _IGNORED),
    "a formula behind a tab": (lambda url: _HEAD + "\t=1+1,\r=1\n", _IGNORED),
    "GBK": (lambda url: _HEAD.encode("gbk"), _IGNORED),
    "GB18030 of four bytes": (lambda url: (_HEAD + "𠀀").encode("gb18030"), _IGNORED),
    "UTF-8 and GBK mixed": (lambda url: _HEAD.encode() + _HEAD.encode("gbk"), _IGNORED),
    "UTF-16": (lambda url: _HEAD.encode("utf-16"), _UNKNOWN),
    "UTF-16 without a mark": (lambda url: _HEAD.encode("utf-16-be"), _UNKNOWN),
    "NUL bytes": (lambda url: _HEAD.encode() + b"\0" * 1000, _UNKNOWN),
    "a line of 19 MB": (lambda url: _HEAD + "1," * 9_500_000, _IGNORED),
    "a line beyond every limit": (lambda url: "1" * 21_000_000, "file.too_large"),
    "a quote without end": (lambda url: _HEAD + '"' + "a\n" * 100_000, _IGNORED),
    "a million quotes": (lambda url: _HEAD + '"' * 1_000_001, _IGNORED),
    "a million columns": (lambda url: "," * 1_000_000 + "\n", _IGNORED),
    "nothing but blanks": (lambda url: " \n" * 100_000, "file.empty"),
}
CASES = {f"a table of {words}": Hostile("a.csv", make, code) for words, (make, code) in _MADE.items()}  # type: ignore[arg-type]
