"""What the server list should filter and search by, computed from scratch in plain Python."""

import json

from models.db import Database
from models.statements import Row

ROWS = """
    SELECT s.id, s.hostname, host(s.ip) AS ip, s.facets, s.search_text, g.number AS group_number,
           coalesce(json_agg(json_build_array(p.number, k.number, k.key, k.seat_limit IS NOT NULL))
                    FILTER (WHERE k.id IS NOT NULL), '[]') AS held
    FROM servers s
    LEFT JOIN server_groups g ON g.id = s.group_id
    LEFT JOIN registrations r ON r.server_id = s.id
    LEFT JOIN activation_keys k ON k.id = r.activation_key_id
    LEFT JOIN products p ON p.id = r.product_id
    GROUP BY s.id, g.number
"""

Listing = dict[str, tuple[list[int], str]]


async def listings(db: Database) -> tuple[Listing, Listing]:
    """What each server's row says, and what it should say, by host name."""
    async with db.read() as reader:
        rows = await reader.fetch(ROWS)
    said = {row["hostname"]: (row["facets"], row["search_text"]) for row in rows}
    return said, {row["hostname"]: from_scratch(row) for row in rows}


def from_scratch(row: Row) -> tuple[list[int], str]:
    """The facets and the searched text of one server."""
    facets: set[int] = set() if row["group_number"] is None else {-row["group_number"]}
    texts = []
    for product, key, key_text, limited in json.loads(row["held"]):
        facets |= {product, 1_000_000 + key, 10_001 if limited else 10_002}
        texts.append(key_text)
    return sorted(facets), " ".join([row["hostname"].lower(), row["ip"], *(key.lower() for key in sorted(texts))])
