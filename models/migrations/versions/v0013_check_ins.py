"""Check-ins in tables of their own, which keep a copy of what the list of servers compares."""

from models.migrations.steps import run

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = (
    """
    ALTER TABLE registrations ADD CONSTRAINT uq_registrations_account_id_id_server_id
        UNIQUE (account_id, id, server_id)
    """,
    """
    CREATE TABLE registration_check_ins (
        registration_id UUID NOT NULL,
        account_id UUID NOT NULL,
        server_id UUID NOT NULL,
        last_check_in TIMESTAMP WITH TIME ZONE,
        version TEXT,
        CONSTRAINT pk_registration_check_ins PRIMARY KEY (registration_id)
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE server_check_ins (
        server_id UUID NOT NULL,
        account_id UUID NOT NULL,
        last_check_in TIMESTAMP WITH TIME ZONE,
        last_check_in_sort TIMESTAMP WITH TIME ZONE
            GENERATED ALWAYS AS (coalesce(last_check_in, 'infinity')) STORED NOT NULL,
        facets INTEGER[] DEFAULT '{}' NOT NULL,
        hostname TEXT COLLATE "C" NOT NULL,
        ip INET NOT NULL,
        registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
        group_sort TEXT COLLATE "C" NOT NULL,
        CONSTRAINT pk_server_check_ins PRIMARY KEY (server_id)
    )
    """,
    """
    INSERT INTO registration_check_ins (registration_id, account_id, server_id, last_check_in, version)
    SELECT id, account_id, server_id, last_check_in, version FROM registrations
    """,
    """
    INSERT INTO server_check_ins
        (server_id, account_id, last_check_in, facets, hostname, ip, registered_at, group_sort)
    SELECT id, account_id, last_check_in, facets, hostname, ip, registered_at, group_sort FROM servers
    """,
    """
    ALTER TABLE registration_check_ins ADD CONSTRAINT fk_registration_check_ins_account_id_registration_id_server_id
        FOREIGN KEY (account_id, registration_id, server_id) REFERENCES registrations (account_id, id, server_id)
        ON DELETE CASCADE ON UPDATE CASCADE
    """,
    """
    ALTER TABLE server_check_ins ADD CONSTRAINT fk_server_check_ins_account_id_server_id_hostname
        FOREIGN KEY (account_id, server_id, hostname) REFERENCES servers (account_id, id, hostname)
        ON DELETE CASCADE ON UPDATE CASCADE
    """,
    """
    CREATE INDEX ix_server_check_ins_order
        ON server_check_ins (account_id, last_check_in_sort, server_id)
        INCLUDE (facets, hostname, ip, registered_at, group_sort)
    """,
    """
    ALTER TABLE server_check_ins
        ALTER facets SET STATISTICS 1000,
        ALTER registered_at SET STATISTICS 400,
        ALTER last_check_in_sort SET STATISTICS 400
    """,
    """
    ALTER TABLE server_check_ins SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)
    """,
)

# Dropping a column drops the indexes that it is in.
WITHOUT_CHECK_INS = (
    "ALTER TABLE registrations DROP COLUMN last_check_in_sort, DROP COLUMN last_check_in, DROP COLUMN version",
    "ALTER TABLE servers DROP COLUMN last_check_in_sort, DROP COLUMN last_check_in",
    """
    CREATE INDEX ix_servers_account_id_group_sort_id
        ON servers (account_id, group_sort, id) INCLUDE (facets, hostname, ip, registered_at)
    """,
    """
    CREATE INDEX ix_servers_account_id_hostname_id
        ON servers (account_id, hostname, id) INCLUDE (facets, ip, registered_at, group_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_ip_id
        ON servers (account_id, ip, id) INCLUDE (facets, hostname, registered_at, group_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_registered_at_id
        ON servers (account_id, registered_at, id) INCLUDE (facets, hostname, ip, group_sort)
    """,
)

BEGUN = (
    """
    CREATE FUNCTION begin_server_check_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO server_check_ins (server_id, account_id, facets, hostname, ip, registered_at, group_sort)
        SELECT id, account_id, facets, hostname, ip, registered_at, group_sort FROM new_rows;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION begin_registration_check_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO registration_check_ins (registration_id, account_id, server_id)
        SELECT id, account_id, server_id FROM new_rows;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER servers_check_ins_on_insert AFTER INSERT ON servers
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION begin_server_check_ins()
    """,
    """
    CREATE TRIGGER registrations_check_ins_on_insert AFTER INSERT ON registrations
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION begin_registration_check_ins()
    """,
)

