"""Bodies and queries of the operations that need some; `{kind}` is an object of the world."""

from __future__ import annotations

from typing import Any

LINES = [
    {"account_code": "{account_used}", "summary": "存现", "debit": "1.00"},
    {"account_code": "1001", "summary": "存现", "credit": "1.00"},
]
_ITEM_LINES = [
    {
        "account_code": "{account_dimension}",
        "summary": "费用",
        "debit": "1.00",
        "items": {"{dimension}": "{item_name}"},
    },
    {"account_code": "1001", "summary": "费用", "credit": "1.00"},
]
_SIDES = [{"account_code": "{account_used}", "summary": "取现", "side": side} for side in ("debit", "credit")]
_MARCH = "2026-03-20"
_OWN_STEP = {
    "number": 30,
    "title_zh": "计提",
    "title_en": "Accrual",
    "lines": [
        {"account_code": "{account_used}", "side": "debit", "formula": "cr(5001)", "share": "0.1"},
        {"account_code": "1001", "side": "credit", "rest": True},
    ],
}
_OWN_STATEMENT = {
    "title_zh": "自制表",
    "title_en": "Own",
    "columns": {"month": [{"id": "period", "title_zh": "本月", "title_en": "Month"}]},
    "rows": [{"key": "sales", "name_zh": "收入", "name_en": "Sales", "formula": "turnover_cr(5001)"}],
}
_RULE = {"name": "小额", "source_type": "invoice", "max_amount": "500.00", "accounts": ["{account_used}"]}
_FEW = ["book.read"]
_CHILD = "{account_child}"
_NEW_PASSWORD = "another long horse battery 2026"
_PASSKEY = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}
CALLBACK = "https://app.example.com/callback"
_AUTHORIZE = {
    "response_type": "code",
    "client_id": "{oauth_client}",
    "redirect_uri": CALLBACK,
    "scope": "openid me.read",
    "code_challenge": "A" * 43,
    "code_challenge_method": "S256",
}
_PROGRAM = {"name": "程序", "auth": "client_secret_basic", "scopes": ["me.read", "book.list"]}
PROVIDER = {
    "kind": "wecom",
    "name": "企业微信",
    "client_id": "ww0123456789abcdef",
    "agent_id": "1000002",
    "secret": "a-secret-of-the-provider",
    "redirect_uri": "https://desk.example.cn/back",
}
_PERSON = {"email": "new-person@bola.test", "name": "新人", "password": "correct horse battery"}

