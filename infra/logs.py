"""The log of a process: lines on its standard error, as text or as JSON, each with its instant in UTC.

Invariant: this is the only file that says where lines go (docs/security/records.md), and a line of JSON is one event,
whatever somebody put into it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

FORMATS = ("text", "json")
_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Text(logging.Formatter):
    """For people: the instant, the level, who says it, what and its members; a traceback follows on its own lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The sentence, and what was given beside it as `name=value`; nobody begins a line of its own in it."""
        beside = (f"{name}={value}" for name, value in _more(record).items())
        said = " ".join([super().formatMessage(record), *beside])
        return "".join(one if one.isprintable() else repr(one)[1:-1] for one in said)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The instant in UTC with milliseconds."""
        return _instant(record)


class Json(logging.Formatter):
    """For programs: one object a line; what was given beside a sentence are members of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; line feeds in what is said are escaped."""
        said = _more(record) | {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps(said, default=str)


def set_up(form: str) -> None:
    """Let this process write its lines from `INFO` on, in one of `FORMATS`; its own program asks once."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _more(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _USUAL}


def _instant(record: logging.LogRecord) -> str:
    told = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")