# Another trigger may have changed the servers again by now: the rows are read as they are, not as they were written.
KEPT = (
    """
    CREATE FUNCTION keep_server_check_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE server_check_ins c
        SET facets = s.facets, ip = s.ip, registered_at = s.registered_at, group_sort = s.group_sort
        FROM servers s
        WHERE s.id = c.server_id AND c.server_id IN (
            SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
            WHERE (n.facets, n.ip, n.registered_at, n.group_sort) <> (o.facets, o.ip, o.registered_at, o.group_sort)
        ) AND (c.facets, c.ip, c.registered_at, c.group_sort) <> (s.facets, s.ip, s.registered_at, s.group_sort);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER servers_check_ins_on_update AFTER UPDATE ON servers
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION keep_server_check_ins()
    """,
)

MOVED = (
    """
    CREATE FUNCTION move_check_ins() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE server_check_ins s SET last_check_in = moved.last_check_in
        FROM (
            SELECT n.server_id, max(c.last_check_in) AS last_check_in
            FROM new_rows n
            JOIN old_rows o ON o.id = n.id
            JOIN registration_check_ins c ON c.registration_id = n.id
            WHERE n.server_id <> o.server_id
            GROUP BY n.server_id
        ) AS moved
        WHERE s.server_id = moved.server_id AND moved.last_check_in > coalesce(s.last_check_in, '-infinity');
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER registrations_check_ins_on_update AFTER UPDATE ON registrations
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION move_check_ins()
    """,
)

WITH_CHECK_INS = (
    "DROP TRIGGER registrations_check_ins_on_update ON registrations",
    "DROP TRIGGER registrations_check_ins_on_insert ON registrations",
    "DROP TRIGGER servers_check_ins_on_update ON servers",
    "DROP TRIGGER servers_check_ins_on_insert ON servers",
    "DROP FUNCTION move_check_ins, keep_server_check_ins, begin_registration_check_ins, begin_server_check_ins",
    """
    ALTER TABLE servers
        ADD COLUMN last_check_in TIMESTAMP WITH TIME ZONE,
        ADD COLUMN last_check_in_sort TIMESTAMP WITH TIME ZONE
            GENERATED ALWAYS AS (coalesce(last_check_in, 'infinity')) STORED NOT NULL
    """,
    """
    ALTER TABLE registrations
        ADD COLUMN last_check_in TIMESTAMP WITH TIME ZONE,
        ADD COLUMN last_check_in_sort TIMESTAMP WITH TIME ZONE
            GENERATED ALWAYS AS (coalesce(last_check_in, 'infinity')) STORED NOT NULL,
        ADD COLUMN version TEXT
    """,
    """
    UPDATE servers s SET last_check_in = c.last_check_in FROM server_check_ins c WHERE c.server_id = s.id
    """,
    """
    UPDATE registrations r SET last_check_in = c.last_check_in, version = c.version
    FROM registration_check_ins c WHERE c.registration_id = r.id
    """,
    "DROP TABLE server_check_ins, registration_check_ins",
    "ALTER TABLE registrations DROP CONSTRAINT uq_registrations_account_id_id_server_id",
    "DROP INDEX ix_servers_account_id_group_sort_id",
    "DROP INDEX ix_servers_account_id_hostname_id",
    "DROP INDEX ix_servers_account_id_ip_id",
    "DROP INDEX ix_servers_account_id_registered_at_id",
    """
    CREATE INDEX ix_servers_account_id_group_sort_id
        ON servers (account_id, group_sort, id) INCLUDE (facets, hostname, ip, registered_at, last_check_in_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_hostname_id
        ON servers (account_id, hostname, id) INCLUDE (facets, ip, registered_at, last_check_in_sort, group_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_ip_id
        ON servers (account_id, ip, id) INCLUDE (facets, hostname, registered_at, last_check_in_sort, group_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_last_check_in_sort_id
        ON servers (account_id, last_check_in_sort, id) INCLUDE (facets, hostname, ip, registered_at, group_sort)
    """,
    """
    CREATE INDEX ix_servers_account_id_registered_at_id
        ON servers (account_id, registered_at, id) INCLUDE (facets, hostname, ip, last_check_in_sort, group_sort)
    """,
    "ALTER TABLE servers ALTER last_check_in_sort SET STATISTICS 400",
)


def upgrade() -> None:
    """Move the check-ins into their tables, then make what keeps these."""
    run(*TABLES, *WITHOUT_CHECK_INS, *BEGUN, *KEPT, *MOVED)


def downgrade() -> None:
    """Move them back."""
    run(*WITH_CHECK_INS)
