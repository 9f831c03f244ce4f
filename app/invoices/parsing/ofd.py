"""The package of an OFD (GB/T 33190): which documents it holds, their pages' texts, attachments and tag files.

Invariant: parts are found through OFD.xml and Document.xml, never through usual names alone, and never outside the
package; a hostile part (DOCTYPE, over a limit) refuses the whole file, a merely damaged one is reported and left out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from app.invoices.parsing import errors, figures, markup
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.markup import children, content, descend, local
from app.invoices.parsing.ofd_seal import Seal
from app.invoices.parsing.rules import problem
from app.invoices.parsing.types import Problem
from infra.hostile.archive import MOST_ENTRIES, Archive

MOST_DOCUMENTS = 50
MOST_PAGES = 200
MOST_OBJECTS = 100_000
_DAMAGED = {errors.XML_ILL_FORMED.code, errors.XML_ENCODING.code, errors.ARCHIVE_DAMAGED.code}


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text object (文字对象) of a page: its text, page index and place in millimetres from the top left."""

    id: str
    text: str
    page: int
    x: float
    y: float


@dataclass(slots=True)
class Document:
    """One document of the package with everything that may hold invoice facts.

    `texts` has the objects by (page or template id, object id), `in_order` the pages' own ones as they stand,
    `template_texts` what the templates print (the title); `problems` names the parts that were missing or damaged.
    """

    custom_data: dict[str, str]
    attachments: list[tuple[str, etree._Element]] = field(default_factory=list)
    tags: list[etree._Element] = field(default_factory=list)
    texts: dict[tuple[str, str], TextObject] = field(default_factory=dict)
    in_order: list[TextObject] = field(default_factory=list)
    template_texts: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_documents(archive: Archive) -> list[Document]:
    """Every document (DocBody) of the package; raises `Unreadable` when its structure cannot be followed."""
    name = archive.find("OFD.xml")
    if name is None:
        raise Unreadable(errors.OFD_STRUCTURE, "OFD.xml")
    bodies = descend(markup.read(archive.read(name)), "DocBody")
    if not bodies or len(bodies) > MOST_DOCUMENTS:
        raise Unreadable(errors.OFD_STRUCTURE, f"DocBody: {len(bodies)}")
    return [_Opener(archive, name, body, alone=len(bodies) == 1).document for body in bodies]


