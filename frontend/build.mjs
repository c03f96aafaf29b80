// Bundles the GraphiQL page into gateway/static/graphiql/: index.html beside assets/, whose names carry a hash of
// their content, each with a gzip copy. Nothing is loaded from elsewhere, so the page works without the internet.

import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "..", "gateway", "static", "graphiql");
const FRESH = `${TARGET}.new`;

const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  target: "es2022",
  outdir: join(FRESH, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "linked",
  loader: { ".graphql": "text", ".variables.json": "text", ".ttf": "file" },
  metafile: true,
  logLevel: "warning",
};

/** Builds entries; answers with the file name that each got. */
async function bundle(entries, options) {
  const { metafile } = await build({ ...COMMON, ...options, entryPoints: entries });
  const outputs = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(outputs.map(([file, { entryPoint }]) => [basename(entryPoint), basename(file)]));
}

const workers = await bundle(
  [
    "node_modules/monaco-editor/esm/vs/editor/editor.worker.js",
    "node_modules/monaco-editor/esm/vs/language/json/json.worker.js",
    "node_modules/monaco-graphql/esm/graphql.worker.js",
  ],
  { format: "iife" },
);
const styles = await bundle(["src/workbench.css", "src/page.css"], {});
const scripts = await bundle(["src/main.jsx"], {
  format: "esm",
  splitting: true,
  jsx: "automatic",
  // Monaco's modules import their styles piece by piece: workbench.css holds them all.
  loader: { ...COMMON.loader, ".css": "empty" },
  define: {
    ...COMMON.define,
    EDITOR_WORKER: JSON.stringify(workers["editor.worker.js"]),
    JSON_WORKER: JSON.stringify(workers["json.worker.js"]),
    GRAPHQL_WORKER: JSON.stringify(workers["graphql.worker.js"]),
  },
});

const names = { ...styles, "main.js": scripts["main.jsx"] };
const template = await readFile(join(HERE, "src", "index.html"), "utf8");
const page = template.replace(/\{\{(.+?)\}\}/g, (_, name) => `graphiql/assets/${names[name]}`);
await writeFile(join(FRESH, "index.html"), page);

for (const name of await readdir(COMMON.outdir)) {
  const path = join(COMMON.outdir, name);
  await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
}

await rm(TARGET, { recursive: true, force: true });
await mkdir(dirname(TARGET), { recursive: true });
await rename(FRESH, TARGET);
