"""What the list of servers compares, repeated in registrations for the lists by date of activation."""

from models.migrations.steps import run
from models.migrations.versions.v0013_check_ins import KEPT

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = (
    """
    ALTER TABLE registrations
        ADD COLUMN facets INTEGER[] DEFAULT '{}' NOT NULL,
        ADD COLUMN ip INET,
        ADD COLUMN group_sort TEXT COLLATE "C"
    """,
    """
    UPDATE registrations r SET facets = s.facets, ip = s.ip, group_sort = s.group_sort
    FROM servers s WHERE s.id = r.server_id
    """,
    "ALTER TABLE registrations ALTER ip SET NOT NULL, ALTER group_sort SET NOT NULL, ALTER facets SET STATISTICS 1000",
    "DROP INDEX ix_registrations_key_activated_at, ix_registrations_product_activated_at",
    """
    CREATE INDEX ix_registrations_key_activated_at
        ON registrations (account_id, activation_key_id, activated_at, server_id)
        INCLUDE (hostname, facets, ip, group_sort, id)
    """,
    """
    CREATE INDEX ix_registrations_product_activated_at
        ON registrations (account_id, product_id, activated_at, server_id)
        INCLUDE (hostname, facets, ip, group_sort, id)
    """,
)

# The server is held, so that a change of it that goes on meanwhile is either seen here or sees this registration.
COPIED = (
    """
    CREATE FUNCTION list_registration() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT s.facets, s.ip, s.group_sort INTO NEW.facets, NEW.ip, NEW.group_sort
        FROM servers s WHERE s.id = NEW.server_id FOR NO KEY UPDATE;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER registrations_copied BEFORE INSERT OR UPDATE OF server_id ON registrations
        FOR EACH ROW EXECUTE FUNCTION list_registration()
    """,
)

CHANGED = """
    SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE (n.facets, n.ip, n.registered_at, n.group_sort) <> (o.facets, o.ip, o.registered_at, o.group_sort)
"""

KEEP_CHECK_INS = KEPT[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")

KEEP_BOTH = f"""
    CREATE OR REPLACE FUNCTION keep_server_check_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        changed uuid[] := ARRAY({CHANGED});
    BEGIN
        IF changed = '{{}}' THEN
            RETURN NULL;
        END IF;
        UPDATE server_check_ins c
        SET facets = s.facets, ip = s.ip, registered_at = s.registered_at, group_sort = s.group_sort
        FROM servers s
        WHERE s.id = c.server_id AND c.server_id = ANY (changed)
            AND (c.facets, c.ip, c.registered_at, c.group_sort) <> (s.facets, s.ip, s.registered_at, s.group_sort);
        UPDATE registrations r
        SET facets = s.facets, ip = s.ip, group_sort = s.group_sort
        FROM servers s
        WHERE s.id = r.server_id AND r.server_id = ANY (changed)
            AND (r.facets, r.ip, r.group_sort) <> (s.facets, s.ip, s.group_sort);
        RETURN NULL;
    END
    $$
"""

DOWN = (
    "DROP TRIGGER registrations_copied ON registrations",
    "DROP FUNCTION list_registration",
    KEEP_CHECK_INS,
    "ALTER TABLE registrations DROP COLUMN facets, DROP COLUMN ip, DROP COLUMN group_sort",
    """
    CREATE INDEX ix_registrations_key_activated_at
        ON registrations (account_id, activation_key_id, activated_at, server_id) INCLUDE (hostname, id)
    """,
    """
    CREATE INDEX ix_registrations_product_activated_at
        ON registrations (account_id, product_id, activated_at, server_id) INCLUDE (hostname, id)
    """,
)


def upgrade() -> None:
    """Add the columns, then what keeps them."""
    run(*COLUMNS, *COPIED, KEEP_BOTH)


def downgrade() -> None:
    """Drop them again."""
    run(*DOWN)
