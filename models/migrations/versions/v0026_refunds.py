"""Refunds from their intent on, so that one that was cut off is gone on with and made once."""

from models.migrations.steps import drop_tables, run

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE refunds (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        payment_id UUID NOT NULL,
        amount_minor BIGINT NOT NULL,
        status TEXT DEFAULT 'PENDING' NOT NULL,
        provider_reference TEXT,
        invoice_id UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_refunds PRIMARY KEY (id),
        CONSTRAINT ck_refunds_status CHECK (status IN ('PENDING', 'BOOKED', 'REFUSED')),
        CONSTRAINT ck_refunds_amount_minor CHECK (amount_minor > 0),
        CONSTRAINT ck_refunds_invoice_id CHECK ((status = 'BOOKED') = (invoice_id IS NOT NULL)),
        CONSTRAINT fk_refunds_account_id_payment_id
            FOREIGN KEY(account_id, payment_id) REFERENCES payments (account_id, id),
        CONSTRAINT fk_refunds_account_id_invoice_id
            FOREIGN KEY(account_id, invoice_id) REFERENCES invoices (account_id, id)
    )
    """,
    """
    CREATE INDEX ix_refunds_account_id_payment_id ON refunds (account_id, payment_id)
    """,
    """
    CREATE UNIQUE INDEX uq_refunds_pending ON refunds (payment_id) WHERE status = 'PENDING'
    """,
)


def upgrade() -> None:
    """Make the table."""
    run(*UP)


def downgrade() -> None:
    """Drop it; what was booked stays in the ledger."""
    drop_tables("refunds")
