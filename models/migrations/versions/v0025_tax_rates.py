"""What tax is charged where, and what it is in the European Union as of November 2026."""

from models.migrations.steps import drop_tables, run

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE tax_rates (
        country TEXT NOT NULL,
        rate NUMERIC(5, 4) NOT NULL,
        reverse_charge BOOLEAN DEFAULT true NOT NULL,
        CONSTRAINT pk_tax_rates PRIMARY KEY (country),
        CONSTRAINT ck_tax_rates_country CHECK (country ~ '^[A-Z]{2}$'),
        CONSTRAINT ck_tax_rates_rate CHECK (rate > 0 AND rate < 1)
    )
"""

RATES = """
    INSERT INTO tax_rates (country, rate) VALUES
        ('AT', 0.20), ('BE', 0.21), ('BG', 0.20), ('CY', 0.19), ('CZ', 0.21), ('DE', 0.19), ('DK', 0.25),
        ('EE', 0.24), ('ES', 0.21), ('FI', 0.255), ('FR', 0.20), ('GR', 0.24), ('HR', 0.25), ('HU', 0.27),
        ('IE', 0.23), ('IT', 0.22), ('LT', 0.21), ('LU', 0.17), ('LV', 0.21), ('MT', 0.18), ('NL', 0.21),
        ('PL', 0.23), ('PT', 0.23), ('RO', 0.21), ('SE', 0.25), ('SI', 0.22), ('SK', 0.23)
"""


def upgrade() -> None:
    """Make the table, with the standard rates of the Union. The operator keeps them from then on."""
    run(TABLE, RATES)


def downgrade() -> None:
    """Drop it."""
    drop_tables("tax_rates")
