"""What keeps servers.facets: one definition, one refresh, a trigger on every source of them."""

from models.migrations.steps import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DEFINITION = """
    CREATE FUNCTION server_listing(server_ids uuid[])
    RETURNS TABLE (id uuid, facets integer[]) LANGUAGE sql STABLE AS $$
        WITH held AS (
            SELECT r.server_id,
                   array_agg(DISTINCT f.facet ORDER BY f.facet) AS facets
            FROM registrations r
            JOIN activation_keys k ON k.id = r.activation_key_id
            JOIN products p ON p.id = r.product_id
            CROSS JOIN LATERAL unnest(ARRAY[
                1000000 + k.number,
                p.number::integer,
                CASE WHEN k.seat_limit IS NULL THEN 10002 ELSE 10001 END
            ]) AS f (facet)
            WHERE r.server_id = ANY (server_ids)
            GROUP BY r.server_id
        )
        SELECT s.id,
               CASE WHEN g.id IS NULL THEN '{}' ELSE ARRAY[-g.number] END || coalesce(h.facets, '{}')
        FROM servers s
        LEFT JOIN held h ON h.server_id = s.id
        LEFT JOIN server_groups g ON g.id = s.group_id
        WHERE s.id = ANY (server_ids)
    $$
"""

# The rows are locked before they are computed a second time, by a statement with a snapshot of its own: of two
# transactions that change one server's registrations, the later then sees what the earlier wrote.
REFRESH = """
    CREATE FUNCTION refresh_server_listing(server_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        stale uuid[];
    BEGIN
        IF server_ids IS NULL THEN
            RETURN;
        END IF;
        SELECT array_agg(s.id) INTO stale
        FROM servers s JOIN server_listing(server_ids) l ON l.id = s.id
        WHERE s.facets <> l.facets;
        IF stale IS NULL THEN
            RETURN;
        END IF;
        PERFORM FROM servers s WHERE s.id = ANY (stale) ORDER BY s.id FOR NO KEY UPDATE;
        UPDATE servers s SET facets = l.facets
        FROM server_listing(stale) l
        WHERE l.id = s.id AND s.facets <> l.facets;
    END
    $$
"""

NEW_SERVERS = (
    """
    CREATE FUNCTION list_new_server() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.facets := ARRAY(SELECT -g.number FROM server_groups g WHERE g.id = NEW.group_id);
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER servers_listed_on_insert BEFORE INSERT ON servers
        FOR EACH ROW WHEN (NEW.facets = '{}' AND NEW.group_id IS NOT NULL)
        EXECUTE FUNCTION list_new_server()
    """,
)

CHANGED_SERVERS = (
    """
    CREATE FUNCTION list_changed_servers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refresh_server_listing(array_agg(n.id))
        FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE n.group_id IS DISTINCT FROM o.group_id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER servers_listed_on_update AFTER UPDATE ON servers
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION list_changed_servers()
    """,
)

CHANGED_KEYS = (
    """
    CREATE FUNCTION list_servers_of_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refresh_server_listing(array_agg(DISTINCT r.server_id))
        FROM new_rows n
        JOIN old_rows o ON o.id = n.id
        JOIN registrations r ON r.account_id = n.account_id AND r.activation_key_id = n.id
        WHERE (n.seat_limit IS NULL) <> (o.seat_limit IS NULL);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER activation_keys_listed_on_update AFTER UPDATE ON activation_keys
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION list_servers_of_keys()
    """,
)

REGISTRATIONS = (
    """
    CREATE FUNCTION list_registered_servers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refresh_server_listing(array_agg(DISTINCT c.server_id)) FROM changed_rows c;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION list_moved_servers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refresh_server_listing(array_agg(DISTINCT moved.id))
        FROM new_rows n
        JOIN old_rows o ON o.id = n.id
        CROSS JOIN LATERAL unnest(ARRAY[o.server_id, n.server_id]) AS moved (id)
        WHERE (n.server_id, n.product_id, n.activation_key_id)
            <> (o.server_id, o.product_id, o.activation_key_id);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER registrations_listed_on_insert AFTER INSERT ON registrations
        REFERENCING NEW TABLE AS changed_rows
        FOR EACH STATEMENT EXECUTE FUNCTION list_registered_servers()
    """,
    """
    CREATE TRIGGER registrations_listed_on_delete AFTER DELETE ON registrations
        REFERENCING OLD TABLE AS changed_rows
        FOR EACH STATEMENT EXECUTE FUNCTION list_registered_servers()
    """,
    """
    CREATE TRIGGER registrations_listed_on_update AFTER UPDATE ON registrations
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION list_moved_servers()
    """,
)

DOWN = (
    "DROP TRIGGER registrations_listed_on_update ON registrations",
    "DROP TRIGGER registrations_listed_on_delete ON registrations",
    "DROP TRIGGER registrations_listed_on_insert ON registrations",
    "DROP TRIGGER activation_keys_listed_on_update ON activation_keys",
    "DROP TRIGGER servers_listed_on_update ON servers",
    "DROP TRIGGER servers_listed_on_insert ON servers",
    "DROP FUNCTION list_moved_servers, list_registered_servers, list_servers_of_keys",
    "DROP FUNCTION list_changed_servers, list_new_server, refresh_server_listing, server_listing",
)


def upgrade() -> None:
    """Make the functions, then the triggers that call them."""
    run(DEFINITION, REFRESH, *NEW_SERVERS, *CHANGED_SERVERS, *CHANGED_KEYS, *REGISTRATIONS)


def downgrade() -> None:
    """Drop them again."""
    run(*DOWN)
