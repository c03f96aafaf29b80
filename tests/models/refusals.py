"""What the database must refuse: each rule with a statement over the demo's rows that breaks it, and only it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A constraint or unique index by name, and a statement that it refuses."""

    constraint: str
    statement: str


def changed(table: str, constraint: str, assignment: str, where: str = "true") -> Refusal:
    """A change of one row of the table that breaks a rule of it."""
    one = f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT 1"
    return Refusal(constraint, f"UPDATE {table} SET {assignment} WHERE id IN ({one})")


def copied(table: str, constraint: str, changes: str = "", where: str = "true") -> Refusal:
    """A copy of one row of the table that breaks a rule of it; `changes` are pairs of column and value in SQL."""
    made = f"jsonb_build_object('id', gen_random_uuid(){', ' + changes if changes else ''})"
    row = f"jsonb_populate_record(NULL::{table}, to_jsonb(t) || {made})"
    columns = f"(SELECT ({row}).* FROM {table} t WHERE {where} ORDER BY t.id LIMIT 1) AS copy"
    return Refusal(constraint, f"INSERT INTO {table} SELECT * FROM {columns}")


ANOTHER_KEY = "'number', 900000, 'key', 'AAAAAAAAAAAAAAAA'"
A_STRANGER = "(SELECT id FROM accounts WHERE number = '100006')"

INVITE = "INSERT INTO customer_invitations (account_id, email, token_hash, expires_at) SELECT"

ACCOUNTS = (
    changed(
        "accounts",
        "ck_accounts_autopayment_funds",
        "autopayment_target_minor = NULL",
        "autopayment_mode = 'AUTO_ADD_FUNDS'",
    ),
    changed(
        "accounts",
        "ck_accounts_autopayment_target_minor",
        "autopayment_threshold_minor = 2, autopayment_target_minor = 1",
    ),
    changed("accounts", "ck_accounts_autopayment_threshold_minor", "autopayment_threshold_minor = -1"),
    changed("accounts", "ck_accounts_currency", "currency = 'usd'"),
    changed("accounts", "ck_accounts_in_debt_since", "in_debt_since = NULL", "balance_minor < 0"),
    changed("accounts", "ck_accounts_locked_by_operator_at", "state = 'ACTIVE', locked_by_operator_at = now()"),
    changed("accounts", "ck_accounts_reseller", "reseller_id = NULL", "kind = 'CUSTOMER'"),
    changed("accounts", "ck_accounts_sequences", "invoice_sequence = -1"),
    changed("accounts", "uq_accounts_number", "number = '100001'", "number = '100002'"),
    Refusal("uq_accounts_provider_customer", "UPDATE accounts SET provider_customer = 'cus_1'"),
    changed("accounts", "fk_accounts_reseller_id", "reseller_id = gen_random_uuid()", "kind = 'CUSTOMER'"),
    changed(
        "accounts",
        "fk_accounts_autopayment_method",
        f"autopayment_method_id = (SELECT id FROM payment_methods WHERE account_id = {A_STRANGER})",
        "kind = 'RESELLER'",
    ),
)

