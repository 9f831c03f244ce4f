"""What makes a file from outside unreadable, as codes with both languages; readers raise nothing else for it."""

from __future__ import annotations

from infra.errors import Message, register


class Unreadable(Exception):
    """This part cannot be trusted; carries the registered code and the facts."""

    def __init__(self, message: Message, detail: str = "") -> None:
        self.code = message.code
        self.detail = detail[:300]
        super().__init__(self.code, self.detail)


FILE_TOO_LARGE = register("file.too_large", "文件或其中一项超过大小上限", "the file or an entry is over the size limit")
FILE_UNREADABLE = register("file.unreadable", "文件已损坏，无法读取", "the file is damaged and cannot be read")
FILE_BAD_NAME = register("file.bad_name", "文件名不安全", "an unsafe name of a file")
FILE_MISMATCH = register(
    "file.type_mismatch",
    "文件内容与扩展名或声明的类型不符",
    "the name or the declared type says something else",
)
FILE_POLYGLOT = register("file.polyglot", "文件同时是两种格式", "the file is two formats at once")
FILE_MALWARE = register("file.malware", "文件含有恶意代码", "the file holds malware")
ARCHIVE_DAMAGED = register("archive.damaged", "压缩包已损坏", "the archive is damaged")
ARCHIVE_TOO_MANY = register("archive.too_many_entries", "压缩包内文件过多", "too many entries in the archive")
ARCHIVE_RATIO = register(
    "archive.ratio", "压缩比异常，疑似压缩炸弹", "the compression ratio is that of an archive bomb"
)
ARCHIVE_ENCRYPTED = register("archive.encrypted", "压缩包已加密", "the archive is encrypted")
ARCHIVE_METHOD = register(
    "archive.method", "压缩包用了不支持的压缩方法", "the archive is compressed by an unknown method"
)
ARCHIVE_BAD_NAME = register("archive.bad_name", "压缩包内的文件名不安全", "an unsafe name in the archive")
ARCHIVE_DUPLICATE = register("archive.duplicate_name", "压缩包内有同名文件", "two entries of the archive share a name")
ARCHIVE_OVERLAP = register("archive.overlap", "压缩包内的文件相互重叠", "entries of the archive overlap")
ARCHIVE_LINK = register("archive.link", "压缩包内有符号链接", "the archive holds a symbolic link")
XML_DOCTYPE = register(
    "xml.forbidden_doctype", "XML 含有 DOCTYPE 或实体声明", "the XML declares a DOCTYPE or an entity"
)
XML_ILL_FORMED = register("xml.ill_formed", "XML 格式不良", "the XML is not well-formed")
XML_ENCODING = register("xml.encoding", "XML 的字符编码无法辨认", "the encoding of the XML is not readable")
WORKBOOK_LIMIT = register("workbook.too_large", "工作簿的行或单元格过多", "the workbook has too many rows or cells")
