// Builds dist/widget.js: `npm run build`, or `node app/widget/build.mjs FILE` to write elsewhere. A test holds the committed file to this.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { fold } from "./src/fold.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const SPACELESS = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/; // scripts that write words together: matched anywhere

async function phrases() {
  const { about, ...languages } = JSON.parse(await readFile(here + "danger.json", "utf8"));
  const all = Object.values(languages).flat().map((phrase) => (SPACELESS.test(phrase) ? fold(phrase).trim() : fold(phrase)));
  return [...new Set(all)];
}

async function style() {
  return (await transform(await readFile(here + "widget.css", "utf8"), { loader: "css", minify: true, target: TARGET })).code.trim();
}

const TARGET = ["chrome111", "firefox113", "safari16.4"];
const FOLDED = { "danger-phrases": phrases, "widget-style": style };
const folded = {
  name: "folded",
  setup(made) {
    made.onResolve({ filter: /^(danger-phrases|widget-style)$/ }, ({ path }) => ({ path, namespace: "folded" }));
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