ACCESS = (
    changed("logins", "ck_logins_email", "email = 'nobody'"),
    changed("logins", "ck_logins_totp_confirmed_at", "totp_secret = NULL", "totp_confirmed_at IS NOT NULL"),
    changed("logins", "uq_logins_email", "email = 'MASTER@Demo.Example.Com'", "email = 'billing@demo.example.com'"),
    changed("logins", "uq_logins_master", "role = 'MASTER'", "email = 'billing@demo.example.com'"),
    changed("invitations", "ck_invitations_email", "email = 'no body@example.com'"),
    changed("invitations", "uq_invitations_email", "email = 'Invited@Demo.Example.Com'", "email LIKE 'uninvited@%'"),
    copied("invitations", "uq_invitations_token_hash", "'email', 'another@example.com'", "token_hash IS NOT NULL"),
    copied("recovery_codes", "uq_recovery_codes_account_id_login_id_code_hash"),
    copied("api_keys", "uq_api_keys_secret_hash"),
    copied("api_secret_keys", "uq_api_secret_keys_current", "'secret_hash', '\\x00'", "expires_at IS NULL"),
    copied("api_secret_keys", "uq_api_secret_keys_secret_hash", "", "expires_at IS NOT NULL"),
    changed("api_keys", "ck_api_keys_role", "role = 'MASTER'"),
    changed("invitations", "ck_invitations_role", "role = 'MASTER'"),
    Refusal("ck_tax_rates_country", "INSERT INTO tax_rates (country, rate) VALUES ('de', 0.5)"),
    Refusal("ck_tax_rates_rate", "INSERT INTO tax_rates (country, rate) VALUES ('XX', 1)"),
    Refusal("pk_tax_rates", "INSERT INTO tax_rates (country, rate) VALUES ('DE', 0.5)"),
    Refusal("ck_throttles_tries", "INSERT INTO throttles (key, tries) VALUES ('key', -1)"),
    Refusal("pk_throttles", "INSERT INTO throttles (key) VALUES ('key'), ('key')"),
    Refusal(
        "uq_sessions_token_hash",
        "INSERT INTO sessions (account_id, login_id, token_hash, expires_at)"
        " SELECT account_id, id, 'same', now() FROM logins LIMIT 2",
    ),
    changed("recovery_codes", "fk_recovery_codes_account_id_login_id", f"account_id = {A_STRANGER}"),
    changed("login_links", "ck_login_links_new_email", "new_email = 'nobody'", "purpose = 'CONFIRM_EMAIL'"),
    changed("login_links", "ck_login_links_purpose_new_email", "purpose = 'SET_PASSWORD'", "new_email IS NOT NULL"),
    changed("login_links", "fk_login_links_account_id_login_id", f"account_id = {A_STRANGER}"),
    copied("login_links", "uq_login_links_token_hash"),
    Refusal("ck_customer_invitations_email", f"{INVITE} id, 'nobody', NULL, now() FROM accounts"),
    Refusal("uq_customer_invitations_account_id", f"{INVITE} id, 'a@b', NULL, now() FROM accounts, (VALUES (1), (2))"),
    Refusal("uq_customer_invitations_token_hash", f"{INVITE} id, 'a@b', 'same', now() FROM accounts"),
    changed("sign_ups", "ck_sign_ups_email", "email = 'nobody'"),
    copied("sign_ups", "uq_sign_ups_token_hash"),
)

CATALOGUE = (
    changed("products", "ck_products_key_length", "key_length = 8"),
    changed("products", "ck_products_key_prefix", "key_prefix = 'WITH-DASH'"),
    changed("products", "ck_products_number", "number = 10000"),
    changed("products", "uq_products_number", "number = 2", "number = 1"),
    changed("products", "uq_products_code", "code = 'libcare'", "number = 1"),
    changed("license_types", "ck_license_types_key_prefix", "key_prefix = ''"),
    changed("license_types", "ck_license_types_max_users", "max_users = 0"),
    changed("license_types", "ck_license_types_number", "number = 0"),
    changed("license_types", "uq_license_types_number", "number = 2", "number = 1"),
    changed("license_types", "uq_license_types_code", "code = 'libcare'", "number = 1"),
    changed("prices", "ck_prices_currency", "currency = 'US'"),
    changed("prices", "ck_prices_from_quantity", "from_quantity = 0"),
    changed("prices", "ck_prices_unit_price_minor", "unit_price_minor = -1"),
    copied("prices", "uq_prices_license_type_id_cycle_currency_from_quantity"),
)

