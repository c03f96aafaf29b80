// Monaco's language services run in workers, files of our own origin; the build puts in their names.

const FILES = { graphql: GRAPHQL_WORKER, json: JSON_WORKER };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    return new Worker(new URL(FILES[label] ?? EDITOR_WORKER, import.meta.url), { name: label });
  },
};

// Where an editor is taken away, Monaco rejects what it had still asked of a worker with an error of this name, and its
// own handler ignores just that one. Some of these promises nobody waits for: to the browser they would look like faults.
globalThis.addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "Canceled" && event.reason.message === "Canceled") {
    event.preventDefault();
  }
});
