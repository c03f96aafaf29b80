"""Counters of what may be guessed."""

from models.migrations.steps import drop_tables, run

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE throttles (
        key BYTEA NOT NULL,
        tries INTEGER DEFAULT 0 NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        closed_until TIMESTAMP WITH TIME ZONE,
        known_until TIMESTAMP WITH TIME ZONE,
        expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_throttles PRIMARY KEY (key),
        CONSTRAINT ck_throttles_tries CHECK (tries >= 0)
    )
    """,
)


def upgrade() -> None:
    """Make the table."""
    run(*UP)


def downgrade() -> None:
    """Drop it again; whoever was waiting need not any more."""
    drop_tables("throttles")
