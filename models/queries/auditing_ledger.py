"""Reading the whole ledger over: whether every balance is the sum of its entries, and no entry was tampered with."""

from dataclasses import dataclass

from models.db import Reader

MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Broken:
    """An account whose books do not add up: the place in its ledger, where there is one, and what is wrong there."""

    account: str
    sequence: int | None
    fault: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was read, and what is wrong with it: nothing, as long as nobody went round the gateway."""

    accounts: int
    entries: int
    broken: tuple[Broken, ...]


COUNTED = "SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM ledger_entries) AS entries"

BROKEN = f"""
    WITH entry AS (
        SELECT e AS entry, e.account_id, e.sequence, e.hash, e.previous_hash, e.balance_minor, e.currency,
               e.amount_minor, e.invoice_id,
               lag(e.hash) OVER mine AS before, row_number() OVER mine AS place, sum(e.amount_minor) OVER mine AS total
        FROM ledger_entries e WINDOW mine AS (PARTITION BY e.account_id ORDER BY e.sequence)
    ), fault AS (
        SELECT account_id, sequence, CASE
            WHEN place <> sequence THEN 'an entry is missing before it'
            WHEN previous_hash <> coalesce(before, decode(repeat('00', 32), 'hex')) THEN
                'it does not follow the entry before it'
            WHEN hash <> ledger_hash(entry) THEN 'it is not as it was booked'
            WHEN total <> balance_minor THEN 'its balance is not the sum of the entries up to it'
        END AS fault FROM entry
        UNION ALL
        SELECT entry.account_id, entry.sequence, 'its document says otherwise' FROM entry
        JOIN invoices i ON i.id = entry.invoice_id
        WHERE (i.balance_minor, i.currency, CASE i.type WHEN 'INVOICE' THEN -i.total_minor ELSE i.total_minor END)
            <> (entry.balance_minor, entry.currency, entry.amount_minor)
        UNION ALL
        SELECT a.id, NULL, 'its balance is not the sum of its entries' FROM accounts a
        LEFT JOIN (
            SELECT account_id, sum(amount_minor) AS total, count(*) AS entries FROM ledger_entries GROUP BY account_id
        ) AS mine ON mine.account_id = a.id
        WHERE (a.balance_minor, a.ledger_sequence) <> (coalesce(mine.total, 0), coalesce(mine.entries, 0))
        UNION ALL
        SELECT i.account_id, NULL, 'document ' || i.number || ' is not booked' FROM invoices i
        WHERE NOT EXISTS (SELECT FROM ledger_entries e WHERE e.invoice_id = i.id)
        UNION ALL
        SELECT p.account_id, NULL, 'a payment is booked though it did not succeed, or the other way round'
        FROM payments p
        WHERE (p.status = 'SUCCEEDED') <> EXISTS (
            SELECT FROM ledger_entries e
            WHERE e.account_id = p.account_id AND e.payment_id = p.id AND e.kind = 'PAYMENT'
        )
    )
    SELECT a.number AS account, fault.sequence, fault.fault FROM fault JOIN accounts a ON a.id = fault.account_id
    WHERE fault.fault IS NOT NULL ORDER BY a.number, fault.sequence NULLS FIRST, fault.fault LIMIT {MOST_TOLD}
"""


async def verify(reader: Reader) -> Verified:
    """Read all of it. Each statement sees one moment, so that what is booked meanwhile is no fault."""
    broken = tuple(Broken(row["account"], row["sequence"], row["fault"]) for row in await reader.fetch(BROKEN))
    counted = (await reader.fetch(COUNTED))[0]
    return Verified(counted["accounts"], counted["entries"], broken)
