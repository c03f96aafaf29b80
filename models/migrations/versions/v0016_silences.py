"""The silences of servers that were told."""

from models.migrations.steps import drop_tables, run

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = """
    CREATE TABLE silences (
        server_id UUID NOT NULL,
        last_check_in TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_silences PRIMARY KEY (server_id),
        CONSTRAINT fk_silences_server_id FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE CASCADE
    )
"""


def upgrade() -> None:
    """Make the table."""
    run(UP)


def downgrade() -> None:
    """Drop it again."""
    drop_tables("silences")
