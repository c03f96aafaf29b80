// GraphiQL itself, set up for this API. Loaded on its own, after the page knows who is there.

import "./workers.js";

import { useMemo } from "react";
import { GraphiQL } from "graphiql";

import { send } from "./api.js";
import { EXAMPLES } from "./examples.js";
import { storageOf } from "./storage.js";

const NEW_TAB = "# A new operation. Ctrl-Space completes, Ctrl-Enter runs it.\n";

/** Sends what the editor holds; tells the page when the session turns out to have ended. */
function fetcherFor(onUnauthenticated) {
  return async (operation, options = {}) => {
    const headers = options.headers ?? {};
    const { status, answer } = await send(operation, headers);
    const ownCredential = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
    if (status === 401 && !ownCredential) onUnauthenticated?.();
    return answer;
  };
}

export default function Workbench({ owner, onUnauthenticated }) {
  const storage = useMemo(() => storageOf(owner), [owner]);
  const fetcher = useMemo(() => fetcherFor(onUnauthenticated), [owner]);
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
