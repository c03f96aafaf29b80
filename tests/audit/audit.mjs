// Runs every GraphQL-over-HTTP audit against the address given, prints each with its result, and fails unless all pass.

import { auditServer } from "graphql-http";

const EXPECTED = 61;
const [url] = process.argv.slice(2);
const results = await auditServer({ url });

for (const { id, name, status, reason } of results) {
  console.log(`${status === "ok" ? "pass" : status} ${id} ${name}${reason ? `: ${reason}` : ""}`);
}
const passed = results.filter(({ status }) => status === "ok").length;
console.log(`${passed} of ${results.length} audits passed; ${EXPECTED} are expected.`);
process.exitCode = passed === EXPECTED && results.length === EXPECTED ? 0 : 1;
