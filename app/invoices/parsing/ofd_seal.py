"""The seal of an OFD (GB/T 33190 chapter 18): which parts were signed, and whether they are the parts we read.

Invariant: in a signed package no fact is taken from a part that its signatures do not cover byte for byte (SEC-044);
who signed is not judged: the seal's own certificate (GB/T 38540, SM2) is beyond this reader.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath

from lxml import etree

from app.invoices.parsing import errors, markup
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.markup import content, descend
from infra.hostile.archive import Archive

_METHODS = {"1.2.156.10197.1.401": "sm3", "SM3": "sm3", "SHA256": "sha256", "SHA-256": "sha256"}
_MOST_REFERENCES = 2_000


class Seal:
    """The digests of the signed parts of a package by their path; none when the package is not signed."""

    def __init__(self, archive: Archive, root: str, body: etree._Element) -> None:
        self._digests: dict[str, list[tuple[str, bytes]]] = {}
        self.signed = False
        for location in descend(body, "Signatures"):
            index = _resolved(archive, root, content(location))
            for signature in descend(markup.read(archive.read(index)), "Signature"):
                self.signed = True
                self._gather(archive, _resolved(archive, index, signature.get("BaseLoc", "")))

    def _gather(self, archive: Archive, entry: str) -> None:
        for references in descend(markup.read(archive.read(entry)), "SignedInfo/References"):
            method = _METHODS.get(references.get("CheckMethod", "").upper())
            listed = descend(references, "Reference")
            if method is None or len(listed) > _MOST_REFERENCES:
                raise Unreadable(errors.OFD_SEAL, references.get("CheckMethod", "")[:60])
            for reference in listed:
                part = _resolved(archive, entry, reference.get("FileRef", ""))
                value = _decoded(markup.text(reference, "CheckValue"))
                self._digests.setdefault(part, []).append((method, value))

    def check(self, entry: str, part: bytes) -> None:
        """Raise `Unreadable` unless a part of a signed package is what every signature over it says."""
        digests = self._digests.get(entry)
        if self.signed and not (digests and all(hashlib.new(method, part).digest() == v for method, v in digests)):
            raise Unreadable(errors.OFD_SEAL, entry)


def _resolved(archive: Archive, base: str, reference: str) -> str:
    joined = reference.lstrip("/") if reference.startswith("/") else posixpath.join(posixpath.dirname(base), reference)
    entry = archive.find(posixpath.normpath(joined.strip().replace("\\", "/")))
    if entry is None:
        raise Unreadable(errors.OFD_SEAL, reference[:120])
    return entry


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Unreadable(errors.OFD_SEAL, "CheckValue") from None
