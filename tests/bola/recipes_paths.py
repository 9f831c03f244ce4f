"""What the parameters of paths name, and which routes answer item by item or through a book."""

from __future__ import annotations

# `parameter` or `parameter part-of-"operation path"` -> what stands there; the last rule that fits counts.
PATHS: list[tuple[str, str]] = [
    ("book_id", "{book}"),
    ("book_id ^opening_balances_replace ", "{book_fresh}"),
    ("voucher_id", "{voucher}"),
    ("voucher_id ^vouchers_(post|unreview) ", "{voucher_reviewed}"),
    ("voucher_id ^vouchers_(reverse|correct) ", "{voucher_posted}"),
    ("voucher_id ^vouchers_unsign ", "{voucher_signed}"),
    ("voucher_id ^vouchers_insert_before ", "{voucher_last}"),
    ("voucher_id /documents/{document_id}", "{voucher_attached}"),
    ("document_id", "{document}"),
    ("document_id /vouchers/", "{document_attached}"),
    ("invoice_id", "{invoice}"),
    ("template_id", "{template}"),
    ("rule_id", "{rule}"),
    ("rule_id retire|versions", "{rule_active}"),
    ("job_id", "{job}"),
    ("key_id", "{key}"),
    ("user_id", "{user}"),
    ("user_id ^grants_delete ", "{granted}"),
    ("user_id ^team_members_delete ", "{team_mate}"),
    ("team_id", "{team}"),
    ("team_id ^teams_delete |^team_members_put ", "{team_free}"),
    ("team_id ^team_grants_delete ", "{team_granted}"),
    ("code /v1/roles/", "{role}"),
    ("session_id", "{session}"),
    ("session_id ^own_", "{my_session}"),
    ("factor_id", "{my_factor}"),
    ("invitation_id", "{invitation}"),
    ("provider_id", "{provider}"),
    ("number", "1"),
    ("visit_id", "{visit}"),
    ("visit_id open|end", "{visit_approved}"),
    ("request_id", "{request}"),
    ("request_id return", "{request_answered}"),
    ("confirmation_id", "{confirmation}"),
    ("credential_id", "{credential}"),
    ("credential_id ^firm_", "{firm_credential}"),
    ("client_id", "{oauth_client}"),
    ("consent_id", "{my_consent}"),
    ("dimension", "{dimension}"),
    ("item", "{item}"),
    ("item /enable", "{item_off}"),
    ("item /disable", "{item_into}"),
    ("code /accounts/", "{account}"),
    ("code ^accounts_delete ", "{account_free}"),
    ("code ^accounts_enable ", "{account_off}"),
    ("code ^accounts_convert ", "{account_parent}"),
    ("code ^accounts_merge ", "{account_used}"),
    ("code ^accounts_dimension_off ", "{account_dimension}"),
    ("code /closing-steps/", "{closing_step}"),
    ("code /own-statements/|/statements/own/", "{own_statement}"),
    ("period", "2026-02"),
    ("period reopen|versions|difference", "2026-01"),
    ("step", "vat_transfer"),
    ("step amounts", "depreciation"),
    ("statement", "balance-sheet"),
    ("table", "employee_benefits"),
    ("row", "1"),
    ("row /statements/own/", "sales"),
    ("column", "closing"),
    ("column /statements/own/", "period"),
]

# Bulk calls that say a fate for every item: a foreign id is one failed item among good ones.
SOFT = frozenset({"vouchers_bulk_post", "vouchers_bulk_review", "vouchers_bulk_sign", "vouchers_bulk_void"})

# Routes of the firm whose objects belong to books, and what the caller needs in that book (`*`: to be let in).
BOOKWISE = {
    "jobs_read": "*",
    "job_items_list": "*",
    "jobs_cancel": "document.upload",
    "closings_create": "period.close",
}

# What their objects are seen with in their book: the job of the world is an upload.
SEEN = dict.fromkeys(("jobs_read", "job_items_list", "jobs_cancel"), "document.read")

# What only a real device, another house or the next hour could do well: the room's own refusal says that the doors
# were passed.
PAST = {
    "sessions_complete": "login.second_factor_failed",
    "factors_totp_confirm": "factor.rejected",
    "factors_passkey_add": "request.invalid",
    "factors_recovery_codes": "factor.not_found",
    "oauth_authorize_answer": "oauth.form_foreign",
    "outside_logins_complete": "outside_login.unknown",
    "outside_links_delete": "outside_provider.not_found",
    "audit_checkpoints_read": "audit.checkpoint_not_found",
    "audit_proof_read": "audit.not_anchored_yet",
    "book_audit_proof_read": "audit.not_anchored_yet",
    "sessions_step_up": "auth.step_up_factor",
}

# What operators are told of a firm: who decided about their visit.
TOLD = frozenset({"ops_break_glass_list"})

# Recipes that change nothing, and so leave no line: a confirmation asked for before, a token nobody has, good
# numbers, a page that asks.
SILENT = frozenset({"confirmations_create", "oauth_authorize", "oauth_revoke", "vouchers_renumber"})

# The tags of what has no address to be read at.
TAGS = {
    "credentials_replace": '"1-credential"',
    "credentials_drop": '"1-credential"',
    "firm_credentials_replace": '"1-credential"',
    "firm_credentials_drop": '"1-credential"',
}

# Programs prove themselves by a header of their own.
_PROGRAM = {"Authorization": "{oauth_secret}"}
HEADERS = {"oauth_token": _PROGRAM, "oauth_revoke": _PROGRAM, "oauth_introspect": _PROGRAM}
