// Help that needs no server: a few plain words of danger, and a card with lines to call.

import phrases from "danger-phrases";
import helpLines from "help-lines";
import { fill, link, make, put } from "./dom.js";
import { fold } from "./fold.js";

/** Whether a message holds one of the plainest phrases of danger. @param {string} message */
export function plainDanger(message) {
  const folded = fold(message), all = phrases().normalize("NFD").split("|");
  for (let i = 0; i < all.length; i++) if (folded.indexOf(all[i]) >= 0) return true;
  return false;
}

/**
 * The content of the widget's own help card: the region's lines, or the numbers that work in most countries; always the directory.
 * @param {import("./words.js").Words} words
 * @param {string} region
 */
export function ownHelp(words, region) {
  const lines = helpLines(), here = lines.regions[lines.also[region] || region];
  const emergency = here ? [here.emergency] : lines.anywhere;
  const urgent = make("p", "links"), rows = make("ul");
  let numbers = "";
  for (let i = 0; i < emergency.length; i++) {
    numbers += (i ? " " + words.or + " " : "") + emergency[i];
    put(urgent, tap(fill(words.call, { number: emergency[i] }), "tel:", emergency[i]));
  }
  for (let i = 0; here && i < here.lines.length; i++) put(rows, row(words, here.lines[i]));
  put(rows, put(make("li"), put(make("p", "links"), link("tap", words.directory, lines.directory, ""))));
  const card = make("div", "blocks");
  return put(card, make("p", "", words.lead), put(make("div", "notice"), make("p", "", fill(words.now, { number: numbers })), urgent),
    rows, make("p", "", words.reach), make("p", "small", words.watch));
}

/**
 * @param {import("./words.js").Words} words
 * @param {string[]} line name, number to call, number to text, word to text
 */
function row(words, line) {
  const links = make("p", "links");
  const call = line[1], text = line[2], word = line[3];
  if (call) put(links, tap(fill(words.call, { number: call }), "tel:", call));
  if (text) put(links, tap(fill(word ? words.word : words.text, { number: text, word }), "sms:", text));
  return put(make("li"), make("p", "", line[0]), links);
}

/** @param {string} label @param {string} kind @param {string} number */
function tap(label, kind, number) {
  return link("tap", label, kind + number.replace(/[^+\d]/g, ""), "");
}
