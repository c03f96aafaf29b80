"""Payment methods, invoices, payments and the ledger."""

from models.migrations.steps import drop_tables, run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE payment_methods (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        brand TEXT NOT NULL,
        last4 TEXT NOT NULL,
        expires_on DATE NOT NULL,
        is_default BOOLEAN DEFAULT false NOT NULL,
        provider_reference TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_payment_methods PRIMARY KEY (id),
        CONSTRAINT uq_payment_methods_account_id_id UNIQUE (account_id, id),
        CONSTRAINT uq_payment_methods_provider_reference UNIQUE (provider_reference),
        CONSTRAINT ck_payment_methods_last4 CHECK (last4 ~ '^[0-9]{4}$'),
        CONSTRAINT fk_payment_methods_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_payment_methods_default ON payment_methods (account_id) WHERE is_default
    """,
    """
    CREATE TABLE invoices (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        sequence BIGINT NOT NULL,
        number TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        type TEXT NOT NULL,
        pay_period DATE,
        subtotal_minor BIGINT NOT NULL,
        tax_minor BIGINT DEFAULT 0 NOT NULL,
        tax_rate NUMERIC(5, 4),
        total_minor BIGINT NOT NULL,
        balance_minor BIGINT NOT NULL,
        currency TEXT NOT NULL,
        billed_name TEXT NOT NULL,
        billed_address TEXT,
        billed_vat_number TEXT,
        CONSTRAINT pk_invoices PRIMARY KEY (id),
        CONSTRAINT uq_invoices_account_id_sequence UNIQUE (account_id, sequence),
        CONSTRAINT uq_invoices_account_id_id UNIQUE (account_id, id),
        CONSTRAINT uq_invoices_number UNIQUE (number),
        CONSTRAINT ck_invoices_type CHECK (type IN ('INVOICE', 'PAYMENT_RECEIVED')),
        CONSTRAINT ck_invoices_sequence CHECK (sequence >= 1),
        CONSTRAINT ck_invoices_total_minor CHECK (subtotal_minor + tax_minor = total_minor),
        CONSTRAINT ck_invoices_tax_rate CHECK (tax_rate >= 0 AND tax_rate < 1),
        CONSTRAINT ck_invoices_pay_period CHECK ((type = 'INVOICE') = (pay_period IS NOT NULL)),
        CONSTRAINT ck_invoices_charge CHECK (type <> 'INVOICE' OR total_minor >= 0),
        CONSTRAINT ck_invoices_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT fk_invoices_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE INDEX ix_invoices_account_id_balance_minor_id ON invoices (account_id, balance_minor, id)
    """,
    """
    CREATE INDEX ix_invoices_account_id_created_at_id ON invoices (account_id, created_at, id)
    """,
    """
    CREATE INDEX ix_invoices_account_id_sequence_id ON invoices (account_id, sequence, id)
    """,
    """
    CREATE INDEX ix_invoices_account_id_total_minor_id ON invoices (account_id, total_minor, id)
    """,
    """
    CREATE INDEX ix_invoices_pay_period ON invoices (account_id, coalesce(pay_period, 'infinity'), id)
    """,
    """
    CREATE INDEX ix_invoices_type ON invoices (account_id, (type COLLATE "C"), id)
    """,
    """
    CREATE TABLE invoice_lines (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        invoice_id UUID NOT NULL,
        position SMALLINT NOT NULL,
        description TEXT NOT NULL,
        product_id UUID,
        license_type_id UUID,
        quantity INTEGER NOT NULL,
        unit_price_minor BIGINT NOT NULL,
        amount_minor BIGINT NOT NULL,
        period DATE,
        CONSTRAINT pk_invoice_lines PRIMARY KEY (id),
        CONSTRAINT uq_invoice_lines_account_id_invoice_id_position UNIQUE (account_id, invoice_id, position),
        CONSTRAINT ck_invoice_lines_position CHECK (position >= 1),
        CONSTRAINT ck_invoice_lines_quantity CHECK (quantity >= 1),
        CONSTRAINT fk_invoice_lines_account_id_invoice_id
            FOREIGN KEY(account_id, invoice_id) REFERENCES invoices (account_id, id),
        CONSTRAINT fk_invoice_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
        CONSTRAINT fk_invoice_lines_license_type_id FOREIGN KEY(license_type_id) REFERENCES license_types (id)
    )
    """,
    """
    CREATE
        UNIQUE INDEX uq_invoice_lines_period
            ON invoice_lines (account_id, license_type_id, period) WHERE period IS NOT NULL
    """,
    """
    CREATE TABLE payments (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        status TEXT DEFAULT 'PENDING' NOT NULL,
        amount_minor BIGINT NOT NULL,
        currency TEXT NOT NULL,
        client_secret TEXT,
        failure TEXT,
        invoice_id UUID,
        payment_method_id UUID,
        provider_reference TEXT,
        cause TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_payments PRIMARY KEY (id),
        CONSTRAINT uq_payments_account_id_id UNIQUE (account_id, id),
        CONSTRAINT uq_payments_provider_reference UNIQUE (provider_reference),
        CONSTRAINT ck_payments_status CHECK (status IN ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED', 'FAILED')),
        CONSTRAINT ck_payments_cause CHECK (cause IN ('TOP_UP', 'AUTO_ADD_FUNDS', 'AUTO_REPAY')),
        CONSTRAINT ck_payments_amount_minor CHECK (amount_minor > 0),
        CONSTRAINT ck_payments_failure CHECK ((status = 'FAILED') = (failure IS NOT NULL)),
        CONSTRAINT ck_payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT fk_payments_account_id_invoice_id
            FOREIGN KEY(account_id, invoice_id) REFERENCES invoices (account_id, id),
        CONSTRAINT fk_payments_account_id_payment_method_id
            FOREIGN KEY(account_id, payment_method_id)
            REFERENCES payment_methods (account_id, id) ON DELETE SET NULL (payment_method_id),
        CONSTRAINT fk_payments_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE INDEX ix_payments_account_id_created_at_id ON payments (account_id, created_at, id)
    """,
    """
    CREATE
        UNIQUE INDEX uq_payments_unsettled ON payments (account_id) WHERE status
            IN ('PENDING', 'REQUIRES_ACTION') AND cause IN ('AUTO_ADD_FUNDS', 'AUTO_REPAY')
    """,
    """
    CREATE TABLE ledger_entries (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        sequence BIGINT NOT NULL,
        amount_minor BIGINT NOT NULL,
        balance_minor BIGINT NOT NULL,
        kind TEXT NOT NULL,
        invoice_id UUID,
        payment_id UUID,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_ledger_entries PRIMARY KEY (id),
        CONSTRAINT uq_ledger_entries_account_id_sequence UNIQUE (account_id, sequence),
        CONSTRAINT ck_ledger_entries_kind CHECK (kind IN ('INVOICE', 'PAYMENT', 'REFUND', 'TRANSFER')),
        CONSTRAINT ck_ledger_entries_sequence CHECK (sequence >= 1),
        CONSTRAINT fk_ledger_entries_account_id_invoice_id
            FOREIGN KEY(account_id, invoice_id) REFERENCES invoices (account_id, id),
        CONSTRAINT fk_ledger_entries_account_id_payment_id
            FOREIGN KEY(account_id, payment_id) REFERENCES payments (account_id, id),
        CONSTRAINT fk_ledger_entries_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE
        UNIQUE INDEX uq_ledger_entries_payment ON ledger_entries (account_id, payment_id, kind) WHERE kind = 'PAYMENT'
    """,
    """
    ALTER TABLE accounts ADD CONSTRAINT fk_accounts_autopayment_method
        FOREIGN KEY (id, autopayment_method_id)
        REFERENCES payment_methods (account_id, id) ON DELETE SET NULL (autopayment_method_id)
        DEFERRABLE INITIALLY DEFERRED
    """,
    """
    CREATE TRIGGER invoices_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON invoices
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER invoice_lines_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_lines
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    """Make the tables."""
    run(*UP)


def downgrade() -> None:
    """Drop them again."""
    run("ALTER TABLE accounts DROP CONSTRAINT fk_accounts_autopayment_method")
    drop_tables("ledger_entries", "payments", "invoice_lines", "invoices", "payment_methods")
