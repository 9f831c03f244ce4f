"""OFD packages that point outside, point at themselves, or are sealed over other bytes than they show."""

from __future__ import annotations

import base64
import hashlib
import zipfile

from tests.attack.files.cases import Hostile, packed, parts_of, rewritten
from tests.unit.invoices_parsing.builders import OFD_NS, einvoice, ofd, original, page

_DOCUMENT = "Doc_0/Document.xml"


def _good(**changes: bytes | str) -> dict[str, bytes | str]:
    return parts_of(ofd(attachments={"original_invoice.xml": original()})) | changes


def _replaced(name: str, old: str, new: str) -> bytes:
    parts = _good()
    text = parts[name]
    changed = (text if isinstance(text, str) else text.decode()).replace(old, new)
    return packed({**parts, name: changed})


def _document(body: str) -> bytes:
    return packed({**_good(), _DOCUMENT: f'<ofd:Document xmlns:ofd="{OFD_NS}">{body}</ofd:Document>'})


def _sealed(method: str = "1.2.156.10197.1.401", **after: bytes | str) -> bytes:
    """A package with a seal over its parts as they are; `after` is what they become once it is sealed."""
    parts = _good()
    root = str(parts["OFD.xml"], "utf-8") if isinstance(parts["OFD.xml"], bytes) else parts["OFD.xml"]
    parts["OFD.xml"] = root.replace(
        "</ofd:DocBody>", "<ofd:Signatures>Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
    )
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{_digest(part)}</ofd:CheckValue></ofd:Reference>'
        for name, part in parts.items()
        if after.get(name) != "unsealed"
    )
    sealed = {
        "Signs/Signatures.xml": f'<ofd:Signatures xmlns:ofd="{OFD_NS}"><ofd:Signature BaseLoc="/Signs/S.xml"/>'
        "</ofd:Signatures>",
        "Signs/S.xml": f'<ofd:Signature xmlns:ofd="{OFD_NS}"><ofd:SignedInfo><ofd:References CheckMethod="{method}">'
        f"{references}</ofd:References></ofd:SignedInfo></ofd:Signature>",
    }
    return packed({**parts, **sealed, **{name: part for name, part in after.items() if part != "unsealed"}})


def sealed() -> bytes:
    """A package whose seal holds, for comparison."""
    return _sealed()


def _digest(part: bytes | str) -> str:
    content = part.encode() if isinstance(part, str) else part
    return base64.b64encode(hashlib.new("sm3", content).digest()).decode()


def _many_bodies() -> bytes:
    body = f"<ofd:DocBody><ofd:DocRoot>{_DOCUMENT}</ofd:DocRoot></ofd:DocBody>"
    return packed({**_good(), "OFD.xml": f'<ofd:OFD xmlns:ofd="{OFD_NS}">{body * 51}</ofd:OFD>'})


def _twins() -> bytes:
    return packed({**_good(), "Doc_0/Document.xmX": "<a/>"}).replace(b".xmX", b".xml")


