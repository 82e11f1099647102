// A reply as elements: typed blocks, citation marks with their cards, links to tap. Text only.

import { button, drop, fill, link, list, make, put, set, string } from "./dom.js";

const CROSS = "M6 6l12 12M18 6L6 18";
let cards = 0;

/**
 * @typedef {import("./words.js").Words} Words
 * @typedef {{ server: string, words: Words, locale: string, region: string, clinic: string, chars: number, turns: number, all: number }} Settings
 * @typedef {Record<number, any>} Cited citations by their number
 */

/**
 * One block of a reply.
 * @param {any} data
 * @param {Cited} cited
 * @param {Settings} settings
 */
export function block(data, cited, settings) {
  const type = string(data && data.type), items = list(data && data.items);
  const made = make("div", /^(notice|contact|resources)$/.test(type) ? type : "");
  if (items.length) {
    const rows = make("ul");
    for (let i = 0; i < items.length && i < 50; i++) put(rows, filled(make("li"), items[i], cited, settings));
    return put(made, rows, links(data.links, settings.server));
  }
  return filled(made, data, cited, settings, type === "heading" ? "h3" : "p");
}

/**
 * @template {HTMLElement} E
 * @param {E} target
 * @param {any} part
 * @param {Cited} cited
 * @param {Settings} settings
 * @param {"h3" | "p"} [name]
 */
function filled(target, part, cited, settings, name) {
  const marks = list(part && part.citations), taps = list(part && part.links);
  let text = string(part && part.text);
  for (let i = 0; i < taps.length; i++) text = text.replace("\n" + string(taps[i] && taps[i].label), ""); // what can be tapped is not told twice
  const words = make(name || "p", "", text);
  words.dir = "auto";
  for (let i = 0; i < marks.length && i < 20; i++) {
    const citation = cited[marks[i]];
    if (citation) put(words, mark(citation, target, settings));
  }
  return put(target, words, links(taps, settings.server));
}

/** @param {any} data @param {string} server */
function links(data, server) {
  const row = make("p", "links"), all = list(data);
  for (let i = 0; i < all.length && i < 20; i++) put(row, link("tap", all[i] && all[i].label, all[i] && all[i].href, server));
  return all.length ? row : null;
}

/**
 * A numbered mark that opens the source's card below the words it stands for.
 * @param {any} citation
 * @param {HTMLElement} under
 * @param {Settings} settings
 */
function mark(citation, under, settings) {
  const name = fill(settings.words.source, { n: +citation.n, title: string(citation.title) });
  /** @type {HTMLElement | null} */
  let card = null;
  const made = button("cite", "" + +citation.n, () => {
    if (card) return close();
    card = source(citation, name, settings, close);
    card.id = "source-" + ++cards;
    set(made, "aria-controls", card.id);
    set(made, "aria-expanded", "true");
    put(under, card);
    card.scrollIntoView({ block: "nearest" });
  });
  function close() {
    drop(card);
    card = null;
    set(made, "aria-expanded", "false");
    made.removeAttribute("aria-controls");
    made.focus();
  }
  set(made, "aria-label", name);
  set(made, "aria-expanded", "false");
  return made;
}

/**
 * @param {any} citation
 * @param {string} name
 * @param {Settings} settings
 * @param {() => void} close
 */
function source(citation, name, { words, server, locale }, close) {
  const card = make("div", "source");
  set(card, "role", "group");
  set(card, "aria-label", name);
  card.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // the first Escape closes the card, the next one the panel
    close();
  });
  const section = string(citation.section), title = string(citation.title);
  const by = string(citation.reviewed_by);
  const review = by ? fill(words.reviewed, { by, on: day(string(citation.reviewed_on), locale) }) : words.unreviewed;
  const foots = make("p", "links");
  const url = article(citation.url);
  if (url) {
    const read = link("", words.read, url, server);
    put(foots, put(read, make("span", "sr", " (" + words.tab + ")")));
  }
  const hide = button("", words.hide, close, CROSS);
  return put(card, make("blockquote", "", string(citation.quote)), make("p", "small", title + (section && section !== title ? " · " + section : "")),
    make("p", "small", review), put(foots, hide));
}

/** A citation leads to an article on our own server, or nowhere. @param {unknown} url */
function article(url) {
  const path = string(url);
  return /^\/articles\/[\w%.~-]+(\?[\w=&]*)?(#[\w-]*)?$/.test(path) ? path : "";
}

/** A date in the reader's own way. @param {string} iso @param {string} locale */
function day(iso, locale) {
  try {
    return new Date(iso).toLocaleDateString(locale, { dateStyle: "long", timeZone: "UTC" });
  } catch {
    return iso;
  }
}

export { CROSS };
