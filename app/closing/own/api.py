"""Routes of a book's own steps (自定义结转)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.books.types import BookScope
from app.closing.own import service
from app.closing.own.queries import OwnRow
from app.closing.own.schemas import NewOwnStepIn, OwnStepIn, OwnStepOut, OwnStepsOut
from app.closing.types import OwnLine, OwnStep
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import created, tagged
from app.kernel.permissions import Permission
from infra.ids import encode

blp = Blueprint("closing-steps", __name__, url_prefix="/v1/books/<book_id>/closing-steps", tag_zh="自定义结转")

_VIEW = "own-step"


def _shown(row: OwnRow) -> dict[str, Any]:
    step = row.step
    names = ("number", "title_zh", "title_en", "cycle", "condition", "active")
    lines = [{**line._asdict(), "account_code": line.account, "items": dict(line.items)} for line in step.lines]
    shown = {name: getattr(step, name) for name in names}
    return {"code": step.id, **shown, "lines": lines, "etag": etags.tag(row.version, _VIEW)}


def _step(code: str, given: Mapping[str, Any]) -> OwnStep:
    values = {name: value for name, value in given.items() if name not in ("code", "lines")}
    return OwnStep(id=code, lines=tuple(_line(line) for line in given["lines"]), **values)


def _line(given: Mapping[str, Any]) -> OwnLine:
    values = {name: value for name, value in given.items() if name not in ("account_code", "items")}
    return OwnLine(account=given["account_code"], items=tuple(sorted(given["items"].items())), **values)


@blp.route(
    "",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="closing_steps_list",
    summary_zh="自定义结转列表",
    summary_en="The steps of the book's own, in the order in which they run.",
)
@blp.response(200, OwnStepsOut)
def list_steps(scope: BookScope) -> dict[str, Any]:
    """Every step, the inactive ones too."""
    return {"steps": [_shown(row) for row in service.own_steps(scope)]}


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_steps_create",
    summary_zh="新增自定义结转",
    summary_en="Add a step whose amounts are formulas over the book's balances; it runs in its order as any other.",
    idempotent=True,
    audit="closing.create_step",
)
@blp.arguments(NewOwnStepIn)
@blp.response(201, OwnStepOut)
def create_step(scope: BookScope, payload: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The step as made; raises `OwnStepTaken`, `OwnStepRejected`."""
    row = service.create_step(scope, _step(payload["code"], payload))
    place = f"/v1/books/{encode('bk', scope.book.uid)}/closing-steps/{row.step.id}"
    return created(_shown(row), place, row.version, _VIEW)


@blp.route(
    "/<code>",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="closing_steps_read",
    summary_zh="查看自定义结转",
    summary_en="One step of the book's own.",
)
@blp.response(200, OwnStepOut)
def read_step(scope: BookScope, code: str) -> tuple[Any, dict[str, str]]:
    """The step; raises `OwnStepNotFound`."""
    row = service.own_step(scope, code)
    return tagged(_shown(row), row.version, _VIEW)


@blp.route(
    "/<code>",
    methods=["PUT"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_steps_replace",
    summary_zh="修改自定义结转",
    summary_en="Replace a step; where it already ran in an open period it becomes stale.",
    if_match=True,
    audit="closing.change_step",
)
@blp.arguments(OwnStepIn)
@blp.response(200, OwnStepOut)
def replace_step(scope: BookScope, payload: dict[str, Any], code: str) -> tuple[Any, dict[str, str]]:
    """The step as replaced; raises `OwnStepNotFound`, `OwnStepRejected`."""
    etags.match(service.own_step(scope, code, lock=True).version, _VIEW)
    row = service.change_step(scope, _step(code, payload))
    return tagged(_shown(row), row.version, _VIEW)


@blp.route(
    "/<code>",
    methods=["DELETE"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_steps_delete",
    summary_zh="删除自定义结转",
    summary_en="Take a step away; the vouchers it wrote stay.",
    if_match=True,
    audit="closing.delete_step",
)
@blp.response(204)
def delete_step(scope: BookScope, code: str) -> None:
    """Nothing; raises `OwnStepNotFound`."""
    etags.match(service.own_step(scope, code, lock=True).version, _VIEW)
    service.delete_step(scope, code)
