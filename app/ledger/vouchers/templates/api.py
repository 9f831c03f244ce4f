"""Routes of voucher templates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import Tagged, created, tagged
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.vouchers.answers import api as answers
from app.ledger.vouchers.schemas import VoucherOut
from app.ledger.vouchers.templates import queries, service
from app.ledger.vouchers.templates.schemas import FromTemplateIn, TemplateIn, TemplateOut, TemplatePatch
from infra.ids import encode

blp = Blueprint("voucher-templates", __name__, url_prefix="/v1/books/<book_id>/voucher-templates", tag_zh="凭证模板")

_VIEW = "template"
_ONE = '/<id("vtp"):template_id>'
_REFS = ("path:template_id",)


def _shown(row: queries.Row) -> dict[str, Any]:
    return {**row, "etag": etags.tag(row["row_version"], _VIEW)}


def _answer(scope: BookScope, template_id: UUID) -> Tagged:
    row = queries.find(scope, template_id)
    return tagged(_shown(row), row["row_version"], _VIEW)


def _meant(scope: BookScope, template_id: UUID) -> None:
    etags.match(queries.find(scope, template_id, lock=True)["row_version"], _VIEW)


@blp.route(
    "",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="voucher_templates_list",
    summary_zh="凭证模板列表",
    summary_en="The templates of the book in the order of their names.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(TemplateOut))
def list_templates(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of templates."""
    asked = pages.wanted(scope, query)
    found = queries.page(scope, asked.after[0] if asked.after else "", asked.fetch)
    shown = TemplateOut(many=True).dump([_shown(row) for row in found])
    return pages.page(scope, asked, shown, lambda row: [row["name"]])


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="voucher_templates_create",
    summary_zh="新增凭证模板",
    summary_en="Keep a template; amounts may be left open.",
    idempotent=True,
    audit="template.create",
)
@blp.arguments(TemplateIn)
@blp.response(201, TemplateOut)
def create_template(scope: BookScope, payload: dict[str, Any]) -> Tagged:
    """The template as kept."""
    template_id = service.create_template(scope, payload)
    row = queries.find(scope, template_id)
    place = f"/v1/books/{encode('bk', scope.book.uid)}/voucher-templates/{encode('vtp', template_id)}"
    return created(_shown(row), place, row["row_version"], _VIEW)


@blp.route(
    _ONE,
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="voucher_templates_read",
    summary_zh="查看凭证模板",
    summary_en="One template with its lines.",
    refs=_REFS,
)
@blp.response(200, TemplateOut)
def read_template(scope: BookScope, template_id: UUID) -> Tagged:
    """The template."""
    return _answer(scope, template_id)


@blp.route(
    _ONE,
    methods=["PATCH"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="voucher_templates_change",
    summary_zh="修改凭证模板",
    summary_en="Change a template by a JSON merge patch.",
    refs=_REFS,
    if_match=True,
    audit="template.change",
)
@blp.arguments(TemplatePatch)
@blp.response(200, TemplateOut)
def change_template(scope: BookScope, payload: dict[str, Any], template_id: UUID) -> Tagged:
    """The template as changed."""
    _meant(scope, template_id)
    service.change_template(scope, template_id, payload)
    return _answer(scope, template_id)


@blp.route(
    _ONE,
    methods=["DELETE"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="voucher_templates_delete",
    summary_zh="删除凭证模板",
    summary_en="Forget a template; vouchers made from it stay.",
    refs=_REFS,
    if_match=True,
    audit="template.delete",
)
@blp.response(204)
def delete_template(scope: BookScope, template_id: UUID) -> str:
    """Nothing."""
    _meant(scope, template_id)
    service.delete_template(scope, template_id)
    return ""


@blp.route(
    f"{_ONE}/draft",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="voucher_templates_draft",
    summary_zh="按模板制单",
    summary_en="Draft a voucher from a template with amounts filled in.",
    refs=_REFS,
    idempotent=True,
    audit="voucher.draft",
)
@blp.arguments(FromTemplateIn)
@blp.response(201, VoucherOut)
def draft_from_template(scope: BookScope, payload: dict[str, Any], template_id: UUID) -> Response:
    """The voucher as drafted."""
    return answers.created(scope, service.draft_from_template(scope, template_id, payload).id)
