"""Servers, registrations and the check-ins of both are looked up through hash indexes: 2 buffers a row instead of 4."""

from models.migrations.steps import run

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_LOOKED_UP_BY = {
    "servers": "id",
    "server_check_ins": "server_id",
    "registrations": "server_id",
    "registration_check_ins": "registration_id",
}


def upgrade() -> None:
    """Make the indexes."""
    for table, column in _LOOKED_UP_BY.items():
        run(f"CREATE INDEX ix_{table}_look_up ON {table} USING hash ({column})")


def downgrade() -> None:
    """Drop them."""
    for table in _LOOKED_UP_BY:
        run(f"DROP INDEX ix_{table}_look_up")
