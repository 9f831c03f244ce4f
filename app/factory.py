"""`create_app`: the only file that names every blueprint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flask import Flask

from app.agency import api as agency
from app.audit import api as audit
from app.audit.proofs import api as audit_proofs
from app.audit.witness.service import Witness, taken
from app.batches import api as batches
from app.closing import api as closing
from app.closing.given import api as closing_amounts
from app.closing.own import api as closing_steps
from app.closing.versions import api as statement_versions
from app.documents import api as documents
from app.http import docs, headers, health, openapi, problem
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.limits.service import Limiter
from app.http.replies import OrjsonProvider
from app.http.types import Gate
from app.identity.break_glass import api as break_glass
from app.identity.factors import api as factors
from app.identity.firms import api as firms
from app.identity.invitations import api as invitations
from app.identity.keys import api as api_keys
from app.identity.oauth.clients import api as oauth_clients
from app.identity.oauth.codes import api as oauth_codes
from app.identity.oauth.consents import api as oauth_consents
from app.identity.oauth.keys import api as oauth_keys
from app.identity.oauth.pages import api as oauth_pages
from app.identity.oauth.tokens import api as oauth_tokens
from app.identity.outside.logins import api as outside_logins
from app.identity.outside.providers import api as outside_providers
from app.identity.people import api as staff
from app.identity.policy import api as sign_in_policy
from app.identity.resets import api as passwords
from app.identity.roles import api as roles
from app.identity.sessions import api as sessions
from app.identity.tokens.service import authenticate
from app.invoices import api as invoices
from app.ledger.accounts import api as accounts
from app.ledger.charting import api as charting
from app.ledger.currencies import api as currencies
from app.ledger.dimensions import api as dimensions
from app.ledger.filing import api as filing
from app.ledger.opening import api as opening
from app.ledger.periods import api as periods
from app.ledger.printing import api as printing
from app.ledger.proof import api as proof
from app.ledger.rendering import api as reports
from app.ledger.rendering.running import api as ledgers
from app.ledger.rendering.statements import api as statements
from app.ledger.statements.own import api as own_statements
from app.ledger.vouchers import api as vouchers
from app.ledger.vouchers.bulk import api as vouchers_bulk
from app.ledger.vouchers.corrections import api as vouchers_corrections
from app.ledger.vouchers.importing import api as vouchers_import
from app.ledger.vouchers.linking import api as vouchers_documents
from app.ledger.vouchers.numbering import api as vouchers_numbering
from app.ledger.vouchers.review_rules import api as review_rules
from app.ledger.vouchers.templates import api as voucher_templates
from app.ledger.vouchers.words import api as voucher_words
from app.portal.confirmations import api as confirmations
from app.portal.requests import api as client_requests
from app.sensitive.credentials import api as credentials
from infra.ports import Ports

BLUEPRINTS: tuple[Blueprint, ...] = (
    health.blp,
    sessions.blp,
    factors.blp,
    passwords.blp,
    sign_in_policy.blp,
    invitations.blp,
    staff.blp,
    roles.blp,
    api_keys.blp,
    oauth_clients.blp,
    oauth_codes.blp,
    oauth_consents.blp,
    oauth_keys.blp,
    oauth_pages.blp,
    oauth_tokens.blp,
    oauth_tokens.userinfo_blp,
    firms.blp,
    break_glass.blp,
    outside_providers.blp,
    outside_logins.blp,
    closing.blp,
    closing_amounts.blp,
    closing_steps.blp,
    statement_versions.blp,
    batches.blp,
    audit.firm_blp,
    audit.book_blp,
    audit_proofs.firm_blp,
    audit_proofs.book_blp,
    documents.blp,
    invoices.blp,
    agency.blp,
    client_requests.blp,
    confirmations.blp,
    accounts.blp,
    charting.blp,
    dimensions.blp,
    opening.blp,
    periods.blp,
    currencies.blp,
    reports.blp,
    ledgers.blp,
    statements.blp,
    own_statements.blp,
    filing.blp,
    proof.blp,
    printing.blp,
    vouchers.blp,
    vouchers_bulk.blp,
    voucher_words.blp,
    voucher_templates.blp,
    vouchers_corrections.blp,
    vouchers_documents.blp,
    vouchers_import.blp,
    vouchers_numbering.blp,
    review_rules.blp,
    credentials.blp,
)


def create_app(ports: Ports, blueprints: Sequence[Blueprint] = BLUEPRINTS) -> Flask:
    """The WSGI application over the open ports of one process."""
    app = Flask("zhangfang", static_folder=None)
    app.json = OrjsonProvider(app)
    app.config.update(
        API_TITLE="账房 Zhangfang",
        API_VERSION=openapi.VERSION,
        OPENAPI_VERSION="3.1.0",
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.merge_slashes = False
    app.url_map.converters["id"] = openapi.IdConverter
    known = partial(authenticate, second_factor=ports.settings.second_factor == "required")
    app.extensions[EXTENSION] = Gate(ports, known, Witness(), taken)
    headers.register(app)
    Limiter(ports.settings).register(app)
    api = openapi.Api(app)
    problem.register(app)
    for blp in blueprints:
        api.add(blp)
    openapi.serve(app, api)
    docs.register(app)
    return app
