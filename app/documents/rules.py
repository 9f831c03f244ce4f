"""What a file may be called and how large it may be; pure."""

from __future__ import annotations

import re
import unicodedata

from app.documents.errors import DocumentTooLarge
from app.documents.types import MAX_BYTES, Incoming
from infra.files import OCTETS

MAX_NAME = 255
_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")


def accept(incoming: Incoming) -> Incoming:
    """The file under a harmless name and media type; raises `DocumentTooLarge` (API-111)."""
    name = safe_name(incoming.filename)
    if len(incoming.content) > MAX_BYTES:
        raise DocumentTooLarge(filename=name, max_bytes=MAX_BYTES)
    media = incoming.content_type.partition(";")[0].strip().lower()
    return Incoming(name, media if _MEDIA.fullmatch(media) else OCTETS, incoming.content)


def safe_name(filename: str) -> str:
    """The last part of a path in NFC, without control and format characters, at most 255 with its extension kept."""
    last = re.split(r"[/\\]", filename)[-1]
    visible = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    name = " ".join(visible.split()).lstrip(".") or "file"
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(extension) <= 10:
        return stem[: MAX_NAME - len(extension) - 1] + dot + extension
    return name[:MAX_NAME]
