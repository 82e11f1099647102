// Builds dist/widget.js: `npm run build`, or `node app/widget/build.mjs FILE` to write elsewhere. A test holds the committed file to this.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
async function phrases() {
  const { about, ...languages } = JSON.parse(await readFile(here + "danger.json", "utf8"));
  return [...new Set(Object.values(languages).flat())].join("|");
}

async function style() {
  return (await transform(await readFile(here + "widget.css", "utf8"), { loader: "css", minify: true, target: TARGET })).code.trim();
}

async function spanish() {
  const english = JSON.parse(await readFile(here + "strings/en.json", "utf8")), words = JSON.parse(await readFile(here + "strings/es.json", "utf8"));
  return Object.keys(english).map((key) => words[key]);
}

const TARGET = ["chrome111", "firefox113", "safari16.4"];
const FOLDED = { "danger-phrases": phrases, "spanish-words": spanish, "widget-style": style };
const folded = {
  name: "folded",
  setup(made) {
    made.onResolve({ filter: /^(danger-phrases|spanish-words|widget-style)$/ }, ({ path }) => ({ path, namespace: "folded" }));
    made.onLoad({ filter: /.*/, namespace: "folded" }, async ({ path }) => ({ contents: JSON.stringify(await FOLDED[path]()), loader: "json" }));
  },
};
const lean = {
  name: "lean", // notes for people stay out of the bundle
  setup(made) {
    made.onLoad({ filter: /lines\.json$/ }, async ({ path }) => {
      const { about, ...data } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify(data), loader: "json" };
    });
  },
};

const outfile = process.argv[2] ?? here + "dist/widget.js";
await build({
  entryPoints: [here + "src/main.js"], outfile, bundle: true, minify: true, format: "iife",
  charset: "utf8", target: TARGET, legalComments: "none", plugins: [folded, lean], logLevel: "warning",
});
await writeFile(outfile.replace(/js$/, "css"), await style());
