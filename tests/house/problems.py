"""`docs/problems.md` from the catalogue of refusals; `python -m tests.house.problems` writes it anew."""

from __future__ import annotations

from collections.abc import Mapping

from infra.errors import Message
from tests.house.refusals import catalogue
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "problems.md"
_HEAD = """# Problems · 错误代码

Every refusal has one stable code, in `code` of the problem body (RFC 9457) or in `errors[].code`; `params` fill the
braces. A code is never reused for another meaning. Codes without a status are violations of a request (422) or the
reasons of a work item. This page is generated from the code (`python -m tests.house.problems`) and checked in CI.

每个拒绝都有一个稳定的代码，见问题正文的 `code` 或 `errors[].code`；花括号由 `params` 填入。
代码不改作他用。没有状态码的是请求中的违规项（422）或待办事项的原因。本页由程序生成，并在持续集成中核对。

| code | status | 中文 | English |
|---|---|---|---|
"""


def page(messages: Mapping[str, Message]) -> str:
    """The whole page."""
    return _HEAD + "".join(_row(message) for message in messages.values())


def _row(message: Message) -> str:
    cells = (f"`{message.code}`", str(message.status or ""), message.zh, message.en)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(catalogue()))
