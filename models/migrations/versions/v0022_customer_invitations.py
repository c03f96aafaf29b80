"""Invitations to be the master of a customer's account."""

from models.migrations.steps import drop_tables, run

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE customer_invitations (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        email TEXT NOT NULL,
        token_hash BYTEA,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_customer_invitations PRIMARY KEY (id),
        CONSTRAINT uq_customer_invitations_account_id UNIQUE (account_id),
        CONSTRAINT uq_customer_invitations_token_hash UNIQUE (token_hash),
        CONSTRAINT ck_customer_invitations_email CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
        CONSTRAINT fk_customer_invitations_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
"""


def upgrade() -> None:
    """Make the table."""
    run(TABLE)


def downgrade() -> None:
    """Drop it; invitations that were mailed are void then."""
    drop_tables("customer_invitations")
