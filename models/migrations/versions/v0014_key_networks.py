"""The networks that activation keys were used from."""

from models.migrations.steps import drop_tables, run

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UP = """
    CREATE TABLE activation_key_networks (
        activation_key_id UUID NOT NULL,
        network CIDR NOT NULL,
        first_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_activation_key_networks PRIMARY KEY (activation_key_id, network),
        CONSTRAINT fk_activation_key_networks_activation_key_id
            FOREIGN KEY(activation_key_id) REFERENCES activation_keys (id) ON DELETE CASCADE
    )
"""


def upgrade() -> None:
    """Make the table."""
    run(UP)


def downgrade() -> None:
    """Drop it again."""
    drop_tables("activation_key_networks")
