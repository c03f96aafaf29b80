"""Everything that a mutation could change, to hold that a refused one changed nothing."""

from models.db import Database

TABLES = (
    "accounts",
    "activation_keys",
    "api_keys",
    "api_secret_keys",
    "audit_events",
    "customer_invitations",
    "events",
    "invitations",
    "invoice_lines",
    "invoices",
    "ledger_entries",
    "payment_methods",
    "payments",
    "provider_events",
    "product_subscriptions",
    "licenses",
    "login_links",
    "logins",
    "recovery_codes",
    "refunds",
    "registrations",
    "report_configs",
    "sales_requests",
    "server_groups",
    "servers",
    "sessions",
    "sign_ups",
    "jobs.pgqueuer",
)


async def everything(db: Database) -> dict[str, list[str]]:
    """All rows of these tables, as text."""
    found = {}
    async with db.read() as reader:
        for table in TABLES:
            rows = await reader.fetch(f"SELECT t::text AS row FROM {table} t")
            found[table] = sorted(row["row"] for row in rows)
    return found


async def all_but_failed_proofs(db: Database) -> dict[str, list[str]]:
    """The same without the log's rows about wrong passwords and codes, which a refusal leaves and nothing else does."""
    found = await everything(db)
    found["audit_events"] = [row for row in found["audit_events"] if "login.proof_failed" not in row]
    return found
