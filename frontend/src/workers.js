// Monaco's language services run in workers, files of our own origin; the build puts in their names.

const FILES = { graphql: GRAPHQL_WORKER, json: JSON_WORKER };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    return new Worker(new URL(FILES[label] ?? EDITOR_WORKER, import.meta.url), { name: label });
  },
};
