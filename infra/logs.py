"""The log of a process: lines on its standard error, as text or as JSON, each with its instant in UTC.

Invariant: this is the only file that says where lines go (docs/security/records.md), and a line of JSON is one event,
whatever somebody put into it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FORMATS = ("text", "json")


class Text(logging.Formatter):
    """For people: the instant, the level, who says it and what; a traceback follows on lines of its own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The instant in UTC with milliseconds."""
        return _instant(record)


class Json(logging.Formatter):
    """For programs: one object a line, members always the same."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; line feeds in what is said are escaped."""
        said = {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps(said, ensure_ascii=False)


def set_up(form: str) -> None:
    """Let this process write its lines from `INFO` on, in one of `FORMATS`; its own program asks once."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _instant(record: logging.LogRecord) -> str:
    told = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")
