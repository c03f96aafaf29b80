"""What the demo counts, sums up and repeats agrees with the rows that it comes from."""

from datetime import UTC, datetime

import pytest

from gateway.demo import load
from models.db import Database
from models.statements import Row
from tests.models.listing import listings, strays

SERVERS = 1_500
TINY_MASTER = "master@tiny.example.net"

# Each finds rows that disagree with the rows they come from.
DISAGREEMENTS = {
    "a key counts its registrations": """
        SELECT k.key, k.used, count(r.id) FROM activation_keys k
        LEFT JOIN registrations r ON r.activation_key_id = k.id GROUP BY k.id HAVING k.used <> count(r.id)
    """,
    "a pool counts the seats of its license type": """
        SELECT l.id, l.used, count(r.id) FROM licenses l
        LEFT JOIN registrations r ON r.account_id = l.account_id AND r.license_type_id = l.license_type_id
        GROUP BY l.id HAVING l.used <> count(r.id)
    """,
    "a key spends the pool of its license type": """
        SELECT k.key FROM activation_keys k
        LEFT JOIN licenses l ON l.account_id = k.account_id AND l.id = k.license_id
        WHERE l.license_type_id IS DISTINCT FROM k.license_type_id
    """,
    "each license type that has keys has one default key": """
        SELECT account_id, license_type_id FROM activation_keys
        GROUP BY 1, 2 HAVING count(*) FILTER (WHERE is_default) <> 1
    """,
    "a server was last seen when one of its products was": """
        SELECT s.hostname FROM server_check_ins s JOIN registration_check_ins r USING (server_id) GROUP BY s.server_id
        HAVING s.last_check_in < max(r.last_check_in) OR s.last_check_in > max(r.last_check_in) + interval '4 minutes'
            OR (s.last_check_in IS NULL) <> (max(r.last_check_in) IS NULL)
    """,
    "a server is as old as its first product": """
        SELECT s.hostname FROM servers s JOIN registrations r ON r.server_id = s.id
        JOIN registration_check_ins c ON c.registration_id = r.id GROUP BY s.id
        HAVING s.registered_at <> min(r.activated_at) OR bool_or(c.last_check_in < r.activated_at)
    """,
    "nothing is from the future, or older than its account": """
        SELECT s.hostname FROM server_check_ins s JOIN accounts a ON a.id = s.account_id
        WHERE s.registered_at NOT BETWEEN a.registered_at AND now() OR s.last_check_in > now()
    """,
    "the ledger runs on from entry to entry": """
        SELECT id FROM (
            SELECT *, sum(amount_minor) OVER mine AS total, row_number() OVER mine AS place,
                   lag(created_at) OVER mine AS before
            FROM ledger_entries WINDOW mine AS (PARTITION BY account_id ORDER BY sequence)
        ) AS e WHERE total <> balance_minor OR place <> sequence OR before >= created_at
    """,
    "a balance is the sum of its entries": """
        SELECT a.number FROM accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id GROUP BY a.id
        HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0) OR a.ledger_sequence <> count(e.id)
    """,
    "documents are numbered without gaps, in the order of time and of ids": """
        SELECT number FROM (
            SELECT i.*, a.number AS account, row_number() OVER mine AS place, lag(i.id) OVER mine AS id_before,
                   lag(i.created_at) OVER mine AS before
            FROM invoices i JOIN accounts a ON a.id = i.account_id
            WINDOW mine AS (PARTITION BY i.account_id ORDER BY i.sequence)
        ) AS i
        WHERE place <> sequence OR number <> account || '-' || sequence OR before >= created_at OR id_before >= id
    """,
    "an account's counter stands at its last document": """
        SELECT a.number FROM accounts a LEFT JOIN invoices i ON i.account_id = a.id GROUP BY a.id
        HAVING a.invoice_sequence <> count(i.id)
    """,
    "each document is booked once, with its total and its running balance": """
        SELECT i.number FROM invoices i LEFT JOIN ledger_entries e ON e.invoice_id = i.id GROUP BY i.id
        HAVING count(e.id) <> 1 OR min(e.balance_minor) <> i.balance_minor OR min(e.created_at) <> i.created_at
            OR min(e.amount_minor) <> CASE i.type WHEN 'INVOICE' THEN -i.total_minor ELSE i.total_minor END
    """,
    "an invoice is the sum of its lines, a receipt has none": """
        SELECT i.number FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id GROUP BY i.id
        HAVING CASE i.type WHEN 'INVOICE' THEN i.subtotal_minor <> sum(l.amount_minor) ELSE count(l.id) > 0 END
    """,
    "tax is its rate of the subtotal": """
        SELECT number FROM invoices WHERE abs(tax_minor - subtotal_minor * coalesce(tax_rate, 0)) > 0.5
    """,
    "a line bills the price of the tier that its units are in": """
        SELECT l.description FROM invoice_lines l
        JOIN invoices i ON i.id = l.invoice_id
        JOIN product_subscriptions s ON s.account_id = l.account_id AND s.product_id = l.product_id
        WHERE l.period IS NOT NULL AND (l.amount_minor <> l.quantity * l.unit_price_minor OR l.unit_price_minor <> (
            SELECT unit_price_minor FROM prices p WHERE p.license_type_id = l.license_type_id
            AND p.cycle = s.billing_cycle AND p.currency = i.currency AND p.from_quantity <= l.quantity
            ORDER BY from_quantity DESC LIMIT 1))
    """,
    "a part of a period costs no more than the whole": """
        SELECT description FROM invoice_lines WHERE amount_minor > quantity * unit_price_minor OR amount_minor <= 0
    """,
    "a pay period is the first day of the lines' periods": """
        SELECT i.number FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id
        WHERE i.pay_period <> coalesce(l.period, i.pay_period) OR extract(day FROM i.pay_period) <> 1
    """,
    "a whole period's line names the servers that were registered then, and no other line any": """
        SELECT l.description FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
        JOIN LATERAL (
            SELECT coalesce(array_agg(r.server_id ORDER BY r.hostname COLLATE "C", r.server_id), '{}') AS ids,
                   coalesce(array_agg(r.hostname ORDER BY r.hostname COLLATE "C", r.server_id), '{}') AS names
            FROM registrations r WHERE l.period IS NOT NULL AND r.account_id = l.account_id
            AND r.license_type_id = l.license_type_id AND r.activated_at < i.created_at
        ) AS held ON true
        WHERE l.server_ids <> held.ids OR l.server_names <> held.names[1:500]
    """,
    "what is held is what the last full month billed, and what was ordered since": """
        SELECT l.id FROM licenses l
        JOIN LATERAL (
            SELECT quantity, invoice_id FROM invoice_lines b WHERE b.account_id = l.account_id
            AND b.license_type_id = l.license_type_id AND b.period IS NOT NULL ORDER BY b.period DESC LIMIT 1
        ) AS billed ON true
        WHERE l.quantity <> billed.quantity + (
            SELECT coalesce(sum(o.quantity), 0) FROM invoice_lines o WHERE o.account_id = l.account_id
            AND o.license_type_id = l.license_type_id AND o.period IS NULL AND o.invoice_id > billed.invoice_id)
    """,
    "a payment that succeeded is booked once, with its receipt, and no other is": """
        SELECT p.id FROM payments p LEFT JOIN ledger_entries e ON e.payment_id = p.id GROUP BY p.id
        HAVING count(e.id) <> (p.status = 'SUCCEEDED')::int OR min(e.amount_minor) <> p.amount_minor
            OR min(e.invoice_id::text) IS DISTINCT FROM p.invoice_id::text
    """,
    "an autopayment charges what its rule says": """
        SELECT p.id FROM payments p JOIN accounts a ON a.id = p.account_id JOIN ledger_entries e ON e.payment_id = p.id
        WHERE (p.cause = 'AUTO_REPAY'
               AND p.amount_minor <> greatest(2000, p.amount_minor - e.balance_minor))
           OR (p.cause = 'AUTO_ADD_FUNDS' AND (e.balance_minor <> a.autopayment_target_minor
               OR e.balance_minor - p.amount_minor >= a.autopayment_threshold_minor))
    """,
    "autopayment names a method where it is on": """
        SELECT number FROM accounts WHERE (autopayment_mode = 'OFF') <> (autopayment_method_id IS NULL)
    """,
    "a locked account has been in debt for thirty days": """
        SELECT number FROM accounts WHERE state = 'LOCKED' AND in_debt_since > now() - interval '30 days'
    """,
    "no other account has": """
        SELECT number FROM accounts WHERE state = 'ACTIVE' AND in_debt_since < now() - interval '30 days'
    """,
    "every subscription has a pool and renews in the future": """
        SELECT s.id FROM product_subscriptions s LEFT JOIN licenses l ON l.product_subscription_id = s.id
        WHERE l.id IS NULL OR s.renews_at <= current_date - 1 OR extract(day FROM s.renews_at) <> 1
    """,
    "only documentation addresses are used": """
        SELECT ip FROM servers WHERE NOT ip <<= ANY (ARRAY[
            '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32']::inet[])
    """,
    "only example domains are used": """
        SELECT email FROM logins WHERE email !~ '[@.]example[.](com|net|org)$'
        UNION ALL SELECT hostname FROM servers WHERE hostname !~ '[.]example[.](com|net|org)$'
        UNION ALL SELECT billing_email FROM accounts WHERE billing_email !~ '[@.]example[.](com|net|org)$'
    """,
}