LICENSES = (
    changed("product_subscriptions", "ck_product_subscriptions_product_quota", "product_quota = 0"),
    copied("product_subscriptions", "uq_product_subscriptions_account_id_product_id"),
    changed("licenses", "ck_licenses_used", "used = -1"),
    changed("licenses", "ck_licenses_used", "used = quantity + 1"),
    copied("licenses", "uq_licenses_account_id_license_type_id"),
    changed("licenses", "fk_licenses_product_subscription", f"account_id = {A_STRANGER}", "used = 0"),
    changed("activation_keys", "ck_activation_keys_key", "key = 'CELS-short'"),
    changed("activation_keys", "ck_activation_keys_note", "note = repeat('x', 101)"),
    changed("activation_keys", "ck_activation_keys_note", "note = ''"),
    changed("activation_keys", "ck_activation_keys_number", "number = 0"),
    changed("activation_keys", "ck_activation_keys_seat_limit", "seat_limit = 0, used = 0"),
    changed("activation_keys", "ck_activation_keys_used", "used = -1"),
    changed("activation_keys", "ck_activation_keys_used_within_limit", "seat_limit = used - 1", "used > 1"),
    changed("activation_keys", "ck_activation_keys_used_within_limit", "used = seat_limit + 1", "seat_limit > 0"),
    changed("activation_keys", "uq_activation_keys_default", "is_default = true", "NOT is_default"),
    copied("activation_keys", "uq_activation_keys_key", "'number', 900000", "NOT is_default"),
    copied("activation_keys", "uq_activation_keys_number", "'key', 'AAAAAAAAAAAAAAAA'", "NOT is_default"),
    copied(
        "activation_keys",
        "fk_activation_keys_license_type_id_product_id",
        f"{ANOTHER_KEY}, 'license_id', NULL, 'product_id', (SELECT id FROM products WHERE number = 9)",
        "NOT is_default",
    ),
    copied(
        "activation_keys", "fk_activation_keys_license", f"{ANOTHER_KEY}, 'account_id', {A_STRANGER}", "NOT is_default"
    ),
)

FLEET = (
    changed("server_groups", "ck_server_groups_name", "name = ''"),
    changed("server_groups", "ck_server_groups_number", "number = 0"),
    changed("server_groups", "uq_server_groups_name", "name = 'qa'", "name = 'Production'"),
    copied("server_groups", "uq_server_groups_number", "'name', 'another'"),
    changed("servers", "ck_servers_group_name", "group_name = NULL", "group_id IS NOT NULL"),
    changed("servers", "ck_servers_hostname", "hostname = 'Web-1.example.com'"),
    changed("servers", "ck_servers_hostname", "hostname = ''"),
    changed("servers", "ck_servers_hostname_colon", "hostname = '2001:db8::1'"),
    changed("servers", "ck_servers_machine_id", "machine_id = ''"),
    changed(
        "servers",
        "uq_servers_machine_id",
        "machine_id = (SELECT max(o.machine_id) FROM servers o WHERE o.account_id = servers.account_id)",
    ),
    Refusal(
        "uq_servers_by_hand",
        "INSERT INTO servers (account_id, hostname, ip, created_by_hand)"
        " SELECT account_id, hostname, ip, true FROM servers WHERE created_by_hand LIMIT 1",
    ),
    changed(
        "servers",
        "fk_servers_account_id_group_id_group_name",
        f"(group_id, group_name) = (SELECT id, name FROM server_groups WHERE account_id = {A_STRANGER} LIMIT 1)",
    ),
    changed("registrations", "ck_registrations_epoch", "epoch = -1"),
    Refusal(
        "uq_registrations_server_id_license_type_id",
        "INSERT INTO registrations"
        " (account_id, server_id, hostname, product_id, license_type_id, activation_key_id)"
        " SELECT account_id, server_id, hostname, product_id, license_type_id, activation_key_id"
        " FROM registrations LIMIT 1",
    ),
    changed(
        "registrations",
        "fk_registrations_account_id_server_id_hostname",
        f"(server_id, hostname) = (SELECT id, hostname FROM servers WHERE account_id = {A_STRANGER} LIMIT 1)",
        "license_type_id = (SELECT id FROM license_types WHERE code = 'php')",
    ),
    changed("registrations", "fk_registrations_account_id_server_id_hostname", "hostname = 'elsewhere.example.com'"),
    changed(
        "registrations",
        "fk_registrations_activation_key",
        f"activation_key_id = (SELECT id FROM activation_keys WHERE account_id = {A_STRANGER} LIMIT 1)",
    ),
    Refusal(
        "fk_registration_check_ins_account_id_registration_id_server_id",
        f"UPDATE registration_check_ins SET account_id = {A_STRANGER} WHERE account_id <> {A_STRANGER}",
    ),
    Refusal(
        "fk_server_check_ins_account_id_server_id_hostname",
        f"UPDATE server_check_ins SET account_id = {A_STRANGER} WHERE account_id <> {A_STRANGER}",
    ),
)

