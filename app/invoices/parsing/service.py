"""The door of the parsers: bytes in, invoices and coded refusals out, for any bytes whatever.

Invariant: the format is told by the content, never by the name; `parse` is pure, and what a file
does to it comes back as a refusal.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import partial

from app.invoices.parsing import einvoice, errors, markup, ofd_invoice, portal, rules, xbrl
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.readings import Reading
from app.invoices.parsing.types import Parsed, ParsedInvoice, Refused
from infra.hostile import faces, workbook
from infra.hostile.archive import Archive, Budget, open_archive
from infra.hostile.signatures import known_malware

# a part that only one kind of package has
_PACKAGES = (("OFD.xml", "ofd"), ("xl/workbook.xml", "xlsx"), ("[Content_Types].xml", "office"))
_ACTIVE = ("xl/vbaproject", "xl/externallinks/", "xl/macrosheets/", "xl/embeddings/", "xl/activex/")
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
# over the whole upload's limits: what was read before is not kept either
_HOSTILE = {
    errors.FILE_MALWARE.code, errors.FILE_TOO_LARGE.code, errors.ARCHIVE_RATIO.code, errors.ARCHIVE_TOO_MANY.code,
    errors.ARCHIVE_OVERLAP.code,
}  # fmt: skip
_Found = tuple[list[ParsedInvoice], list[Refused]]


def parse(name: str, content: bytes, declared: str = "") -> Parsed:
    """Read every invoice of one file (数电票 XML, OFD, XBRL, 全量发票查询导出结果, a zip of these).

    `declared` is the media type its uploader gave, '' for none. Raises nothing but `MemoryError`.
    """
    try:
        faces.check_name(name)
        if not content:
            raise Unreadable(errors.FILE_EMPTY)
        if len(content) > faces.MOST_CONTAINER:
            raise Unreadable(errors.FILE_TOO_LARGE, f"{len(content)} bytes")
        items, refused = _read(name, content, Budget(), declared, inside=False)
    except Unreadable as refusal:
        return Parsed(name, refused=(Refused(name, refusal.code, refusal.detail),))
    except MemoryError:
        raise
    except Exception as error:  # the last net: a fault of ours must not stop the neighbours' import
        return Parsed(name, refused=(Refused(name, errors.PARSER_FAILED.code, type(error).__name__),))
    return Parsed(name, tuple(items), tuple(refused))


def _read(name: str, content: bytes, budget: Budget, declared: str, inside: bool) -> _Found:
    if not content.strip():
        raise Unreadable(errors.FILE_EMPTY)
    if found := known_malware(content):
        raise Unreadable(errors.FILE_MALWARE, found)
    kind = faces.kind(content)
    faces.check_single(content, kind)
    if kind == "zip":
        return _archive(name, content, budget, declared, inside)
    faces.check_claims(kind, name, declared)
    if kind == "xml":
        return _xml(name, content)
    known = kind != "unknown" and (kind != "text" or faces.is_table(name))
    raise Unreadable(errors.FILE_UNSUPPORTED if known else errors.FILE_UNKNOWN, kind)


def _xml(name: str, content: bytes) -> _Found:
    root = markup.read(content)
    readers: list[Callable[[], Reading]] = []
    readers += [partial(einvoice.read, found, "einvoice_xml") for found in einvoice.find(root)]
    readers += [partial(einvoice.read_original, found) for found in einvoice.find_original(root)]
    if not readers and xbrl.is_instance(root):
        readers = [partial(xbrl.read, root, "xbrl")]
    if not readers:
        raise Unreadable(errors.XML_NO_INVOICE, markup.local(root)[:60])
    items, refused = [], []
    for reader in readers:
        try:
            items.append(rules.judge(reader(), name))
        except Unreadable as refusal:
            refused.append(Refused(name, refusal.code, refusal.detail))
    return items, refused


def _archive(name: str, content: bytes, budget: Budget, declared: str, inside: bool) -> _Found:
    archive = open_archive(content, budget)
    kind = next((kind for part, kind in _PACKAGES if archive.find(part)), "zip")
    faces.check_claims(kind, name, declared)
    if kind == "ofd":
        return ofd_invoice.read(archive, name)
    if kind == "xlsx":
        if any(part.casefold().startswith(_ACTIVE) for part in archive.names):
            raise Unreadable(errors.WORKBOOK_ACTIVE)
        return portal.read(workbook.read(archive), name)
    if kind == "office":
        raise Unreadable(errors.FILE_UNSUPPORTED, kind)
    if inside:
        raise Unreadable(errors.ARCHIVE_NESTED)
    return _bundle(name, archive, budget)


def _bundle(name: str, archive: Archive, budget: Budget) -> _Found:
    """A zip of invoice files; the PDF or picture beside an invoice that was read is its twin, not an error."""
    items: list[ParsedInvoice] = []
    refused: list[Refused] = []
    pictures: list[tuple[str, Unreadable]] = []
    for entry in archive.names:
        if entry.startswith("__MACOSX/") or posixpath.basename(entry).casefold() in _LITTER:
            continue
        try:
            found, rejected = _read(f"{name}/{entry}", archive.read(entry), budget, "", inside=True)
        except Unreadable as refusal:
            if refusal.code in _HOSTILE:
                raise
            if refusal.code == errors.FILE_UNSUPPORTED.code:
                pictures.append((entry, refusal))
            else:
                refused.append(Refused(f"{name}/{entry}", refusal.code, refusal.detail))
            continue
        items += found
        refused += rejected
    refused += [Refused(f"{name}/{entry}", refusal.code, refusal.detail) for entry, refusal in pictures
                if not _is_twin(entry, items)]  # fmt: skip
    if not items and not refused:
        raise Unreadable(errors.ARCHIVE_NOTHING)
    return items, refused


def _is_twin(entry: str, items: list[ParsedInvoice]) -> bool:
    stem = _stem(entry)
    return any(stem == _stem(item.source_file) or item.number in stem for item in items)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0].casefold()
