"""What the payment provider knows an account and a card by, and which of its messages have been taken."""

from models.migrations.steps import drop_tables, run

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UP = (
    """
    ALTER TABLE accounts ADD COLUMN provider_customer TEXT,
        ADD CONSTRAINT uq_accounts_provider_customer UNIQUE (provider_customer)
    """,
    """
    ALTER TABLE payment_methods ADD COLUMN fingerprint TEXT,
        ADD CONSTRAINT uq_payment_methods_account_id_fingerprint UNIQUE (account_id, fingerprint)
    """,
    """
    CREATE TABLE provider_events (
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_provider_events PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_provider_events_received_at ON provider_events (received_at)
    """,
)


def upgrade() -> None:
    """Add the columns and the table."""
    run(*UP)


def downgrade() -> None:
    """Drop them again."""
    drop_tables("provider_events")
    run(
        "ALTER TABLE payment_methods DROP COLUMN fingerprint",
        "ALTER TABLE accounts DROP COLUMN provider_customer",
    )
