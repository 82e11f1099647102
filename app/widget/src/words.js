// The widget's own words. English and Spanish are in the bundle; the server sends the words of other languages with its configuration.

import en from "../strings/en.json";
import spanish from "spanish-words";

/** @typedef {typeof en} Words */

/**
 * The words of a language, each missing one in English.
 * @param {string} locale
 * @param {any} [sent] words that the server sent for this language
 * @returns {Words}
 */
export function words(locale, sent) {
  const all = /** @type {any} */ ({}), keys = Object.keys(en), es = /^es\b/i.test(locale);
  for (let i = 0; i < keys.length; i++) {
    const key = /** @type {keyof Words} */ (keys[i]);
    all[key] = (es ? spanish[i] : sent && sent[key]) || en[key];
  }
  return all;
}

/** Whether the bundle holds this language. @param {string} locale */
export function bundled(locale) {
  return /^(en|es)\b/i.test(locale);
}

/** Whether a language is written from right to left. @param {string} locale */
export function rightToLeft(locale) {
  return /^(ar|fa|he|ps|sd|ug|ur|yi)\b/i.test(locale);
}
