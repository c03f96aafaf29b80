"""Which cards were told to expire, so that each reminder is mailed once."""

from models.migrations.steps import drop_tables, run

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE card_reminders (
        payment_method_id UUID NOT NULL,
        expires_on DATE NOT NULL,
        days SMALLINT NOT NULL,
        told_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_card_reminders PRIMARY KEY (payment_method_id, expires_on, days),
        CONSTRAINT fk_card_reminders_payment_method_id FOREIGN KEY (payment_method_id)
            REFERENCES payment_methods (id) ON DELETE CASCADE
    )
"""


def upgrade() -> None:
    """Add the table."""
    run(TABLE)


def downgrade() -> None:
    """Drop it again."""
    drop_tables("card_reminders")
