"""XML from outside: decoded by us, refused with a DOCTYPE, counted while it is read.

Invariant: no external thing is ever loaded, and no tree deeper, wider or larger than the limits of SEC-041 is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

from app.invoices.parsing import errors
from app.invoices.parsing.errors import Unreadable
from infra.hostile.texts import long_tag

MOST_DEPTH = 64
MOST_ATTRIBUTES = 256
MOST_ELEMENTS = 300_000
_CHUNK = 1 << 16
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*?\?>", re.DOTALL)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", re.DOTALL)
_FORBIDDEN = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# gb18030 reads what calls itself gbk or gb2312; a tax bureau's file in anything else does not exist
_CHINESE = {"gbk", "gb2312", "gb18030", "gb_2312-80", "cp936"}
_UNICODE = {"utf-8", "utf8", "us-ascii", "ascii"}


def decode(content: bytes) -> str:
    """The text of an XML file: BOM first, then UTF-8, then GB18030; raises `Unreadable` for any other encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or content[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        order = "utf-16-be" if content.startswith(b"\x00<") else "utf-16-le" if content[0] == 0x3C else "utf-16"
        return _decoded(content, order)
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    label = declared[1].decode("ascii").lower() if declared else "utf-8"
    if label not in _CHINESE | _UNICODE:
        raise Unreadable(errors.XML_ENCODING, label)
    try:
        return content.decode("utf-8-sig")  # a file that calls itself GBK but is valid UTF-8 is UTF-8
    except UnicodeDecodeError:
        return _decoded(content, "gb18030")


def read(content: bytes) -> etree._Element:
    """The root element; raises `Unreadable` for a DOCTYPE, broken XML or one over the limits."""
    text = decode(content)
    if _FORBIDDEN.search(text):
        raise Unreadable(errors.XML_DOCTYPE)
    body = _DECLARATION.sub("", text, count=1).strip()
    if not body:
        raise Unreadable(errors.XML_ILL_FORMED, "")
    content = body.encode("utf-8")
    if long_tag(content):
        raise Unreadable(errors.XML_LIMIT, "a tag over the limit")
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    count = _Count()
    try:
        return _fed(parser, content, count)
    except (etree.LxmlError, ValueError, UnicodeError) as error:
        count.over(parser)  # what stopped the parser may have been a depth that is over our limit too
        raise Unreadable(errors.XML_ILL_FORMED, str(error)[:200]) from None


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The direct children of a local name."""
    return [child for child in element if local(child) == name]


def descend(element: etree._Element, path: str) -> list[etree._Element]:
    """Every element at a path of local names below an element: absolute, never the first of a name."""
    found = [element]
    for step in path.split("/"):
        found = [child for parent in found for child in children(parent, step)]
    return found


def text(element: etree._Element, path: str) -> str:
    """The one text at a path, '' when absent; raises `Unreadable` when the file gives two different ones."""
    return one((content(found) for found in descend(element, path)), path)


def one(values: Iterator[str], path: str) -> str:
    """The only value among repetitions, '' when there is none; two readers must not be able to pick two values."""
    distinct = {value for value in values if value}
    if len(distinct) > 1:
        raise Unreadable(errors.XML_AMBIGUOUS, f"{path}: {sorted(distinct)[:3]}")
    return distinct.pop() if distinct else ""


def content(element: etree._Element) -> str:
    """The text of an element and what is inside it, stripped."""
    return "".join(str(part) for part in element.itertext()).strip()


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable(errors.XML_ENCODING, encoding) from None


def _fed(parser: etree.XMLPullParser, body: bytes, count: _Count) -> etree._Element:
    for start in range(0, len(body), _CHUNK):
        parser.feed(body[start : start + _CHUNK])
        count.over(parser)
    root: etree._Element = parser.close()
    count.over(parser)
    return root


class _Count:
    """Depth, elements and attributes seen so far: a document over a limit is left before it is all in memory."""

    def __init__(self) -> None:
        self.depth = self.elements = 0

    def over(self, parser: etree.XMLPullParser) -> None:
        """Count the events since the last time; raises `Unreadable` over a limit."""
        for event, node in parser.read_events():
            element = cast(etree._Element, node)
            if event == "end":
                self.depth -= 1
                continue
            self.depth, self.elements = self.depth + 1, self.elements + 1
            if self.depth > MOST_DEPTH or self.elements > MOST_ELEMENTS or len(element.attrib) > MOST_ATTRIBUTES:
                raise Unreadable(errors.XML_LIMIT, f"depth {self.depth}, elements {self.elements}")
