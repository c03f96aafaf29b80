"""Tells every process when a credential changes, or what stands behind one: its login, its account's state."""

from models.migrations.steps import run

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TELL = """
    CREATE FUNCTION tell_credential_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('credentials', to_jsonb(OLD) ->> TG_ARGV[0]);
        RETURN NULL;
    END
    $$
"""

EVENTS = {
    "sessions": "DELETE OR UPDATE OF account_id, login_id, token_hash, expires_at",
    "logins": "DELETE OR UPDATE OF account_id, email, role, state",
    "api_keys": "DELETE OR UPDATE OF account_id, secret_hash, role, expires_at",
    "api_secret_keys": "DELETE OR UPDATE OF account_id, secret_hash, expires_at",
    "accounts": "UPDATE OF state",
}
"""What ends a credential or changes what it may do. A new one is known to nobody yet, and being used is no change."""


def _trigger(table: str, events: str) -> str:
    account = "id" if table == "accounts" else "account_id"
    return f"""
        CREATE TRIGGER {table}_tell_credential_changed AFTER {events} ON {table}
            FOR EACH ROW EXECUTE FUNCTION tell_credential_changed('{account}')
    """


def upgrade() -> None:
    """Make the function, and a trigger on each table that calls it."""
    run(TELL, *(_trigger(table, events) for table, events in EVENTS.items()))


def downgrade() -> None:
    """Drop them again."""
    run(*(f"DROP TRIGGER {table}_tell_credential_changed ON {table}" for table in EVENTS))
    run("DROP FUNCTION tell_credential_changed")