class _Opener:
    """Follows one DocBody through the package."""

    def __init__(self, archive: Archive, root: str, body: etree._Element, alone: bool) -> None:
        self.archive = archive
        self.document = Document(_custom_data(body))
        location = markup.text(body, "DocRoot")
        entry = archive.find(resolve(root, location)) if location else None
        if entry is None:
            raise Unreadable(errors.OFD_STRUCTURE, location or "DocRoot")
        self.base = entry
        self.seal = Seal(archive, root, body)
        self.root = self._structure()
        self._pages()
        self._attachments(alone)
        self._tags(alone)

    def _structure(self) -> etree._Element:
        """Document.xml; one that was changed after it was sealed is a doubt, for producers add seals one by one."""
        part = self.archive.read(self.base)
        try:
            self.seal.check(self.base, part)
        except Unreadable as refusal:
            self.document.problems.append(problem(errors.OFD_SEAL, refusal.detail))
        return markup.read(part)

    def _part(self, base: str, reference: str) -> tuple[str, etree._Element] | None:
        """A part by its reference, or None with a problem when it is missing or damaged."""
        return self._at(resolve(base, reference))

    def _at(self, path: str) -> tuple[str, etree._Element] | None:
        entry = self.archive.find(path)
        if entry is None:
            self.document.problems.append(problem(errors.OFD_PART_MISSING, figures.clean(path)))
            return None
        return self._loaded(entry)

    def _loaded(self, entry: str) -> tuple[str, etree._Element] | None:
        try:
            part = self.archive.read(entry)
            self.seal.check(entry, part)
            return entry, markup.read(part)
        except Unreadable as refusal:
            if refusal.code not in _DAMAGED:
                raise
            self.document.problems.append(problem(errors.OFD_PART_DAMAGED, f"{entry}: {refusal.detail}"))
            return None

    def _pages(self) -> None:
        pages = descend(self.root, "Pages/Page")
        if not pages:
            self.document.problems.append(problem(errors.OFD_PART_MISSING, "Pages"))
        if len(pages) > MOST_PAGES:
            raise Unreadable(errors.OFD_STRUCTURE, f"Pages: {len(pages)}")
        for index, page in enumerate(pages):
            part = self._part(self.base, page.get("BaseLoc", ""))
            for text in _text_objects(part[1], index) if part else ():
                self.document.texts.setdefault((page.get("ID", ""), text.id), text)
                self.document.in_order.append(text)
                if len(self.document.in_order) > MOST_OBJECTS:
                    raise Unreadable(errors.XML_LIMIT, f"TextObject: > {MOST_OBJECTS}")
        for template in descend(self.root, "CommonData/TemplatePage")[:MOST_PAGES]:
            part = self._part(self.base, template.get("BaseLoc", ""))
            for text in _text_objects(part[1], 0) if part else ():
                self.document.texts.setdefault((template.get("ID", ""), text.id), text)
                self.document.template_texts.append(text.text)

    def _attachments(self, alone: bool) -> None:
        named = []
        for base, item in self._listed("Attachments", "Attachment"):
            path = markup.text(item, "FileLoc")
            if path and {path.lower().rpartition(".")[2], item.get("Format", "").lower()} & {"xml", "xbrl"}:
                named.append((base, path))
        if not named and alone:  # some producers ship the attachment without naming it
            named = self._unnamed({"attachs", "attachments"}, "attachments.xml")
        self.document.attachments = self._parts(named)

    def _tags(self, alone: bool) -> None:
        named = [(base, markup.text(item, "FileLoc")) for base, item in self._listed("CustomTags", "CustomTag")]
        if not named and alone:
            named = self._unnamed({"tags"}, "customtags.xml")
        self.document.tags = [root for _, root in self._parts(named)]

    def _parts(self, named: Iterable[tuple[str, str]]) -> list[tuple[str, etree._Element]]:
        """The parts of references, each read once however often it is named; no more than a package can hold."""
        paths: dict[str, str] = {}
        for base, reference in named:
            path = resolve(base, reference)
            paths.setdefault(path.casefold(), path)
            if len(paths) > MOST_ENTRIES:
                raise Unreadable(errors.OFD_STRUCTURE, f"> {MOST_ENTRIES} parts")
        return [part for path in paths.values() if (part := self._at(path))]

    def _listed(self, reference: str, item: str) -> Iterator[tuple[str, etree._Element]]:
        """The items of an index file that the document refers to, each with the index's own path."""
        for index, root in self._parts((self.base, content(location)) for location in descend(self.root, reference)):
            yield from ((index, element) for element in children(root, item))

    def _unnamed(self, folders: set[str], index: str) -> list[tuple[str, str]]:
        """The XML entries in folders of these names, but for the index itself, as references from the root."""
        found = []
        for entry in self.archive.names:
            *above, name = entry.casefold().split("/")
            if folders & set(above) and name.endswith(".xml") and name != index:
                found.append(("", f"/{entry}"))
        return found


def _custom_data(body: etree._Element) -> dict[str, str]:
    pairs = ((item.get("Name", ""), content(item)) for item in descend(body, "DocInfo/CustomDatas/CustomData"))
    found: dict[str, str] = {}
    for name, value in pairs:
        if value and found.setdefault(name, value) != value:
            raise Unreadable(errors.XML_AMBIGUOUS, name)
    return found


def _text_objects(page: etree._Element, index: int) -> Iterator[TextObject]:
    for element in page.iter():
        if local(element) != "TextObject":
            continue
        codes = [child for child in element if local(child) == "TextCode"]
        box = [_number(part) for part in element.get("Boundary", "").split()[:2]]
        left, top = box if len(box) == 2 else (0.0, 0.0)
        text = "".join(code.text or "" for code in codes)
        offset_x, offset_y = (_number(codes[0].get(axis, "0")) for axis in ("X", "Y")) if codes else (0.0, 0.0)
        yield TextObject(element.get("ID", ""), text, index, left + offset_x, top + offset_y)


def _number(text: str) -> float:
    """A coordinate in millimetres, where a float is what it is; 0 for anything that is none."""
    value = figures.plain(text)
    return float(value) if value is not None and abs(value) < 10_000 else 0.0


def resolve(base: str, reference: str) -> str:
    """A path inside an OFD: absolute from the package's root, else relative to the file that names it (`base`).

    Raises `Unreadable` when it leaves the package.
    """
    reference = reference.strip().replace("\\", "/")
    joined = reference.lstrip("/") if reference.startswith("/") else posixpath.join(posixpath.dirname(base), reference)
    path = posixpath.normpath(joined)
    if path.startswith(("..", "/")) or "\0" in path:
        raise Unreadable(errors.OFD_PATH, figures.clean(reference)[:120])
    return path