BODIES: dict[str, Any] = {
    # the firm
    "sessions_create": {"firm": "{firm_name}", "email": "{email}", "password": "correct horse battery"},
    "ops_firms_create": {"short_name": "{firm_name}", "name": "{firm_title}", "owner": _PERSON},
    "api_keys_create": {"name": "新", "role": "accountant", "days": 1, "books": ["{book}"]},
    "staff_create": {**_PERSON, "role": "staff"},
    "staff_update": {"active": False},
    "roles_create": {
        "code": "own_new",
        "name_zh": "新",
        "name_en": "New",
        "reach": "book",
        "permissions": _FEW,
    },
    "roles_update": {"name_zh": "改名"},
    "teams_create": {"name": "新组"},
    "team_grants_put": {"role": "cashier"},
    "closings_create": {"period": "2026-02", "books": ["{book}"]},
    "sessions_complete": {"challenge": "A" * 43, "code": "123456"},
    "sessions_step_up": {"password": "correct horse battery"},
    "factors_totp_begin": {"name": "手机"},
    "factors_totp_confirm": {"code": "123456"},
    "factors_passkey_add": {"name": "钥匙", "challenge": "A" * 43, "passkey": _PASSKEY},
    "passwords_change": {"present": "correct horse battery", "password": _NEW_PASSWORD},
    "passwords_reset": {"secret": "{reset_secret}", "password": _NEW_PASSWORD},
    "sign_in_policy_update": {"password_days": 365},
    "invitations_create": {"email": "x@bola.test", "role": "staff", "books": [{"book": "{book}", "role": "cashier"}]},
    "invitations_accept": {"secret": "{invitation_secret}", "name": "新人", "password": _NEW_PASSWORD},
    "outside_providers_create": {**PROVIDER, "name": "另一家"},
    "outside_logins_begin": {"provider": "{provider}"},
    "outside_logins_complete": {"state": "A" * 43, "binding": "A" * 43, "code": "x"},
    "outside_links_begin": {"provider": "{provider}"},
    "ops_break_glass_create": {"firm": "{firm_name}", "reason": "排查", "minutes": 30},
    "firm_credentials_create": {"system": "etax", "name": "另", "login": "x", "secret": "y"},
    "firm_credentials_replace": {"secret": "y"},
    "oauth_clients_create": {
        **_PROGRAM,
        "kind": "service",
        "role": "accountant",
        "books": ["{book}"],
    },
    "oauth_clients_update": {"name": "改名"},
    "oauth_authorizations_create": {**_AUTHORIZE, "agreed": True},
    "oauth_authorize_answer": {**_AUTHORIZE, "step": "answer", "begun": "1", "csrf": "0" * 64, "agreed": "true"},
    "oauth_token": {"grant_type": "client_credentials", "scope": "me.read"},
    "oauth_revoke": {"token": "unknown"},
    "oauth_introspect": {"token": "unknown"},
    # the book
    "books_create": {
        "code": "NEW-BOOK",
        "name": "新客户",
        "tax_id": "91110105MA00000000",
        "taxpayer": "general",
        "industry": "trade",
        "standard": "sbe",
        "start_period": "2026-01",
    },
    "books_change": {"name": "改名"},
    "grants_put": {"role": "cashier"},
    "voucher_words_put": {"words": [{"word": word} for word in "记收付转"]},
    "currency_rates_replace": {"rates": [{"currency": "USD", "booking": "7.1"}]},
    "opening_balances_replace": {"rows": []},
    "periods_reopen": {"reason": "漏记"},
    "closing_amounts_replace": {"figures": {"accrual": {"administrative": "1.00"}}},
    "closing_steps_create": {"code": "own-new", **_OWN_STEP},
    "closing_steps_replace": _OWN_STEP,
    "own_statements_create": {"code": "own-new", **_OWN_STATEMENT},
    "own_statements_replace": _OWN_STATEMENT,
    # chart
    "accounts_create": {"parent_code": "5602", "code": "560299", "name_zh": "新科目", "dimensions": ["{dimension}"]},
    "accounts_change": {"name_zh": "改名"},
    "accounts_convert": {
        "dimension": "{dimension}",
        "name_zh": "合并",
        "date": _MARCH,
        "children": [_CHILD],
    },
    "accounts_merge": {"into": "{account_into}", "date": _MARCH},
    "accounts_dimension_on": {"dimension": "{dimension}", "date": _MARCH},
    "accounts_dimension_off": {"dimension": "{dimension}", "date": _MARCH},
    "code_widths_change": {"code_widths": [4, 2, 2, 2, 2]},
    "dimensions_create": {"code": "new_dimension", "name_zh": "新辅助"},
    "dimensions_rename": {"name_zh": "改名"},
    "items_create": {"items": [{"name": "新项目"}]},
    "items_change": {"name": "改名"},
    "items_merge": {"into": "{item_into}", "date": _MARCH},
    # documents and invoices
    "documents_upload": {"files": b"<Receipt/>"},
    "invoices_dismiss": {"reason": "不入账"},
    # the client's people
    "client_requests_create": {"title": "请补资料"},
    "client_requests_answer": {"answer": "见附件", "documents": ["{document}"]},
    "client_requests_return": {"reason": "看不清"},
    "confirmations_create": {"period": "2026-01"},
    "confirmations_confirm": {"remark": "无误"},
    "confirmations_dispute": {"remark": "有误"},
    # sensitive fields
    "items_find": {"kind": "phone", "value": "13800138000"},
    "items_reveal": {"items": ["{item}"], "reason": "核对"},
    "credentials_create": {"system": "etax", "name": "另", "login": "x", "secret": "y"},
    "credentials_replace": {"secret": "y"},
    # vouchers
    "vouchers_create": {"date": _MARCH, "lines": _ITEM_LINES},
    "vouchers_create_parts": {"date": _MARCH, "parts": [{"lines": LINES}, {"lines": LINES}]},
    "vouchers_import": {"file": b""},
    "vouchers_change": {"lines": LINES},
    "vouchers_copy": {"date": _MARCH},
    "vouchers_correct": {"date": "2026-03-31", "how": "difference", "lines": LINES},
    "vouchers_reverse": {"date": "2026-03-31"},
    "vouchers_void": {"reason": "作废"},
    "vouchers_attach": {"documents": ["{document}"]},
    "vouchers_insert_before": {"before": "{voucher_first}"},
    "vouchers_renumber": {"period": "2026-03"},
    "vouchers_review_by_rule": {"period": "2026-03"},
    "vouchers_bulk_create": {"mode": "atomic", "items": [{"data": {"date": _MARCH, "lines": LINES}}]},
    "vouchers_bulk_post": {"mode": "atomic", "ids": ["{voucher_reviewed}"]},
    "vouchers_bulk_review": {"mode": "atomic", "ids": ["{voucher}"]},
    "vouchers_bulk_sign": {"mode": "atomic", "ids": ["{voucher}"]},
    "vouchers_bulk_void": {"mode": "atomic", "ids": ["{voucher}"], "reason": "作废"},
    "voucher_templates_create": {"name": "新模板", "lines": _SIDES},
    "voucher_templates_change": {"name": "改名", "lines": _SIDES},
    "voucher_templates_draft": {
        "date": _MARCH,
        "lines": [{"line": n, "amount": "1.00"} for n in (1, 2)],
    },
    "review_rules_propose": _RULE,
    "review_rules_approve": {"version": 1},
    "review_rules_propose_version": _RULE,
}

