"""How a reading in a sandbox ends without an answer; the file is to blame, so they are codes of files."""

from __future__ import annotations

from infra.errors import Unavailable, register

FILE_TOO_SLOW = register("file.too_slow", "读取超时，已中止", "reading took too long and was stopped")
FILE_TOO_HEAVY = register(
    "file.too_heavy", "读取占用内存或结果过大，已中止", "reading took too much memory or found too much"
)
FILE_CRASHED = register("file.reader_crashed", "读取程序崩溃，已隔离", "the reader crashed in its sandbox")
PARSER_FAILED = register(
    "file.parser_failed", "读取程序出错，请人工处理", "the parser failed; a person must look at the file"
)


class SandboxUnavailable(Unavailable):
    """No sandbox can be started here."""

    code = "sandbox.unavailable"
    zh = "文件读取沙箱暂时无法启动。"
    en = "The sandbox that reads files cannot be started now."
