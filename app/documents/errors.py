"""What the archive of source documents refuses."""

from infra.errors import NotFound, RuleViolation, TooLarge, register

UNREAD = register(
    "document.unread",
    "尚未识别，且已没有任务会识别它；请重新识别",
    "it was not read, and no job is going to read it; have it read again",
)


class DocumentNotFound(NotFound):
    """No such document in this book."""

    code = "document.not_found"
    zh = "找不到该原始凭证。"
    en = "No such document."


class DocumentTooLarge(TooLarge):
    """One file is over the limit of a file."""

    code = "upload.too_large"
    zh = "文件 {filename} 超过 {max_bytes} 字节。"
    en = "The file {filename} is over {max_bytes} bytes."


class DocumentAltered(RuleViolation):
    """The stored file is not the one that was uploaded."""

    code = "document.altered"
    zh = "存档文件与上传时不一致。"
    en = "The stored file is not the one that was uploaded."
