"""The other limit: each question is one statement, and PostgreSQL writes the answer."""

from datetime import datetime
from typing import Any

from auth.actors import Actor
from models.db import Database
from schema import ids
from tests.bench.bare import Variables
from tests.bench.statements import MATCHED, SERVER_COLUMNS, instant, state

_COUNTED = """(SELECT coalesce(sum(l.{0}), 0) FROM licenses l
    WHERE l.account_id = s.account_id AND l.product_subscription_id = s.id)"""

_INSTALLED = f"""(SELECT coalesce(json_agg(json_build_object(
    'lastCheckIn', {instant("c.last_check_in")}, 'product', json_build_object('name', p.name)
) ORDER BY i.activated_at, i.id), '[]')
FROM registrations i JOIN registration_check_ins c ON c.registration_id = i.id
JOIN products p ON p.id = i.product_id WHERE i.server_id = s.id AND i.account_id = $1)"""

_SERVERS = f"""json_build_object(
    'totalCount', (SELECT count(*) FROM registrations r WHERE r.account_id = $1 AND r.activation_key_id = k.id),
    'nodes', (SELECT coalesce(json_agg(json_build_object(
        'hostname', s.hostname, 'ip', host(s.ip), 'state', {state("$4")},
        'group', CASE WHEN s.group_name IS NOT NULL THEN json_build_object('name', s.group_name) END,
        'installedProducts', {_INSTALLED}
    ) ORDER BY r.hostname, r.server_id), '[]') FROM (
        SELECT r.server_id, r.hostname FROM registrations r
        WHERE r.account_id = $1 AND r.activation_key_id = k.id ORDER BY r.hostname, r.server_id LIMIT 20
    ) r JOIN servers s ON s.id = r.server_id JOIN server_check_ins c ON c.server_id = s.id)
)"""

_KEYS = f"""json_build_object(
    'totalCount', (SELECT count(*) FROM activation_keys k
        WHERE k.account_id = s.account_id AND k.product_id = s.product_id),
    'nodes', (SELECT coalesce(json_agg(json_build_object(
        'key', k.key, 'note', k.note, 'used', k.used, 'limit', k.seat_limit, 'servers', {_SERVERS}
    ) ORDER BY k.key, k.id), '[]') FROM (
        SELECT k.id, k.key, k.note, k.used, k.seat_limit FROM activation_keys k
        WHERE k.account_id = s.account_id AND k.product_id = s.product_id ORDER BY k.key, k.id LIMIT 50
    ) k)
)"""

_LICENSES = """(SELECT coalesce(json_agg(json_build_object(
    'type', json_build_object('name', t.name), 'quantity', l.quantity, 'used', l.used,
    'available', l.quantity - l.used
) ORDER BY t.position, l.id), '[]')
FROM licenses l JOIN license_types t ON t.id = l.license_type_id
WHERE l.account_id = s.account_id AND l.product_subscription_id = s.id)"""

DASHBOARD = f"""
    SELECT json_build_object('data', json_build_object('viewer', json_build_object(
        'login', $2::text, 'account', json_build_object('number', a.number, 'subscriptions', (
            SELECT coalesce(json_agg(json_build_object(
                'product', json_build_object('name', p.name), 'licenseCount', {_COUNTED.format("quantity")},
                'usedLicenseCount', {_COUNTED.format("used")}, 'licenses', {_LICENSES}, 'activationKeys', {_KEYS}
            ) ORDER BY p.position, s.id), '[]')
            FROM product_subscriptions s JOIN products p ON p.id = s.product_id
            WHERE s.account_id = a.id AND s.product_id = ANY ($3)
        ))
    )))::text
    FROM accounts a WHERE a.id = $1
"""


def _global_id(type_name: str, column: str) -> str:
    """The global id of a row, in SQL."""
    tag = f"'\\x{ids.TYPE_TAGS[type_name]:02x}'::bytea"
    return f"translate(rtrim(encode({tag} || uuid_send({column}), 'base64'), '='), '+/', '-_')"


VIEWER = f"""
    SELECT json_build_object('data', json_build_object('viewer', json_build_object(
        'login', $2::text, 'credential', $3::text, 'account', json_build_object(
            'number', a.number, 'state', a.state, 'registeredAt', {instant("a.registered_at")}, 'subscriptions', (
                SELECT coalesce(json_agg(json_build_object(
                    'id', {_global_id("ProductSubscription", "s.id")},
                    'product', json_build_object('code', p.code, 'name', p.name, 'family', p.family),
                    'licenseCount', {_COUNTED.format("quantity")}, 'usedLicenseCount', {_COUNTED.format("used")},
                    'productQuota', s.product_quota, 'billingCycle', s.billing_cycle, 'renewsAt', s.renews_at::text
                ) ORDER BY p.position, s.id), '[]')
                FROM product_subscriptions s JOIN products p ON p.id = s.product_id WHERE s.account_id = a.id
            )
        )
    )))::text
    FROM accounts a WHERE a.id = $1
"""

SEARCH = f"""
    {MATCHED}
    SELECT json_build_object('data', json_build_object('viewer', json_build_object('account', json_build_object(
        'servers', json_build_object(
            'totalCount', (SELECT count(*) FROM matched),
            'pageInfo', json_build_object(
                'hasNextPage', (SELECT count(*) > 50 FROM matched), 'hasPreviousPage', false
            ),
            'nodes', (SELECT coalesce(json_agg(json_build_object(
                'id', {_global_id("Server", "s.id")}, 'hostname', s.hostname, 'ip', s.ip, 'state', s.state,
                'registeredAt', s.registered_at, 'lastCheckIn', s.last_check_in,
                'group', CASE WHEN s.group_name IS NOT NULL THEN json_build_object('name', s.group_name) END
            ) ORDER BY s.last_check_in_sort DESC, s.id DESC), '[]') FROM (
                SELECT c.last_check_in_sort, {SERVER_COLUMNS} FROM page
                JOIN servers s ON s.id = page.id JOIN server_check_ins c ON c.server_id = s.id
                ORDER BY c.last_check_in_sort DESC, s.id DESC LIMIT 50
            ) s)
        )
    ))))::text
"""


async def _answer(db: Database, statement: str, *arguments: Any) -> bytes:
    async with db.read() as reader:
        text: str = (await reader.fetch(statement, *arguments))[0][0]  # type: ignore[index]
    return text.encode()


async def dashboard(db: Database, actor: Actor, now: datetime, variables: Variables) -> bytes:
    """The nested dashboard."""
    products = ids.keys_of("Product", variables["products"])
    return await _answer(db, DASHBOARD, actor.account_id, actor.email, products, now)


async def viewer(db: Database, actor: Actor, _now: datetime, _variables: Variables) -> bytes:
    """The viewer with its subscriptions."""
    return await _answer(db, VIEWER, actor.account_id, actor.email, actor.credential.value)


async def search(db: Database, actor: Actor, now: datetime, variables: Variables) -> bytes:
    """The page of servers with its total."""
    wanted = variables["filter"]
    products = ids.keys_of("Product", wanted["productIds"])
    return await _answer(db, SEARCH, actor.account_id, products, f"%{wanted['search']}%", now)


ANSWERS = {"Dashboard": dashboard, "Viewer": viewer, "Search": search}
