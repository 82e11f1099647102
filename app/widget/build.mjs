// Builds dist/widget.js: `npm run build`, or `node app/widget/build.mjs FILE` to write elsewhere. A test holds the committed file to this.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { fold } from "./src/fold.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const TARGET = ["chrome111", "firefox113", "safari16.4"];
const OPENED = "/* --- when it opens --- */"; // parts widget.css: what a closed chat needs, and the rest

// Tells Chromium to compile the whole while it arrives, off the main thread, rather than each function when it is first called, on it.
const EARLY = "//# allFunctionsCalledOnLoad";

const SPACELESS = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/; // scripts that write words together: found anywhere, not as whole words

/** Phrases as the widget looks for them in a folded message (src/fold.js), each once; composed, which is shorter. */
const sought = (all) => [...new Set(all.map((phrase) => (SPACELESS.test(phrase) ? fold(phrase).trim() : fold(phrase)).normalize("NFC")))].join("|");
const json = async (path) => JSON.parse(await readFile(here + path, "utf8"));
const english = await json("strings/en.json"), spanish = await json("strings/es.json");
const { about: _, ...phrases } = await json("danger.json"), { about: __, ...lines } = await json("lines.json");
const minified = async (css) => (await transform(css, { loader: "css", minify: true, target: TARGET })).code.trim()
  .replace(/(--[\w-]+): /g, "$1:").replaceAll(", ", ","); // esbuild leaves our own properties as they are
const css = await readFile(here + "widget.css", "utf8"), styles = await Promise.all(css.split(OPENED).map(minified));
if (styles.length !== 2) throw new Error(`widget.css needs one line ${OPENED}`);

/** A value as a module; `later` as a function, so that it is made only when it is asked for. */
const now = (value) => `export default ${JSON.stringify(value)}`, later = (value) => `export default () => (${JSON.stringify(value)})`;
const FOLDED = {
  "danger-phrases": later(sought(Object.values(phrases).flat())),
  "english-words": later(english),
  "help-lines": later(lines),
  "launcher-style": now(styles[0]),
  "launcher-words": now({ en: english.launcher, es: spanish.launcher }),
  "panel-style": now(styles[1]),
  "spanish-words": later(Object.keys(english).map((key) => spanish[key])),
};
const folded = {
  name: "folded",
  setup(made) {
    made.onResolve({ filter: new RegExp(`^(${Object.keys(FOLDED).join("|")})$`) }, ({ path }) => ({ path, namespace: "folded" }));
    made.onLoad({ filter: /.*/, namespace: "folded" }, ({ path }) => ({ contents: FOLDED[path], loader: "js" }));
  },
};

const outfile = process.argv[2] ?? here + "dist/widget.js";
await build({
  entryPoints: [here + "src/main.js"], outfile, bundle: true, minify: true, format: "iife",
  charset: "utf8", target: TARGET, tsconfigRaw: "{}", legalComments: "none", banner: { js: EARLY }, plugins: [folded], logLevel: "warning",
});
await writeFile(outfile.replace(/js$/, "css"), styles.join(""));
