// Mercurius with its JIT: the part of the schema that is asked, with batched loaders over hand-written statements.
import { createHash } from "node:crypto";
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const pool = new pg.Pool({ max: 8 });

async function rows(text, values) {
  return (await pool.query({ name: createHash("md5").update(text).digest("hex"), text, values })).rows;
}

const instant = (column) => `to_char(timezone('UTC', ${column}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const state = `CASE WHEN c.last_check_in_sort = 'infinity' THEN 'NEVER_SEEN'
  WHEN c.last_check_in_sort >= now() - interval '12 hours' THEN 'ACTIVE'
  WHEN c.last_check_in_sort >= now() - interval '48 hours' THEN 'SILENT'
  WHEN c.last_check_in_sort >= now() - interval '720 hours' THEN 'STALE' ELSE 'REMOVABLE' END`;
const serverColumns = `s.id AS row_id, s.hostname, host(s.ip) AS ip, ${state} AS state, s.group_name,
  ${instant("s.registered_at")} AS "registeredAt", ${instant("c.last_check_in")} AS "lastCheckIn"`;

const schema = `
  type Query { viewer: Viewer }
  type Viewer { login: String credential: String account: Account! }
  type Account { number: String! state: String! registeredAt: String!
    subscriptions(productIds: [ID!]): [ProductSubscription!]
    servers(first: Int, filter: ServerFilter, orderBy: ServerOrder): ServerConnection }
  input ServerFilter { productIds: [ID!] search: String }
  input ServerOrder { field: String! direction: String! }
  type ProductSubscription { id: ID! product: Product! licenseCount: Int! usedLicenseCount: Int! productQuota: Int
    billingCycle: String! renewsAt: String licenses: [License!] activationKeys(first: Int): KeyConnection }
  type Product { code: String! name: String! family: String! }
  type LicenseType { name: String! }
  type License { type: LicenseType! quantity: Int! used: Int! available: Int! }
  type KeyConnection { totalCount: Int! nodes: [ActivationKey!]! }
  type ActivationKey { key: String! note: String used: Int! limit: Int servers(first: Int): ServerConnection }
  type ServerConnection { totalCount: Int! pageInfo: PageInfo! nodes: [Server!]! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! }
  type Server { id: ID! hostname: String! ip: String! state: String! registeredAt: String! lastCheckIn: String
    group: ServerGroup installedProducts: [InstalledProduct!]! }
  type ServerGroup { name: String! }
  type InstalledProduct { lastCheckIn: String product: Product! }
