// The tabs that a login finds on its first visit. The texts are checked against the schema by the tests.

import dashboard from "./examples/dashboard.graphql";
import servers from "./examples/servers.graphql";
import serversVariables from "./examples/servers.variables.json";
import invoices from "./examples/invoices.graphql";
import invoicesVariables from "./examples/invoices.variables.json";
import permissions from "./examples/permissions.graphql";

export const EXAMPLES = [
  { query: dashboard },
  { query: servers, variables: serversVariables },
  { query: invoices, variables: invoicesVariables },
  { query: permissions },
];
