"""Routes of credentials of outside systems (外部系统凭据): written, replaced and dropped, never read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.books.types import BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import Tagged, created, tagged
from app.kernel.permissions import Permission
from app.sensitive.credentials import queries, service
from app.sensitive.credentials.schemas import CredentialChange, CredentialIn, CredentialOut, CredentialsOut
from app.sensitive.credentials.types import Credential, Secret
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("credentials", __name__, url_prefix="/v1", tag_zh="外部系统凭据")

_VIEW = "credential"
_FIRM = "/credentials"
_BOOK = "/books/<book_id>/credentials"
_ONE = '/<id("crd"):credential_id>'
_REFS = ("path:credential_id",)


def _owner(scope: TenantScope) -> int | None:
    return scope.book.id if isinstance(scope, BookScope) else None


def _listed(scope: TenantScope) -> dict[str, Any]:
    return {"data": [_shown(each) for each in queries.every(scope, _owner(scope))]}


def _shown(one: Credential) -> dict[str, Any]:
    return {**one._asdict(), "etag": etags.tag(one.row_version, _VIEW)}


def _kept(scope: TenantScope, payload: dict[str, Any], address: str) -> Tagged:
    secret = Secret(payload["login"], payload["secret"])
    made = service.keep(scope, _owner(scope), payload["system"], payload["name"], secret)
    return created(_shown(made), f"{address}/{encode('crd', made.id)}", made.row_version, _VIEW)


def _replaced(scope: TenantScope, payload: dict[str, Any], credential_id: UUID) -> Tagged:
    secret = Secret(payload["login"], payload["secret"])
    after = service.replace(scope, _meant(scope, credential_id), payload["name"], secret)
    return tagged(_shown(after), after.row_version, _VIEW)


def _meant(scope: TenantScope, credential_id: UUID) -> Credential:
    """The credential at the version the caller means; raises `CredentialNotFound`, `EtagMismatch`."""
    row = service.locked(scope, _owner(scope), credential_id)
    etags.match(row.row_version, _VIEW)
    return row


@blp.route(
    _BOOK,
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="credentials_list",
    summary_zh="账套的外部系统凭据",
    summary_en="For which outside systems the book has a credential; secrets are never shown.",
)
@blp.response(200, CredentialsOut)
def list_of_book(scope: BookScope) -> dict[str, Any]:
    """The credentials of the book."""
    return _listed(scope)


@blp.route(
    _BOOK,
    methods=["POST"],
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="credentials_create",
    summary_zh="新增账套凭据",
    summary_en="Keep how the book logs in at an outside system.",
    idempotent=True,
    step_up=True,
    audit="credential.create",
)
@blp.arguments(CredentialIn)
@blp.response(201, CredentialOut)
def create_of_book(scope: BookScope, payload: dict[str, Any]) -> Tagged:
    """The credential without its secret."""
    return _kept(scope, payload, f"/v1/books/{encode('bk', scope.book.uid)}/credentials")


@blp.route(
    f"{_BOOK}{_ONE}",
    methods=["PUT"],
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="credentials_replace",
    summary_zh="更换账套凭据",
    summary_en="Put another secret in the place of the book's credential.",
    refs=_REFS,
    if_match=True,
    step_up=True,
    audit="credential.replace",
)
@blp.arguments(CredentialChange)
@blp.response(200, CredentialOut)
def replace_of_book(scope: BookScope, payload: dict[str, Any], credential_id: UUID) -> Tagged:
    """The credential without its secret."""
    return _replaced(scope, payload, credential_id)


@blp.route(
    f"{_BOOK}{_ONE}",
    methods=["DELETE"],
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="credentials_drop",
    summary_zh="删除账套凭据",
    summary_en="Forget the book's credential.",
    refs=_REFS,
    if_match=True,
    step_up=True,
    audit="credential.drop",
)
@blp.response(204)
def drop_of_book(scope: BookScope, credential_id: UUID) -> None:
    """Nothing."""
    service.drop(scope, _meant(scope, credential_id))


@blp.route(
    _FIRM,
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="firm_credentials_list",
    summary_zh="公司的外部系统凭据",
    summary_en="For which outside systems the firm itself has a credential; secrets are never shown.",
)
@blp.response(200, CredentialsOut)
def list_of_firm(scope: TenantScope) -> dict[str, Any]:
    """The credentials of the firm."""
    return _listed(scope)


@blp.route(
    _FIRM,
    methods=["POST"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="firm_credentials_create",
    summary_zh="新增公司凭据",
    summary_en="Keep how the firm logs in at an outside system.",
    idempotent=True,
    step_up=True,
    audit="credential.create",
)
@blp.arguments(CredentialIn)
@blp.response(201, CredentialOut)
def create_of_firm(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The credential without its secret."""
    return _kept(scope, payload, "/v1/credentials")


@blp.route(
    f"{_FIRM}{_ONE}",
    methods=["PUT"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="firm_credentials_replace",
    summary_zh="更换公司凭据",
    summary_en="Put another secret in the place of the firm's credential.",
    refs=_REFS,
    if_match=True,
    step_up=True,
    audit="credential.replace",
)
@blp.arguments(CredentialChange)
@blp.response(200, CredentialOut)
def replace_of_firm(scope: TenantScope, payload: dict[str, Any], credential_id: UUID) -> Tagged:
    """The credential without its secret."""
    return _replaced(scope, payload, credential_id)


@blp.route(
    f"{_FIRM}{_ONE}",
    methods=["DELETE"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="firm_credentials_drop",
    summary_zh="删除公司凭据",
    summary_en="Forget the firm's credential.",
    refs=_REFS,
    if_match=True,
    step_up=True,
    audit="credential.drop",
)
@blp.response(204)
def drop_of_firm(scope: TenantScope, credential_id: UUID) -> None:
    """Nothing."""
    service.drop(scope, _meant(scope, credential_id))