PAYING = (
    changed("payment_methods", "ck_payment_methods_last4", "last4 = '42'"),
    changed("payment_methods", "uq_payment_methods_default", "is_default = true", "NOT is_default"),
    Refusal("uq_payment_methods_account_id_fingerprint", "UPDATE payment_methods SET fingerprint = 'one'"),
    copied("payment_methods", "uq_payment_methods_provider_reference", "'is_default', false"),
    changed("payments", "ck_payments_amount_minor", "amount_minor = 0"),
    changed("payments", "ck_payments_currency", "currency = 'dollar'"),
    changed("payments", "ck_payments_failure", "failure = NULL", "status = 'FAILED'"),
    changed("payments", "ck_payments_failure", "failure = 'PAYMENT_DECLINED'", "status = 'SUCCEEDED'"),
    copied("payments", "uq_payments_provider_reference"),
    Refusal(
        "uq_payments_unsettled",
        "UPDATE payments SET cause = 'AUTO_REPAY' WHERE status IN ('PENDING', 'REQUIRES_ACTION')",
    ),
    changed(
        "payments",
        "fk_payments_account_id_invoice_id",
        f"invoice_id = (SELECT id FROM invoices WHERE account_id = {A_STRANGER} LIMIT 1)",
    ),
)

A_REFUND = "INSERT INTO refunds (account_id, payment_id, {0}) SELECT account_id, id, {1} FROM payments LIMIT 1"

REFUNDS = (
    Refusal("ck_refunds_amount_minor", A_REFUND.format("amount_minor", "0")),
    Refusal("ck_refunds_invoice_id", A_REFUND.format("amount_minor, status", "1, 'BOOKED'")),
    Refusal("ck_refunds_status", A_REFUND.format("amount_minor, status", "1, 'NONSENSE'")),
    Refusal(
        "uq_refunds_pending",
        "INSERT INTO refunds (account_id, payment_id, amount_minor)"
        " SELECT account_id, id, 1 FROM (SELECT * FROM payments LIMIT 1) AS paid CROSS JOIN generate_series(1, 2)",
    ),
)

NEW_SEQUENCE = "'sequence', 900, 'number', 'x-900'"

