"""The sendings of reports: one for each configuration and period."""

from models.migrations.steps import drop_tables, run

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE report_configs ADD CONSTRAINT uq_report_configs_account_id_id UNIQUE (account_id, id)",
    """
    CREATE TABLE report_sendings (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        report_config_id UUID NOT NULL,
        period_from DATE NOT NULL,
        period_to DATE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        claimed_until TIMESTAMP WITH TIME ZONE,
        sent_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_report_sendings PRIMARY KEY (id),
        CONSTRAINT uq_report_sendings_period UNIQUE (account_id, report_config_id, period_from, period_to),
        CONSTRAINT ck_report_sendings_period CHECK (period_from <= period_to),
        CONSTRAINT fk_report_sendings_account_id_report_config_id FOREIGN KEY(account_id, report_config_id)
            REFERENCES report_configs (account_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_report_sendings_created_at ON report_sendings (created_at)",
)


def upgrade() -> None:
    """Make the table."""
    run(*UP)


def downgrade() -> None:
    """Drop it again."""
    drop_tables("report_sendings")
    run("ALTER TABLE report_configs DROP CONSTRAINT uq_report_configs_account_id_id")
