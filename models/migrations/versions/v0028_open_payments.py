"""An index of the payments that have not ended: every minute a worker asks for them, among all that ever were."""

from models.migrations.steps import run

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    run("CREATE INDEX ix_payments_open ON payments (id) WHERE status IN ('PENDING', 'REQUIRES_ACTION')")


def downgrade() -> None:
    """Drop it."""
    run("DROP INDEX ix_payments_open")