_SPAN = {"period_from": "2026-01", "period_to": "2026-03", "include_unposted": "true"}
_PRINT = {"first_period": "2026-01", "last_period": "2026-02"}

QUERIES: dict[str, dict[str, str]] = {
    "oauth_authorize": _AUTHORIZE,
    "audit_proof_read": {"seq": "1"},
    "book_audit_proof_read": {"seq": "1"},
    "outside_logins_choices": {"firm": "{firm_name}"},
    "accounts_suggest": {"q": "1002"},
    "items_suggest": {"q": "项目"},
    "currency_rates_read": {"period": "2026-03"},
    "currency_rates_replace": {"period": "2026-03"},
    "day_journal_read": {**_SPAN, "account_code": "1001"},
    "general_ledger_read": _SPAN,
    "subsidiary_ledger_read": {**_SPAN, "account_code": "1001"},
    "multi_column_ledger_read": {**_SPAN, "account_code": "5602"},
    "journal_read": _SPAN,
    "item_balances_read": {**_SPAN, "by": "{dimension}"},
    "item_matrix_read": {**_SPAN, "dimension": "{dimension}"},
    "trial_balance_read": {"period": "2026-02", "items": "true"},
    "voucher_summary_read": {"period_from": "2026-01", "period_to": "2026-02"},
    "filing_workbook_read": {"period": "2026-01", "cycle": "month"},
    "printouts_vouchers": _PRINT,
    "printouts_cover": _PRINT,
    "printouts_ledger": {"kind": "general", "year": "2026"},
    "statements_read": {"period": "2026-02"},
    "statements_cell_read": {"period": "2026-02"},
    "statements_notes_read": {"period": "2026-02"},
    "statements_notes_cell_read": {"period": "2026-02"},
    "statements_own_read": {"period": "2026-02"},
    "statements_own_cell_read": {"period": "2026-02"},
    "statement_versions_compare": {"before": "1", "after": "2"},
}
