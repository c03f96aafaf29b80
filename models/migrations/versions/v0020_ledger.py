"""The ledger books itself: an entry moves the balance, and nothing else does."""

from models.migrations.steps import run

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HASH = """
    CREATE FUNCTION ledger_hash(entry ledger_entries) RETURNS bytea LANGUAGE sql STABLE AS $$
        SELECT sha256(convert_to(jsonb_build_array(
            encode(entry.previous_hash, 'hex'), entry.id, entry.account_id, entry.sequence, entry.amount_minor,
            entry.balance_minor, entry.currency, entry.kind, entry.cause, entry.actor, entry.invoice_id,
            entry.payment_id, (extract(epoch FROM entry.created_at) * 1000000)::bigint
        )::text, 'UTF8'))
    $$
"""

BOOK = """
    CREATE FUNCTION book_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE accounts
        SET balance_minor = balance_minor + NEW.amount_minor,
            ledger_sequence = ledger_sequence + 1,
            in_debt_since = CASE WHEN balance_minor + NEW.amount_minor < 0
                                 THEN coalesce(in_debt_since, NEW.created_at) END
        WHERE id = NEW.account_id
        RETURNING balance_minor, ledger_sequence, currency
        INTO NEW.balance_minor, NEW.sequence, NEW.currency;
        SELECT hash INTO NEW.previous_hash FROM ledger_entries
        WHERE account_id = NEW.account_id AND sequence = NEW.sequence - 1;
        NEW.previous_hash := coalesce(NEW.previous_hash, decode(repeat('00', 32), 'hex'));
        NEW.hash := ledger_hash(NEW);
        RETURN NEW;
    END
    $$
"""

GUARD = """
    CREATE FUNCTION refuse_unbooked_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a balance moves by entries of the ledger alone'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
"""

UP = (
    "ALTER TABLE invoices ADD COLUMN reverse_charge BOOLEAN DEFAULT false NOT NULL",
    """
    ALTER TABLE invoices ADD CONSTRAINT ck_invoices_reverse_charge
        CHECK (NOT reverse_charge OR (type = 'INVOICE' AND tax_minor = 0))
    """,
    "ALTER TABLE invoice_lines ADD COLUMN server_ids UUID[] DEFAULT '{}' NOT NULL",
    "ALTER TABLE invoice_lines ADD COLUMN server_names TEXT[] DEFAULT '{}' NOT NULL",
    """
    ALTER TABLE invoice_lines ADD CONSTRAINT ck_invoice_lines_server_names
        CHECK (cardinality(server_names) <= cardinality(server_ids))
    """,
    "ALTER TABLE ledger_entries ALTER COLUMN invoice_id SET NOT NULL",
    "ALTER TABLE ledger_entries ADD COLUMN currency TEXT NOT NULL",
    "ALTER TABLE ledger_entries ADD COLUMN cause TEXT NOT NULL",
    "ALTER TABLE ledger_entries ADD COLUMN actor TEXT NOT NULL",
    "ALTER TABLE ledger_entries ADD COLUMN previous_hash BYTEA NOT NULL",
    "ALTER TABLE ledger_entries ADD COLUMN hash BYTEA NOT NULL",
    """
    ALTER TABLE ledger_entries ADD CONSTRAINT ck_ledger_entries_kind_cause CHECK (
        (kind, cause) IN (
            ('INVOICE', 'ORDER'), ('INVOICE', 'RENEWAL'), ('PAYMENT', 'TOP_UP'), ('PAYMENT', 'AUTO_ADD_FUNDS'),
            ('PAYMENT', 'AUTO_REPAY'), ('REFUND', 'REFUND'), ('TRANSFER', 'TRANSFER')
        )
    )
    """,
    """
    ALTER TABLE ledger_entries ADD CONSTRAINT ck_ledger_entries_payment_id
        CHECK (kind <> 'PAYMENT' OR payment_id IS NOT NULL)
    """,
    "ALTER TABLE ledger_entries ADD CONSTRAINT uq_ledger_entries_invoice_id UNIQUE (invoice_id)",
    "ALTER TABLE ledger_entries DROP CONSTRAINT ck_ledger_entries_sequence",
    HASH,
    BOOK,
    GUARD,
    """
    CREATE TRIGGER ledger_entries_book BEFORE INSERT ON ledger_entries
        FOR EACH ROW EXECUTE FUNCTION book_entry()
    """,
    """
    CREATE TRIGGER accounts_begin_unbooked BEFORE INSERT ON accounts
        FOR EACH ROW WHEN (NEW.balance_minor <> 0 OR NEW.ledger_sequence <> 0)
        EXECUTE FUNCTION refuse_unbooked_balance()
    """,
    """
    CREATE TRIGGER accounts_move_by_ledger BEFORE UPDATE OF balance_minor, ledger_sequence ON accounts
        FOR EACH ROW WHEN (
            pg_trigger_depth() = 0 AND (NEW.balance_minor, NEW.ledger_sequence)
                IS DISTINCT FROM (OLD.balance_minor, OLD.ledger_sequence)
        ) EXECUTE FUNCTION refuse_unbooked_balance()
    """,
)

DOWN = (
    "DROP TRIGGER accounts_move_by_ledger ON accounts",
    "DROP TRIGGER accounts_begin_unbooked ON accounts",
    "DROP TRIGGER ledger_entries_book ON ledger_entries",
    "DROP FUNCTION refuse_unbooked_balance(), book_entry(), ledger_hash(ledger_entries)",
    "ALTER TABLE ledger_entries ADD CONSTRAINT ck_ledger_entries_sequence CHECK (sequence >= 1)",
    "ALTER TABLE ledger_entries DROP CONSTRAINT uq_ledger_entries_invoice_id",
    "ALTER TABLE ledger_entries DROP CONSTRAINT ck_ledger_entries_payment_id",
    "ALTER TABLE ledger_entries DROP COLUMN hash, DROP COLUMN previous_hash",
    "ALTER TABLE ledger_entries DROP COLUMN actor, DROP COLUMN cause, DROP COLUMN currency",
    "ALTER TABLE ledger_entries ALTER COLUMN invoice_id DROP NOT NULL",
    "ALTER TABLE invoice_lines DROP COLUMN server_names, DROP COLUMN server_ids",
    "ALTER TABLE invoices DROP COLUMN reverse_charge",
)


def upgrade() -> None:
    """Have each entry chained to the one before, and the account's balance moved by it."""
    run(*UP)


def downgrade() -> None:
    """Leave balances to whoever writes them."""
    run(*DOWN)
