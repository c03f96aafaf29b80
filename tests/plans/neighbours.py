"""More keys and invoices than servers bring with them: the one account's own, and others' beside them.

Of a small table that is all one account's, PostgreSQL rightly reads the whole.
"""

from uuid import UUID

from tests.databases import execute

COPIES = 100
ACCOUNTS = 400
OWN = 20
"""So many more keys and invoices the account itself has for each of its own."""

_WITHOUT_TRIGGERS = "SET session_replication_role = replica"
_ACCOUNTS = f"""
CREATE TABLE neighbours AS
SELECT number, gen_random_uuid() AS id FROM generate_series(0, {ACCOUNTS - 1}) AS number
"""
_KEYS = f"""
INSERT INTO activation_keys OVERRIDING SYSTEM VALUE
SELECT made.* FROM generate_series(1, {COPIES}) AS copy
CROSS JOIN (SELECT row_number() OVER (ORDER BY id) AS place, one FROM activation_keys AS one) AS kept
JOIN neighbours ON neighbours.number = (place + copy) % {ACCOUNTS}
CROSS JOIN LATERAL jsonb_populate_record(kept.one, jsonb_build_object(
    'id', gen_random_uuid(), 'account_id', neighbours.id, 'number', 1000000 + copy * 10000 + place,
    'is_default', false, 'key', left(md5(copy || ' ' || place), 16))) AS made
"""
_INVOICES = f"""
INSERT INTO invoices OVERRIDING SYSTEM VALUE
SELECT made.* FROM generate_series(1, {COPIES}) AS copy
CROSS JOIN (SELECT row_number() OVER (ORDER BY id) AS place, one FROM invoices AS one) AS kept
JOIN neighbours ON neighbours.number = (place + copy) % {ACCOUNTS}
CROSS JOIN LATERAL jsonb_populate_record(kept.one, jsonb_build_object(
    'id', gen_random_uuid(), 'account_id', neighbours.id, 'number', copy || '-' || place,
    'sequence', copy * 10000 + place)) AS made
"""
_OWN_KEYS = """
INSERT INTO activation_keys OVERRIDING SYSTEM VALUE
SELECT made.* FROM generate_series(1, {own}) AS copy
CROSS JOIN (SELECT row_number() OVER (ORDER BY id) AS place, md5(id::text) AS drawn, one
            FROM activation_keys AS one WHERE account_id = '{account}') AS kept
CROSS JOIN LATERAL jsonb_populate_record(kept.one, jsonb_build_object(
    'id', md5(drawn || copy)::uuid, 'number', 3000000 + copy * 10000 + place, 'is_default', false,
    'key', left(md5(copy || drawn), 16), 'note', CASE WHEN copy % 2 = 0 THEN 'note ' || left(md5(drawn || copy), 9) END,
    'used', coalesce(least((one).seat_limit, copy * 7), copy * 7),
    'created_at', (one).created_at + copy * interval '7 hours')) AS made
"""
_OWN_INVOICES = """
INSERT INTO invoices OVERRIDING SYSTEM VALUE
SELECT made.* FROM generate_series(1, {own}) AS copy
CROSS JOIN (SELECT row_number() OVER (ORDER BY id) AS place, one
            FROM invoices AS one WHERE account_id = '{account}') AS kept
CROSS JOIN LATERAL jsonb_populate_record(kept.one, jsonb_build_object(
    'id', md5((one).id || ' ' || copy)::uuid, 'number', 'own-' || copy || '-' || place,
    'sequence', 10000000 + copy * 10000 + place,
    'created_at', (one).created_at + copy * interval '7 hours')) AS made
"""


async def settle(dsn: str, account: UUID) -> None:
    """Give the account rows of its own, and neighbours with a hundred rows for each that there was.

    Nothing but the lists' own rows is made.
    """
    others = f"{_WITHOUT_TRIGGERS}; {_ACCOUNTS}; {_KEYS}; {_INVOICES}; DROP TABLE neighbours"
    own = "; ".join(text.format(own=OWN, account=account) for text in (_OWN_KEYS, _OWN_INVOICES))
    await execute(dsn, f"{others}; {own}")
