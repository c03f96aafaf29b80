"""The statements of the limit: those whose rows are put together in loops, and those that answer in one piece."""

PAGE = 50

ACCOUNT_KEYS = {"number": "number", "state": "state", "registeredAt": "registered_at"}


def instant(column: str) -> str:
    """A timestamp as the API prints it."""
    return f"""to_char(timezone('UTC', {column}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def state(now: str) -> str:
    """A server's state at a time."""
    return f"""CASE WHEN c.last_check_in_sort = 'infinity' THEN 'NEVER_SEEN'
        WHEN c.last_check_in_sort >= {now}::timestamptz - interval '12 hours' THEN 'ACTIVE'
        WHEN c.last_check_in_sort >= {now}::timestamptz - interval '48 hours' THEN 'SILENT'
        WHEN c.last_check_in_sort >= {now}::timestamptz - interval '720 hours' THEN 'STALE' ELSE 'REMOVABLE' END"""


_POOL = """LATERAL (
    SELECT coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.used), 0) AS used
    FROM licenses l WHERE l.account_id = s.account_id AND l.product_subscription_id = s.id
) pool"""

SUBSCRIPTIONS = f"""
    SELECT s.id, a.number, p.name, pool.quantity, pool.used
    FROM accounts a
    LEFT JOIN (product_subscriptions s JOIN products p ON p.id = s.product_id CROSS JOIN {_POOL})
        ON s.account_id = a.id AND s.product_id = ANY ($2)
    WHERE a.id = $1 ORDER BY p.position, s.id
"""

LICENSES = """
    SELECT l.product_subscription_id, t.name, l.quantity, l.used
    FROM licenses l JOIN license_types t ON t.id = l.license_type_id
    WHERE l.account_id = $1 AND l.product_subscription_id = ANY ($2) ORDER BY t.position, l.id
"""

KEYS = """
    SELECT s.id, k.total, k.id, k.key, k.note, k.used, k.seat_limit
    FROM product_subscriptions s CROSS JOIN LATERAL (
        SELECT k.id, k.key, k.note, k.used, k.seat_limit, count(*) OVER () AS total FROM activation_keys k
        WHERE k.account_id = s.account_id AND k.product_id = s.product_id ORDER BY k.key, k.id LIMIT 50
    ) k
    WHERE s.account_id = $1 AND s.id = ANY ($2) ORDER BY s.id, k.key, k.id
"""

SERVERS = f"""
    SELECT k.id, counted.total, s.id, s.hostname, host(s.ip), {state("$3")}, s.group_name
    FROM unnest($2::uuid[]) AS k (id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS total FROM registrations r WHERE r.account_id = $1 AND r.activation_key_id = k.id
    ) counted
    CROSS JOIN LATERAL (
        SELECT r.server_id, r.hostname FROM registrations r
        WHERE r.account_id = $1 AND r.activation_key_id = k.id ORDER BY r.hostname, r.server_id LIMIT 20
    ) r
    JOIN servers s ON s.id = r.server_id
    JOIN server_check_ins c ON c.server_id = s.id
    ORDER BY k.id, r.hostname, r.server_id
"""

INSTALLED = f"""
    SELECT r.server_id, {instant("c.last_check_in")}, p.name
    FROM registrations r
    JOIN registration_check_ins c ON c.registration_id = r.id
    JOIN products p ON p.id = r.product_id
    WHERE r.server_id = ANY ($2) AND r.account_id = $1 ORDER BY r.activated_at, r.id
"""

VIEWER = f"""
    SELECT a.number, a.state, {instant("a.registered_at")} AS registered_at, s.id, p.code, p.name, p.family,
           pool.quantity, pool.used, s.product_quota, s.billing_cycle, s.renews_at::text AS renews_at
    FROM accounts a
    LEFT JOIN (product_subscriptions s JOIN products p ON p.id = s.product_id CROSS JOIN {_POOL})
        ON s.account_id = a.id
    WHERE a.id = $1 ORDER BY p.position, s.id
"""

MATCHED = """
    WITH wanted AS (
        SELECT ARRAY(SELECT number::int FROM products WHERE id = ANY ($2)) AS products,
               ARRAY(SELECT 1000000 + number FROM activation_keys WHERE account_id = $1 AND lower(key) LIKE $3) AS keys
    ), matched AS MATERIALIZED (
        SELECT s.id, c.last_check_in_sort FROM wanted w, servers s JOIN server_check_ins c ON c.server_id = s.id
        WHERE s.account_id = $1 AND s.facets && w.products
          AND (s.hostname || ' ' || host(s.ip) LIKE $3 OR s.facets && w.keys)
    ), page AS (
        SELECT id FROM matched ORDER BY last_check_in_sort DESC, id DESC LIMIT 51
    )
"""

SERVER_COLUMNS = f"""s.id, s.hostname, host(s.ip) AS ip, {state("$4")} AS state,
    {instant("s.registered_at")} AS registered_at, {instant("c.last_check_in")} AS last_check_in, s.group_name"""

SEARCH = f"""
    {MATCHED}
    SELECT counted.total, {SERVER_COLUMNS}
    FROM (SELECT count(*) AS total FROM matched) counted
    LEFT JOIN (
        page JOIN servers s ON s.id = page.id JOIN server_check_ins c ON c.server_id = s.id
    ) ON true
    ORDER BY c.last_check_in_sort DESC, s.id DESC
"""
