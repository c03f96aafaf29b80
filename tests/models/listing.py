"""What the server list should filter by, computed from scratch in plain Python."""

import json

from models.db import Database
from models.statements import Row

ROWS = """
    SELECT s.id, s.hostname, s.facets, g.number AS group_number,
           coalesce(json_agg(json_build_array(p.number, k.number, k.seat_limit IS NOT NULL))
                    FILTER (WHERE k.id IS NOT NULL), '[]') AS held
    FROM servers s
    LEFT JOIN server_groups g ON g.id = s.group_id
    LEFT JOIN registrations r ON r.server_id = s.id
    LEFT JOIN activation_keys k ON k.id = r.activation_key_id
    LEFT JOIN products p ON p.id = r.product_id
    GROUP BY s.id, g.number
"""

STRAYS = """
    SELECT coalesce(s.hostname, c.hostname) AS hostname
    FROM servers s FULL JOIN server_check_ins c ON c.server_id = s.id
    WHERE (s.account_id, s.facets, s.hostname, s.ip, s.registered_at, s.group_sort)
        IS DISTINCT FROM (c.account_id, c.facets, c.hostname, c.ip, c.registered_at, c.group_sort)
    UNION ALL
    SELECT s.hostname FROM servers s JOIN registrations r ON r.server_id = s.id
    WHERE (s.facets, s.hostname, s.ip, s.group_sort) <> (r.facets, r.hostname, r.ip, r.group_sort)
"""
"""Servers of which their check-in's row or one of their registrations says something else."""

Listing = dict[str, list[int]]


async def strays(db: Database) -> list[str]:
    """The host names of servers that their check-in's row or a registration does not repeat."""
    async with db.read() as reader:
        return [row["hostname"] for row in await reader.fetch(STRAYS)]


async def listings(db: Database) -> tuple[Listing, Listing]:
    """What each server's row says, and what it should say, by host name; a further one of a name by its id too."""
    async with db.read() as reader:
        rows = await reader.fetch(ROWS)
    said: Listing = {}
    should: Listing = {}
    for row in rows:
        name = f"{row['hostname']} {row['id']}" if row["hostname"] in said else row["hostname"]
        said[name], should[name] = row["facets"], from_scratch(row)
    return said, should


def from_scratch(row: Row) -> list[int]:
    """The facets of one server."""
    facets: set[int] = set() if row["group_number"] is None else {-row["group_number"]}
    for product, key, limited in json.loads(row["held"]):
        facets |= {product, 1_000_000 + key, 10_001 if limited else 10_002}
    return sorted(facets)
