// Below an answer: a thumb up or down with a reason to choose, and copy. Counts only; no words are sent.

import { button, drop, make, put, set } from "./dom.js";
import { rate } from "./wire.js";

const THUMB = "M7 11v9H4v-9zM7 11l4-8c2 0 3 1 2.6 3l-.6 3h6a2 2 0 0 1 2 2.3l-1.2 7a2 2 0 0 1-2 1.7H7";
const COPY = "M9 9h11v11H9zM5 15H4V4h11v1";

/**
 * @param {{ id: string, text: string }} reply
 * @param {import("./render.js").Settings} settings
 * @param {(said: string) => void} announce
 */
export function feedback(reply, { words, server }, announce) {
  const bar = make("div", "bar"), said = make("p");
  /** @type {HTMLElement | null} */
  let reasons = null;
  /** @param {string} text */
  const say = (text) => {
    said.textContent = text;
    announce(text);
  };
  /** @param {string} rating */
  const press = (rating) => {
    set(up, "aria-pressed", rating === "up");
    set(down, "aria-pressed", rating === "down");
  };
  /** @param {string} rating @param {string} [reason] */
  const send = async (rating, reason) => {
    press(rating);
    if (await rate(server, reply.id, rating, reason)) say(words.thanks);
  };
  const up = button("", words.up, () => {
    drop(reasons);
    send("up");
  }, THUMB);
  const down = button("down", words.down, () => {
    put(bar, reasons ||= choices(words, (reason) => {
      drop(reasons);
      down.focus();
      send("down", reason);
    }));
    send("down");
  }, THUMB);
  press("");
  const copy = navigator.clipboard ? button("", words.copy, () => {
    navigator.clipboard.writeText(reply.text).then(() => say(words.copied), () => {});
  }, COPY) : null;
  return put(bar, up, down, copy, said);
}

/** @param {import("./words.js").Words} words @param {(reason: string) => void} chosen */
function choices(words, chosen) {
  const row = make("div", "chips"), reasons = /** @type {Record<string, string>} */ (words.reasons), names = Object.keys(reasons);
  set(row, "role", "group");
  set(row, "aria-label", words.why);
  put(row, make("p", "", words.why));
  for (let i = 0; i < names.length; i++) put(row, button("chip", reasons[names[i]], () => chosen(names[i])));
  return row;
}

