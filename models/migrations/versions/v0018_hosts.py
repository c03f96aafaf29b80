"""Servers by host: which seem to be one, and one alone of those that were added by hand."""

from models.migrations.steps import run

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = (
    "CREATE INDEX ix_servers_host ON servers (account_id, hostname, ip, registered_at, id)",
    "CREATE UNIQUE INDEX uq_servers_by_hand ON servers (account_id, hostname, ip) WHERE created_by_hand",
)


def upgrade() -> None:
    """Make the indexes."""
    run(*UP)


def downgrade() -> None:
    """Drop them again."""
    run("DROP INDEX uq_servers_by_hand, ix_servers_host")
