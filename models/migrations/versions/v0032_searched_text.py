"""What servers are searched by is stored, since each row that the index finds is compared with it once more."""

from models.migrations.steps import run
from models.migrations.versions.v0029_finding_few import INDEX, TEXT

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

UP = (
    "DROP INDEX ix_servers_search",
    f"ALTER TABLE servers ADD COLUMN searched TEXT GENERATED ALWAYS AS ({TEXT}) STORED NOT NULL",
    """
    CREATE INDEX ix_servers_search ON servers USING gin (
        account_id, facets, searched gin_trgm_ops, (string_to_array(searched, NULL))
    )
    """,
)

DOWN = ("DROP INDEX ix_servers_search", "ALTER TABLE servers DROP COLUMN searched", INDEX)


def upgrade() -> None:
    """Store it, and make the index anew."""
    run(*UP)


def downgrade() -> None:
    """Make the index as it was."""
    run(*DOWN)
