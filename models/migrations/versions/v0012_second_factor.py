"""When a second factor was begun, so that it can run out unconfirmed, and which accounts an operator has locked."""

from models.migrations.steps import run

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    run(
        "ALTER TABLE logins ADD COLUMN totp_begun_at TIMESTAMP WITH TIME ZONE",
        "ALTER TABLE accounts ADD COLUMN locked_by_operator_at TIMESTAMP WITH TIME ZONE",
        """
        ALTER TABLE accounts ADD CONSTRAINT ck_accounts_locked_by_operator_at
            CHECK (locked_by_operator_at IS NULL OR state = 'LOCKED')
        """,
    )


def downgrade() -> None:
    """Drop them again; accounts stay as locked as they are."""
    run(
        "ALTER TABLE accounts DROP COLUMN locked_by_operator_at",
        "ALTER TABLE logins DROP COLUMN totp_begun_at",
    )
