// GraphiQL itself, set up for this API. Loaded on its own, after the page knows who is there.

import "./workers.js";

import { useMemo } from "react";
import { GraphiQL } from "graphiql";
import { parse } from "graphql";

import { send } from "./api.js";
import { EXAMPLES } from "./examples.js";
import { storageOf } from "./storage.js";

const NEW_TAB = "# A new operation. Ctrl-Space completes, Ctrl-Enter runs it.\n";

/** Whether an answer was given to nobody: refused as a whole, in places, or with a viewer who is null. */
function isForNobody(status, { data, errors = [] }) {
  const unauthenticated = errors.some((error) => error.extensions?.code === "UNAUTHENTICATED");
  return status === 401 || unauthenticated || data?.viewer === null;
}

/** Drops a name that the document no longer holds: right after pasting, GraphiQL still has the last one in mind. */
function renamed(operation) {
  try {
    const names = parse(operation.query).definitions.map((definition) => definition.name?.value);
    return names.includes(operation.operationName) ? operation : { ...operation, operationName: undefined };
  } catch {
    return operation;
  }
}

/** Sends what the editor holds, as the chosen role; tells the page when its session seems to have ended. */
function fetcherFor(viewAs, onNobody) {
  return async (operation, options = {}) => {
    const headers = { ...(viewAs && { "X-View-As": viewAs }), ...options.headers };
    const { status, answer } = await send(renamed(operation), headers);
    const ownCredential = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
    if (!ownCredential && isForNobody(status, answer)) onNobody?.();
    return answer;
  };
}

export default function Workbench({ owner, viewAs, onNobody }) {
  const storage = useMemo(() => storageOf(owner), [owner]);
  // GraphiQL asks for the schema anew whenever it is given another fetcher.
  const fetcher = useMemo(() => fetcherFor(viewAs, onNobody), [owner, viewAs]);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={EXAMPLES}
      defaultQuery={NEW_TAB}
      defaultEditorToolsVisibility="variables"
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span className="graphiql-logo-name">GraphiQL</span>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
