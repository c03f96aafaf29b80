"""Extensions, the refusal of changes, what is sold, and accounts."""

from models.migrations.steps import drop_tables, run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = (
    """
    CREATE SEQUENCE account_numbers START WITH 100001
    """,
    """
    CREATE EXTENSION IF NOT EXISTS pg_trgm
    """,
    """
    CREATE EXTENSION IF NOT EXISTS btree_gin
    """,
    """
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
            CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
        END IF;
    EXCEPTION
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_stat_statements is left out: this role may not create it';
    END
    $$
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are added and never changed', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TABLE products (
        id UUID DEFAULT uuidv7() NOT NULL,
        number SMALLINT NOT NULL,
        code TEXT NOT NULL,
        name TEXT NOT NULL,
        family TEXT NOT NULL,
        description TEXT NOT NULL,
        logo TEXT NOT NULL,
        key_prefix TEXT,
        key_length SMALLINT NOT NULL,
        position SMALLINT NOT NULL,
        CONSTRAINT pk_products PRIMARY KEY (id),
        CONSTRAINT uq_products_number UNIQUE (number),
        CONSTRAINT uq_products_code UNIQUE (code),
        CONSTRAINT ck_products_family
            CHECK (family IN ('LIVE_PATCHING', 'EXTENDED_SUPPORT', 'SECURITY', 'OPERATING_SYSTEM')),
        CONSTRAINT ck_products_number CHECK (number BETWEEN 1 AND 9999),
        CONSTRAINT ck_products_key_prefix CHECK (key_prefix ~ '^[A-Z0-9_]{1,20}$'),
        CONSTRAINT ck_products_key_length CHECK (key_length BETWEEN 16 AND 24)
    )
    """,
    """
    CREATE TABLE license_types (
        id UUID DEFAULT uuidv7() NOT NULL,
        number SMALLINT NOT NULL,
        product_id UUID NOT NULL,
        code TEXT NOT NULL,
        name TEXT NOT NULL,
        max_users INTEGER,
        key_prefix TEXT,
        position SMALLINT NOT NULL,
        CONSTRAINT pk_license_types PRIMARY KEY (id),
        CONSTRAINT uq_license_types_number UNIQUE (number),
        CONSTRAINT uq_license_types_code UNIQUE (code),
        CONSTRAINT uq_license_types_id_product_id UNIQUE (id, product_id),
        CONSTRAINT ck_license_types_number CHECK (number >= 1),
        CONSTRAINT ck_license_types_max_users CHECK (max_users > 0),
        CONSTRAINT ck_license_types_key_prefix CHECK (key_prefix ~ '^[A-Z0-9_]{1,20}$'),
        CONSTRAINT fk_license_types_product_id FOREIGN KEY(product_id) REFERENCES products (id)
    )
    """,
    """
    CREATE TABLE prices (
        id UUID DEFAULT uuidv7() NOT NULL,
        license_type_id UUID NOT NULL,
        cycle TEXT NOT NULL,
        from_quantity INTEGER NOT NULL,
        currency TEXT NOT NULL,
        unit_price_minor BIGINT NOT NULL,
        CONSTRAINT pk_prices PRIMARY KEY (id),
        CONSTRAINT uq_prices_license_type_id_cycle_currency_from_quantity
            UNIQUE (license_type_id, cycle, currency, from_quantity),
        CONSTRAINT ck_prices_cycle CHECK (cycle IN ('MONTHLY', 'YEARLY')),
        CONSTRAINT ck_prices_from_quantity CHECK (from_quantity >= 1),
        CONSTRAINT ck_prices_unit_price_minor CHECK (unit_price_minor >= 0),
        CONSTRAINT ck_prices_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT fk_prices_license_type_id FOREIGN KEY(license_type_id) REFERENCES license_types (id)
    )
    """,
    """
    CREATE TABLE accounts (
        id UUID DEFAULT uuidv7() NOT NULL,
        number TEXT DEFAULT nextval('account_numbers')::text NOT NULL,
        kind TEXT NOT NULL,
        state TEXT DEFAULT 'ACTIVE' NOT NULL,
        time_zone TEXT DEFAULT 'UTC' NOT NULL,
        registered_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        reseller_id UUID,
        currency TEXT DEFAULT 'USD' NOT NULL,
        personal_first_name TEXT NOT NULL,
        personal_last_name TEXT NOT NULL,
        personal_email TEXT NOT NULL,
        personal_phone TEXT,
        im_upgrade_url TEXT,
        company_name TEXT NOT NULL,
        company_street TEXT,
        company_city TEXT,
        company_region TEXT,
        company_postal_code TEXT,
        company_country TEXT,
        vat_number TEXT,
        website TEXT,
        billing_first_name TEXT NOT NULL,
        billing_last_name TEXT NOT NULL,
        billing_contact_email TEXT NOT NULL,
        billing_phone TEXT,
        billing_street TEXT,
        billing_city TEXT,
        billing_region TEXT,
        billing_postal_code TEXT,
        billing_country TEXT,
        billing_email TEXT,
        balance_minor BIGINT DEFAULT 0 NOT NULL,
        in_debt_since TIMESTAMP WITH TIME ZONE,
        invoice_sequence BIGINT DEFAULT 0 NOT NULL,
        ledger_sequence BIGINT DEFAULT 0 NOT NULL,
        autopayment_mode TEXT DEFAULT 'OFF' NOT NULL,
        autopayment_threshold_minor BIGINT,
        autopayment_target_minor BIGINT,
        autopayment_method_id UUID,
        CONSTRAINT pk_accounts PRIMARY KEY (id),
        CONSTRAINT uq_accounts_number UNIQUE (number),
        CONSTRAINT ck_accounts_kind CHECK (kind IN ('DIRECT', 'RESELLER', 'CUSTOMER')),
        CONSTRAINT ck_accounts_state CHECK (state IN ('ACTIVE', 'LOCKED')),
        CONSTRAINT ck_accounts_autopayment_mode CHECK (autopayment_mode IN ('AUTO_ADD_FUNDS', 'AUTO_REPAY', 'OFF')),
        CONSTRAINT ck_accounts_reseller CHECK ((kind = 'CUSTOMER') = (reseller_id IS NOT NULL)),
        CONSTRAINT ck_accounts_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT ck_accounts_in_debt_since CHECK ((balance_minor < 0) = (in_debt_since IS NOT NULL)),
        CONSTRAINT ck_accounts_sequences CHECK (invoice_sequence >= 0 AND ledger_sequence >= 0),
        CONSTRAINT ck_accounts_autopayment_threshold_minor CHECK (autopayment_threshold_minor >= 0),
        CONSTRAINT ck_accounts_autopayment_target_minor CHECK (autopayment_target_minor >= autopayment_threshold_minor),
        CONSTRAINT ck_accounts_autopayment_funds
            CHECK (autopayment_mode <> 'AUTO_ADD_FUNDS'
            OR (autopayment_threshold_minor IS NOT NULL AND autopayment_target_minor IS NOT NULL)),
        CONSTRAINT fk_accounts_reseller_id FOREIGN KEY(reseller_id) REFERENCES accounts (id)
    )
    """,
    """
    CREATE INDEX ix_accounts_in_debt_since ON accounts (in_debt_since) WHERE in_debt_since IS NOT NULL
    """,
    """
    CREATE INDEX ix_accounts_reseller_id_number_id ON accounts (reseller_id, number, id) WHERE reseller_id IS NOT NULL
    """,
)

# An extension that was there before belongs to somebody else: it may not be ours to drop, or something may use it.
DROP_EXTENSIONS = """
    DO $$
    DECLARE
        extension text;
    BEGIN
        FOREACH extension IN ARRAY ARRAY['pg_stat_statements', 'btree_gin', 'pg_trgm'] LOOP
            BEGIN
                EXECUTE format('DROP EXTENSION IF EXISTS %I', extension);
            EXCEPTION
                WHEN insufficient_privilege OR dependent_objects_still_exist THEN
                    RAISE NOTICE '% stays: it is not ours alone', extension;
            END;
        END LOOP;
    END
    $$
"""


def upgrade() -> None:
    """Make the tables."""
    run(*UP)


def downgrade() -> None:
    """Drop them again."""
    drop_tables("accounts", "prices", "license_types", "products")
    run(
        "DROP SEQUENCE account_numbers",
        "DROP FUNCTION refuse_change()",
        DROP_EXTENSIONS,
    )
