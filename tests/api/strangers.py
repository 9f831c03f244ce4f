"""Schemathesis at work on the office: how it is told to ask, and what it found.

It asks every operation over HTTP as who may, names objects that are there in most requests, and all its checks judge
the answers. What a check cannot judge here is said in this file, with the reason, and nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import MissingHeaderNotRejected, RejectedPositiveData
from werkzeug.serving import WSGIRequestHandler, make_server

from app.http.openapi import DOCUMENT
from tests.api.office import Office
from tests.bola.operations import Operation, read_document
from tests.bola.recipes import recipe_of

OFTEN = 0.8  # how many of the requests name an object that is there

# What the document says of a request, so that a request that keeps to it is never refused for it. Every other refusal
# is a rule of the field, which no JSON Schema tells: that a voucher balances, that a cursor or a tag is one of ours.
PROMISED = frozenset(
    {
        *("field.unknown", "field.choice", "field.range", "id.format", "money.format", "number.format"),
        *("period.format", "text.characters", "text.length"),
    }
)
# 412 says that a tag is not the present one, 413 and 428 that a request is too large or says no version: refusals too.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429"]
CHECKS = {
    "negative_data_rejection": {"expected-statuses": REFUSED},
    "missing_required_header": {"expected-statuses": REFUSED},
}


@dataclass
class Tally:
    """What a run came to: examples by operation, answers by status, judgements by check, and the failures."""

    examples: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        classes: Counter[str] = Counter()
        for status, count in self.statuses.items():
            classes[f"{status // 100}xx"] += count
        answers = ", ".join(f"{count} {name}" for name, count in sorted(classes.items()))
        return (
            f"{len(self.examples)} operations, {sum(self.examples.values())} examples ({answers}),"
            f" {sum(self.checks.values())} judgements by {len(self.checks)} checks, {len(self.failures)} failures"
        )


def ask(office: Office, examples: int, phases: dict[str, dict[str, Any]], only: str = "") -> Tally:
    """Every operation, or those whose names match, in some phases of schemathesis; the same requests each time."""
    operations = read_document(office.world.client).values()
    wanted = {one.name for one in operations if re.search(only, one.name)}
    config = SchemathesisConfig.from_dict(_told(office, list(operations), wanted, examples, phases))
    tally = Tally()
    with _served(office.world.client.application) as url:
        schema = schemathesis.openapi.from_url(f"{url}{DOCUMENT}", config=config)
        schema.hooks.hook("filter_failure")(filter_failure)
        for event in from_schema(schema).execute():
            _note(tally, event)
    return tally


def filter_failure(context: Any, failure: Failure, case: Any, response: Response) -> bool:
    """Keep a failure, unless a rule of the field refused what a schema takes, or a rehearsal needed no key."""
    if not isinstance(failure, RejectedPositiveData | AcceptedNegativeData | MissingHeaderNotRejected):
        return True
    try:
        told = response.json()
    except ValueError:
        return True
    if not isinstance(failure, RejectedPositiveData):  # nothing lasts of a rehearsal, so none is done twice
        return not (told == {"valid": True} and "Idempotency-Key" in failure.message)
    if "error" in told:  # RFC 6749 has words of its own, and none for a field that is not written as it should be
        return False
    return any(one["code"] in PROMISED for one in told.get("errors", ()))


def _note(tally: Tally, event: events.EngineEvent) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        tally.failures.append(f"{event.label}: {event.value!r}")
    if not isinstance(event, events.ScenarioFinished):
        return
    recorder = event.recorder
    for case_id, node in recorder.cases.items():
        if (response := recorder.find_response(case_id=case_id)) is not None:
            tally.examples[node.value.operation.label] += 1
            tally.statuses[response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        tally.checks.update(check.name for check in checks)
        failed = (check.failure_info.failure for check in checks if check.failure_info is not None)
        tally.failures += [_said(recorder, case_id, failure) for failure in failed]


def _said(recorder: ScenarioRecorder, case_id: str, failure: Exception) -> str:
    """A failure with the request that met it and the answer it got."""
    case, response = recorder.cases[case_id].value, recorder.find_response(case_id=case_id)
    answer = "" if response is None else f"{response.status_code} {response.content[:2000].decode(errors='replace')}"
    return f"{case.operation.label}: {failure}\n{case.as_curl_command()[:1000]}\n{answer}"


def _told(
    office: Office, operations: list[Operation], wanted: set[str], examples: int, phases: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Schemathesis' configuration: who asks what, which objects there are, how much is asked."""
    values: dict[str, dict[str, list[str]]] = {}
    told = []
    for operation in operations:
        path = office.path(operation, recipe_of(operation)) if operation.parameters else {}
        values |= {f"{operation.name}-{name}": {"values": [value]} for name, value in path.items()}
        drawn = {f"path.{name}": {"dictionary": f"{operation.name}-{name}", "probability": OFTEN} for name in path}
        one = {"include-operation-id": operation.name, "enabled": operation.name in wanted, "parameters": drawn}
        if _shares_an_address(operation, operations):
            one["checks"] = {"allow_header_conformance": {"enabled": False}}
        told.append({**one, "headers": office.headers(operation)})
    every = ("examples", "coverage", "fuzzing", "stateful")
    return {
        "dictionaries": values,
        "generation": {"max-examples": examples, "deterministic": True, "database": "none", "no-shrink": True},
        "phases": {name: {"enabled": name in phases, **phases.get(name, {})} for name in every},
        "checks": CHECKS,
        "continue-on-failure": True,
        "operations": told,
    }


def _shares_an_address(operation: Operation, operations: list[Operation]) -> bool:
    """Whether an address of the operation is also one of another template: `Allow` then tells of both, and rightly,
    but the check reads one template alone."""
    mine = operation.path.split("/")
    for other in {one.path for one in operations} - {operation.path}:
        parts = other.split("/")
        if len(parts) == len(mine) and all(a == b or "{" in a + b for a, b in zip(mine, parts, strict=True)):
            return True
    return False


class _Quiet(WSGIRequestHandler):
    """Writes no line for a request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    """The application over HTTP, for as long as it is asked."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
