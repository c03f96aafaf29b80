"""With what credential a report configuration was last changed: not only logins change them."""

from models.migrations.steps import run

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE report_configs ADD COLUMN changed_with TEXT",
    "UPDATE report_configs SET changed_with = 'SESSION' WHERE changed_by IS NOT NULL",
    """
    ALTER TABLE report_configs
        ADD CONSTRAINT ck_report_configs_changed_with
            CHECK (changed_with IN ('SESSION', 'API_KEY', 'API_SECRET_KEY')),
        ADD CONSTRAINT ck_report_configs_changer CHECK ((changed_by IS NULL) = (changed_with IS NULL))
    """,
)


def upgrade() -> None:
    """Add the column."""
    run(*UP)


def downgrade() -> None:
    """Drop it again."""
    run("ALTER TABLE report_configs DROP COLUMN changed_with")
