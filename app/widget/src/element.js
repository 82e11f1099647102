// <rapport-chat>: the shadow root, the launcher and the clinic's attributes. All that a page pays for before someone opens the chat is here.
// What runs counts, not what is there (README): no regular expression, and few kinds of objects, since a page's first of each costs most.

import css from "launcher-style";
import labels from "launcher-words";
import { button, make, put, set } from "./dom.js";
import { opening } from "./opening.js";
import { readable } from "./theme.js";
import { primary, speak } from "./words.js";

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * Gives an element its shadow root: the launcher when it floats over the page, else the chat itself.
 * @param {HTMLElement} host
 * @param {string} server its origin
 * @param {string} source the script's address; the style sheet as a file, for browsers that can't adopt one, stands beside it
 * @param {(name: string) => string} get an attribute of the clinic's
 */
export function start(host, server, source, get) {
  const shadow = host.attachShadow({ mode: "open" }), floating = host.hasAttribute("floating");
  const page = document.documentElement.lang, locale = get("locale") || (labels[primary(page)] ? page : "");
  const accent = get("accent");
  const root = make("div", "root" + (floating ? " float" : "") + (get("position") === "start" ? " start " : " ") + get("scheme"));
  /** @type {ReturnType<typeof opening> | undefined} */
  let chat;
  const toggle = () => {
    if (!chat) chat = opening(host, root, launcher, server, locale, get);
    chat();
  };
  const launcher = button("launcher", get("label") || labels[primary(locale)] || labels.en, toggle);
  try {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    shadow.adoptedStyleSheets[0] = sheet; // not a new array: that would be read by the page's own array iterator
  } catch {
    const file = make("link");
    file.rel = "stylesheet";
    file.href = new URL("widget.css", source).href;
    root.hidden = true; // until it is dressed, or can't be
    file.onload = file.onerror = () => { root.hidden = false; };
    put(shadow, file);
  }
  if (accent.length === 7 && accent[0] === "#" && +("0x" + accent.slice(1)) >= 0) root.style.setProperty("--theirs", accent);
  speak(root, locale || "en", get("dir"));
  launcher.addEventListener("focus", () => readable(root)); // its ring is ink on paper
  if (floating) put(root, set(launcher, "aria-expanded", "false"));
  else toggle();
  put(shadow, root); // whole: a page does more for each element that is put into it
  // Words on a clinic's accent are readable by the launcher's rules, where a browser has what they need: no look then, which a page would pay for.
  if (!floating || !window.CSS?.supports?.("(color: color(from red srgb-linear clamp(0,r,1) 0 0))")) requestAnimationFrame(() => readable(root));
}
