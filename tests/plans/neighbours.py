"""Other accounts' keys and invoices beside the one's: a small table that is all one account's is rightly read whole."""

from tests.databases import execute

COPIES = 100
ACCOUNTS = 400

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


async def settle(dsn: str) -> None:
    """Give the account neighbours, a hundred rows for each that there is. Nothing but the lists' own rows is made."""
    rows = f"{_WITHOUT_TRIGGERS}; {_ACCOUNTS}; {_KEYS}; {_INVOICES}; DROP TABLE neighbours"
    await execute(dsn, rows, "VACUUM (ANALYZE) activation_keys", "VACUUM (ANALYZE) invoices")