_ATTACHED = "Doc_0/Attachs/original_invoice.xml"
_INDEX = "Doc_0/Attachs/Attachments.xml"
_XXE = '<!DOCTYPE r [<!ENTITY x SYSTEM "{}">]>'
CASES = {
    "an OFD without its document": Hostile(
        "a.ofd", lambda url: ofd(attachments={"a.xml": original()}, drop=[_DOCUMENT]), "ofd.structure"),
    "an OFD without a body": Hostile("a.ofd", lambda url: packed({**_good(), "OFD.xml": "<OFD/>"}), "ofd.structure"),
    "an OFD whose root is broken": Hostile(
        "a.ofd", lambda url: packed({**_good(), "OFD.xml": "<OFD"}),
        "xml.ill_formed"),
    "an OFD whose document is broken": Hostile("a.ofd", lambda url: packed({**_good(), _DOCUMENT: "<D>"}),
                                               "xml.ill_formed"),
    "an OFD without the page of its tags": Hostile(
        "a.ofd", lambda url: ofd(tag_file="<root/>", drop=["Doc_0/Pages/Page_0/Content.xml"]),
        "invoice.no_structured_data"),
    "an OFD whose document lies outside": Hostile(
        "a.ofd", lambda url: _replaced("OFD.xml", _DOCUMENT, "../../etc/passwd"), "ofd.path_outside"),
    "an OFD whose document lies outside, from the root": Hostile(
        "a.ofd", lambda url: _replaced("OFD.xml", _DOCUMENT, "/../../etc/passwd"), "ofd.path_outside"),
    "an OFD whose document lies outside, in the manner of Windows": Hostile(
        "a.ofd", lambda url: _replaced("OFD.xml", _DOCUMENT, "..\\..\\windows\\win.ini"), "ofd.path_outside"),
    "an OFD whose page lies outside": Hostile(
        "a.ofd", lambda url: _replaced(_DOCUMENT, "Pages/Page_0/Content.xml", "../../../etc/passwd"),
        "ofd.path_outside"),
    "an OFD whose attachment lies outside": Hostile(
        "a.ofd", lambda url: _replaced(_INDEX, "original_invoice.xml", "../../../original_invoice.xml"),
        "ofd.path_outside"),
    "an OFD with an entry that climbs out": Hostile(
        "a.ofd", lambda url: packed({**_good(), "../../evil.xml": "<a/>"}), "archive.bad_name"),
    "an OFD that is its own document": Hostile(
        "a.ofd", lambda url: packed({"OFD.xml": _good()["OFD.xml"].decode().replace(_DOCUMENT, "OFD.xml")}),
        "invoice.no_structured_data"),
    "an OFD whose page is its document": Hostile(
        "a.ofd", lambda url: _document('<ofd:Pages><ofd:Page ID="1" BaseLoc="Document.xml"/></ofd:Pages>'
                                       "<ofd:CustomTags>Document.xml</ofd:CustomTags>").replace(b"Attachs", b"Xttachs"),
        "invoice.no_structured_data"),
    "an OFD with two documents": Hostile("a.ofd", lambda url: _twins(), "archive.duplicate_name"),
    "an OFD with a document and a DOCUMENT": Hostile(
        "a.ofd", lambda url: packed({**_good(), "Doc_0/DOCUMENT.XML": "<a/>"}), "archive.duplicate_name"),
    "an OFD of 201 pages": Hostile("a.ofd", lambda url: ofd(pages=[page([])] * 201), "ofd.structure"),
    "an OFD of a million pages": Hostile(
        "a.ofd", lambda url: _document("<ofd:Pages>" + '<ofd:Page ID="1"/>' * 1_000_000 + "</ofd:Pages>"),
        "archive.ratio"),
    "an OFD of 51 documents": Hostile("a.ofd", lambda url: _many_bodies(), "ofd.structure"),
    "an OFD of 110,000 texts": Hostile(
        "a.ofd", lambda url: ofd(pages=[page([(at, 1, 1, f"{at * 7919 % 100_003}") for at in range(110_000)])]),
        "xml.too_complex"),
    "an OFD whose root has an entity": Hostile(
        "a.ofd", lambda url: packed({**_good(), "OFD.xml": _XXE.format(url) + "<OFD>&x;</OFD>"}),
        "xml.forbidden_doctype"),
    "an OFD whose page has an entity": Hostile(
        "a.ofd", lambda url: ofd(pages=[_XXE.format("file:///etc/passwd") + "<Page>&x;</Page>"]),
        "xml.forbidden_doctype"),
    "an OFD whose attachment has an entity": Hostile(
        "a.ofd", lambda url: ofd(attachments={"original_invoice.xml": _XXE.format(url) + "<a>&x;</a>"}),
        "xml.forbidden_doctype"),
    "an OFD with a zip for an attachment": Hostile(
        "a.ofd", lambda url: packed({**_good(), _ATTACHED: packed({"a.xml": einvoice()})}),
        "invoice.no_structured_data"),
    "an OFD that is encrypted": Hostile(
        "a.ofd", lambda url: rewritten(packed(_good()), 6, 8, 1, "<H"), "archive.encrypted"),
    "an OFD packed by bzip2": Hostile("a.ofd", lambda url: packed(_good(), zipfile.ZIP_BZIP2), "archive.method"),
    "an OFD whose invoice was changed after it was sealed": Hostile(
        "a.ofd", lambda url: _sealed(**{_ATTACHED: original(net="100000.00", tax="6000.00", gross="106000.00")}),
        "ofd.seal_broken"),
    "an OFD whose seal leaves the invoice out": Hostile("a.ofd", lambda url: _sealed(**{_ATTACHED: "unsealed"}),
                                                        "ofd.seal_broken"),
    "an OFD sealed in an unknown manner": Hostile("a.ofd", lambda url: _sealed("MD5"), "ofd.seal_broken"),
    "an OFD whose seal is missing": Hostile(
        "a.ofd", lambda url: packed({n: p for n, p in parts_of(_sealed()).items() if n != "Signs/S.xml"}),
        "ofd.seal_broken"),
}  # fmt: skip
