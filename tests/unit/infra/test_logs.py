"""Lines of the process's log: one event is one line of JSON that a program reads, with its instant in UTC."""

from __future__ import annotations

import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import logs

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def _record(message: str, *args: object, fails: bool = False) -> logging.LogRecord:
    try:
        raise ValueError("what was\nnot to be")
    except ValueError:
        failure = sys.exc_info() if fails else None
    return logging.LogRecord("app.x", logging.WARNING, "x.py", 1, message, args, failure)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_line_for_programs_is_one_line_whatever_is_in_it(said: str) -> None:
    line = logs.Json().format(_record("refused: who=%s", said, fails=True))
    assert len(line.splitlines()) == 1
    read = json.loads(line)
    assert (read["message"], read["level"], read["logger"]) == (f"refused: who={said}", "WARNING", "app.x")
    assert re.fullmatch(INSTANT, read["at"]) and "ValueError: what was\nnot to be" in read["error"]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_nobody_forges_a_line_for_people(said: str) -> None:
    assert len(logs.Text().format(_record("refused: who=%s", said)).splitlines()) == 1


def test_a_line_for_people_begins_with_its_instant_in_utc() -> None:
    assert re.fullmatch(f"{INSTANT} WARNING app.x: refused by 7", logs.Text().format(_record("refused by %s", 7)))


def test_what_is_given_beside_a_sentence_is_in_its_line() -> None:
    record = _record("refused")
    record.code, record.status = "body.too_large", 413
    assert logs.Text().format(record).endswith(" app.x: refused code=body.too_large status=413")
    read = json.loads(logs.Json().format(record))
    assert (read["message"], read["code"], read["status"]) == ("refused", "body.too_large", 413)


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_process_writes_its_lines_to_its_standard_error(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    held, level = root.handlers[:], root.level
    root.handlers = []  # those of the test's own program are put back as they were, not closed
    try:
        logs.set_up(form)
        logging.getLogger("app.x").info("came by %s", "the door")
    finally:
        root.handlers, root.level = held, level
    told = capsys.readouterr()
    assert told.out == "" and (json.loads(told.err)["message"] if form == "json" else told.err[25:]) in (
        "came by the door",
        "INFO app.x: came by the door\n",
    )