`;

function globalId(tag, uuid) {
  return Buffer.concat([Buffer.from([tag]), Buffer.from(uuid.replaceAll("-", ""), "hex")]).toString("base64url");
}

function productKeys(ids) {
  return ids ? ids.map((id) => Buffer.from(id, "base64url").subarray(1).toString("hex")) : null;
}

// The rows of a batch as lists, in the order of their parents.
function grouped(found, keys) {
  const lists = new Map(keys.map((key) => [key, []]));
  for (const row of found) lists.get(row.parent)?.push(row);
  return keys.map((key) => lists.get(key));
}

const resolvers = {
  Query: { viewer: (_root, _args, { viewer }) => viewer },
  Viewer: {
    account: async ({ accountId }) =>
      (await rows(`SELECT id AS row_id, number, state, ${instant("registered_at")} AS "registeredAt"
        FROM accounts WHERE id = $1`, [accountId]))[0],
  },
  Account: {
    subscriptions: ({ row_id: account }, { productIds }) =>
      rows(`SELECT s.id AS row_id, s.account_id, s.product_id, s.product_quota AS "productQuota",
          s.billing_cycle AS "billingCycle", s.renews_at::text AS "renewsAt"
        FROM product_subscriptions s JOIN products p ON p.id = s.product_id
        WHERE s.account_id = $1 AND ($2::uuid[] IS NULL OR s.product_id = ANY ($2))
        ORDER BY p.position, s.id`, [account, productKeys(productIds)]),
    servers: async ({ row_id: account }, { first, filter }) => {
      const found = await rows(`WITH wanted AS (
          SELECT ARRAY(SELECT number::int FROM products WHERE id = ANY ($2)) AS products,
            ARRAY(SELECT 1000000 + number FROM activation_keys WHERE account_id = $1 AND lower(key) LIKE $3) AS keys
        ), matched AS MATERIALIZED (
          SELECT s.id, c.last_check_in_sort FROM wanted w, servers s JOIN server_check_ins c ON c.server_id = s.id
          WHERE s.account_id = $1 AND s.facets && w.products
            AND (s.hostname || ' ' || host(s.ip) LIKE $3 OR s.facets && w.keys)
        ), page AS (SELECT id FROM matched ORDER BY last_check_in_sort DESC, id DESC LIMIT $4)
        SELECT counted.total::int, ${serverColumns} FROM (SELECT count(*) AS total FROM matched) counted
        LEFT JOIN (page JOIN servers s ON s.id = page.id JOIN server_check_ins c ON c.server_id = s.id) ON true
        ORDER BY c.last_check_in_sort DESC, s.id DESC`,
        [account, productKeys(filter.productIds), `%${filter.search}%`, first + 1]);
      const nodes = found.filter((row) => row.row_id !== null);
      const pageInfo = { hasNextPage: nodes.length > first, hasPreviousPage: false };
      return { totalCount: found[0].total, pageInfo, nodes: nodes.slice(0, first) };
    },
  },
  ProductSubscription: { id: (row) => globalId(7, row.row_id) },
  Server: {
    id: (row) => globalId(10, row.row_id),
    group: (row) => (row.group_name === null ? null : { name: row.group_name }),
  },
};

async function products(queries) {
  const found = await rows("SELECT id, code, name, family FROM products WHERE id = ANY ($1)",
    [[...new Set(queries.map(({ obj }) => obj.product_id))]]);
  const byId = new Map(found.map((row) => [row.id, row]));
  return queries.map(({ obj }) => byId.get(obj.product_id));
}

function counted(column) {
  return async (queries) => {
    const found = await rows(`SELECT product_subscription_id AS parent, sum(${column})::int AS total FROM licenses
      WHERE product_subscription_id = ANY ($1) GROUP BY 1`, [queries.map(({ obj }) => obj.row_id)]);
    const totals = new Map(found.map((row) => [row.parent, row.total]));
    return queries.map(({ obj }) => totals.get(obj.row_id) ?? 0);
  };
}

async function licenses(queries) {
  const keys = queries.map(({ obj }) => obj.row_id);
  const found = await rows(`SELECT l.product_subscription_id AS parent, t.name, l.quantity, l.used
    FROM licenses l JOIN license_types t ON t.id = l.license_type_id
    WHERE l.product_subscription_id = ANY ($1) ORDER BY t.position, l.id`, [keys]);
  return grouped(found, keys).map((list) => list.map(({ name, quantity, used }) =>
    ({ type: { name }, quantity, used, available: quantity - used })));
}

async function activationKeys(queries) {
  const keys = queries.map(({ obj }) => obj.row_id);
  const found = await rows(`SELECT s.id AS parent, k.* FROM product_subscriptions s CROSS JOIN LATERAL (
      SELECT k.id AS row_id, k.account_id, k.key, k.note, k.used, k.seat_limit AS "limit",
        (count(*) OVER ())::int AS total
      FROM activation_keys k WHERE k.account_id = s.account_id AND k.product_id = s.product_id
      ORDER BY k.key, k.id LIMIT $2
    ) k WHERE s.id = ANY ($1) ORDER BY s.id, k.key, k.row_id`, [keys, queries[0].params.first]);
  return grouped(found, keys).map((nodes) => ({ totalCount: nodes[0]?.total ?? 0, nodes }));
}

async function serversOfKeys(queries) {
  const keys = queries.map(({ obj }) => obj.row_id);
  const found = await rows(`SELECT k.id AS parent, counted.total, ${serverColumns} FROM unnest($1::uuid[]) AS k (id)
    CROSS JOIN LATERAL (SELECT count(*)::int AS total FROM registrations r
      WHERE r.account_id = $2 AND r.activation_key_id = k.id) counted
    CROSS JOIN LATERAL (SELECT r.server_id, r.hostname FROM registrations r
      WHERE r.account_id = $2 AND r.activation_key_id = k.id ORDER BY r.hostname, r.server_id LIMIT $3) r
    JOIN servers s ON s.id = r.server_id JOIN server_check_ins c ON c.server_id = s.id
    ORDER BY k.id, r.hostname, r.server_id`,
    [keys, queries[0].obj.account_id, queries[0].params.first]);
  return grouped(found, keys).map((nodes) => ({ totalCount: nodes[0]?.total ?? 0, nodes }));
}

async function installedProducts(queries) {
  const keys = queries.map(({ obj }) => obj.row_id);
  const found = await rows(`SELECT r.server_id AS parent, r.product_id, ${instant("c.last_check_in")} AS "lastCheckIn"
    FROM registrations r JOIN registration_check_ins c ON c.registration_id = r.id WHERE r.server_id = ANY ($1) ORDER BY r.activated_at, r.id`, [keys]);
  return grouped(found, keys);
}

const uncached = (loader) => ({ loader, opts: { cache: false } });
const loaders = {
  ProductSubscription: {
    product: uncached(products),
    licenseCount: uncached(counted("quantity")),
    usedLicenseCount: uncached(counted("used")),
    licenses: uncached(licenses),
    activationKeys: uncached(activationKeys),
  },
  ActivationKey: { servers: uncached(serversOfKeys) },
  Server: { installedProducts: uncached(installedProducts) },
  InstalledProduct: { product: uncached(products) },
};

async function context(request) {
  const token = (request.headers.authorization ?? "").replace("Bearer ", "");
  const digest = createHash("sha256").update(token).digest();
  const [found] = await rows(`SELECT l.email, l.account_id FROM sessions s JOIN logins l ON l.id = s.login_id
    WHERE s.token_hash = $1 AND s.expires_at > now() AND l.state = 'ACTIVE'`, [digest]);
  if (!found) throw new Error("no such session");
  return { viewer: { login: found.email, credential: "SESSION", accountId: found.account_id } };
}

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, context, jit: 1 });
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