BOOKED = (
    copied(
        "invoices",
        "ck_invoices_charge",
        f"{NEW_SEQUENCE}, 'subtotal_minor', -1, 'tax_minor', 0, 'total_minor', -1",
        "type = 'INVOICE'",
    ),
    copied("invoices", "ck_invoices_currency", f"{NEW_SEQUENCE}, 'currency', ''"),
    copied("invoices", "ck_invoices_pay_period", f"{NEW_SEQUENCE}, 'pay_period', NULL", "type = 'INVOICE'"),
    copied(
        "invoices", "ck_invoices_pay_period", f"{NEW_SEQUENCE}, 'pay_period', '2026-01-01'", "type = 'PAYMENT_RECEIVED'"
    ),
    copied("invoices", "ck_invoices_sequence", "'sequence', 0, 'number', 'x-0'"),
    copied("invoices", "ck_invoices_tax_rate", f"{NEW_SEQUENCE}, 'tax_rate', 1.5"),
    copied("invoices", "ck_invoices_total_minor", f"{NEW_SEQUENCE}, 'total_minor', 1", "type = 'INVOICE'"),
    copied("invoices", "uq_invoices_account_id_sequence", "'number', 'x-1'"),
    copied("invoices", "uq_invoices_number", "'sequence', 900"),
    copied("invoice_lines", "ck_invoice_lines_position", "'position', 0"),
    copied("invoice_lines", "ck_invoice_lines_quantity", "'position', 400, 'quantity', 0"),
    copied("invoice_lines", "uq_invoice_lines_account_id_invoice_id_position"),
    copied("invoice_lines", "uq_invoice_lines_period", "'position', 400", "period IS NOT NULL"),
    copied(
        "invoice_lines",
        "fk_invoice_lines_account_id_invoice_id",
        f"'position', 400, 'account_id', {A_STRANGER}",
        "period IS NULL",
    ),
    copied("invoices", "ck_invoices_reverse_charge", f"{NEW_SEQUENCE}, 'reverse_charge', true", "tax_minor > 0"),
    copied("invoice_lines", "ck_invoice_lines_server_names", """'position', 400, 'server_names', '["web-1"]'::jsonb"""),
    copied("ledger_entries", "ck_ledger_entries_kind_cause", "'cause', 'REFUND'", "kind = 'INVOICE'"),
    copied("ledger_entries", "ck_ledger_entries_payment_id", "'payment_id', NULL", "kind = 'PAYMENT'"),
    copied("ledger_entries", "uq_ledger_entries_invoice_id", "", "kind = 'INVOICE'"),
    copied("ledger_entries", "uq_ledger_entries_payment", "", "kind = 'PAYMENT'"),
)

RECORDS = (
    Refusal(
        "ck_idempotency_keys_key",
        "INSERT INTO idempotency_keys (account_id, actor_id, field, key, input_hash, expires_at)"
        " SELECT account_id, id, 'topUp', '', 'hash', now() FROM logins LIMIT 1",
    ),
    Refusal(
        "pk_idempotency_keys",
        "INSERT INTO idempotency_keys (account_id, actor_id, field, key, input_hash, expires_at)"
        " SELECT account_id, id, 'topUp', 'key', 'hash', now() FROM logins CROSS JOIN generate_series(1, 2)",
    ),
    changed("report_configs", "ck_report_configs_email", "email = '@example.com'"),
    changed("report_configs", "ck_report_configs_changed_with", "changed_with = 'COOKIE'"),
    changed("report_configs", "ck_report_configs_changer", "changed_by = NULL"),
    Refusal(
        "ck_report_sendings_period",
        "INSERT INTO report_sendings (account_id, report_config_id, period_from, period_to)"
        " SELECT account_id, id, '2026-02-02', '2026-02-01' FROM report_configs LIMIT 1",
    ),
    Refusal(
        "uq_report_sendings_period",
        "INSERT INTO report_sendings (account_id, report_config_id, period_from, period_to) SELECT account_id, id,"
        " '2026-02-01', '2026-02-28' FROM (SELECT * FROM report_configs LIMIT 1) one CROSS JOIN generate_series(1, 2)",
    ),
    changed("sales_requests", "ck_sales_requests_message", "message = ''"),
    copied("audit_events", "ck_audit_events_action", "'action', 'Removed a key'"),
    copied("audit_events", "ck_audit_events_credential_kind", "'credential_kind', 'COOKIE'"),
)

RULES = {
    "accounts": ACCOUNTS,
    "access": ACCESS,
    "catalogue": CATALOGUE,
    "licenses": LICENSES,
    "fleet": FLEET,
    "paying": PAYING,
    "booked": BOOKED,
    "refunds": REFUNDS,
    "records": RECORDS,
}

ONLY_ADDED = ("audit_events", "invoice_lines", "invoices", "ledger_entries")
"""Tables whose rows are never changed."""