async def disagreements(db: Database, now: datetime) -> dict[str, Row]:
    """What is found wrong, as of a time: an example of each."""
    wrong = {}
    async with db.read() as reader:
        for rule, query in DISAGREEMENTS.items():
            at = query.replace("now()", f"timestamptz '{now}'").replace("current_date", f"date '{now.date()}'")
            for row in (await reader.fetch(at))[:1]:
                wrong[rule] = row
    return wrong


async def test_the_demo_agrees_with_itself(demo_db: Database) -> None:
    assert await disagreements(demo_db, datetime.now(UTC)) == {}


@pytest.mark.parametrize("now", ["2026-01-01T00:30", "2026-03-01T06:00", "2028-02-29T12:00", "2026-12-31T23:30"])
async def test_it_agrees_on_whatever_day_it_is_loaded(dsn: str, db: Database, now: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    await load(dsn, password="of no importance", accounts=20, servers=300, demo_servers=120, now=moment)
    assert await disagreements(db, moment) == {}
    tiny = f"SELECT balance_minor FROM accounts a JOIN logins l ON l.account_id = a.id WHERE email = '{TINY_MASTER}'"
    async with db.read() as reader:
        assert [row["balance_minor"] for row in await reader.fetch(tiny)] == [-1500]


BREAKING = {
    "a key counts its registrations": "UPDATE activation_keys SET used = used - 1 WHERE is_default AND used > 1",
    "a pool counts the seats of its license type": "UPDATE licenses SET used = used - 1 WHERE used > 1",
    "an account's counter stands at its last document": "UPDATE accounts SET invoice_sequence = invoice_sequence + 1",
    "a line bills the price of the tier that its units are in": "UPDATE prices SET unit_price_minor = 1",
    "only documentation addresses are used": "UPDATE servers SET ip = '10.0.0.1'",
}


async def test_a_disagreement_would_be_found(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        for rule, change in BREAKING.items():
            await reader.fetch(change)
            assert await reader.fetch(DISAGREEMENTS[rule]), rule


async def test_the_list_of_servers_is_what_the_database_would_keep(demo_db: Database) -> None:
    said, should = await listings(demo_db)
    assert said == should
    assert len(said) == SERVERS
    assert await strays(demo_db) == []
