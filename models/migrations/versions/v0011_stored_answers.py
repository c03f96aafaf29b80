"""An answer is stored whole or not at all: a request that still runs holds a lock, and has no row."""

from models.migrations.steps import run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = (
    "DELETE FROM idempotency_keys",
    """
    ALTER TABLE idempotency_keys
        DROP COLUMN state,
        ALTER payload SET DEFAULT '{}',
        ALTER payload SET NOT NULL,
        ALTER user_errors SET DEFAULT '[]',
        ALTER user_errors SET NOT NULL,
        DROP CONSTRAINT ck_idempotency_keys_key,
        ADD CONSTRAINT ck_idempotency_keys_key CHECK (char_length(key) BETWEEN 1 AND 255)
    """,
)

DOWN = (
    "DROP TABLE idempotency_keys",
    """
    CREATE TABLE idempotency_keys (
        account_id UUID NOT NULL,
        actor_id UUID NOT NULL,
        field TEXT NOT NULL,
        key TEXT NOT NULL,
        input_hash BYTEA NOT NULL,
        payload JSONB,
        user_errors JSONB,
        state TEXT DEFAULT 'RUNNING' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (account_id, actor_id, field, key),
        CONSTRAINT ck_idempotency_keys_state CHECK (state IN ('RUNNING', 'DONE')),
        CONSTRAINT ck_idempotency_keys_key CHECK (key <> '')
    )
    """,
    "CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at)",
)


def upgrade() -> None:
    """Keep answers alone."""
    run(*UP)


def downgrade() -> None:
    """Keep what still runs, too."""
    run(*DOWN)
