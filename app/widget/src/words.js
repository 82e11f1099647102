// The widget's own words. English and Spanish are in the bundle; the server sends the words of other languages with its configuration.

import english from "english-words";
import spanish from "spanish-words";

const RIGHT_TO_LEFT = " ar fa he ps sd ug ur yi ";

/** @typedef {typeof import("../strings/en.json")} Words */

/**
 * The words of a language, each missing one in English.
 * @param {string} locale
 * @param {any} [sent] words that the server sent for this language
 * @returns {Words}
 */
export function words(locale, sent) {
  const all = english(), keys = Object.keys(all), es = primary(locale) === "es" ? spanish() : null;
  for (let i = 0; i < keys.length; i++) all[keys[i]] = (es ? es[i] : sent && sent[keys[i]]) || all[keys[i]];
  return all;
}

/** The first part of a language tag. @param {string} locale */
export function primary(locale) {
  const end = locale.indexOf("-");
  return (end < 0 ? locale : locale.slice(0, end)).toLowerCase();
}

/** A language tag in the server's form, or "". @param {string} tag */
export function language(tag) {
  return /^[a-z]{2,3}(-[a-z\d]{2,8}){0,3}$/i.test(tag) ? tag.toLowerCase() : "";
}

/**
 * Sets the language and direction of all that is inside.
 * @param {HTMLElement} root
 * @param {string} locale
 * @param {string} dir "ltr" or "rtl" when the clinic says
 */
export function speak(root, locale, dir) {
  root.lang = locale;
  root.dir = dir || (RIGHT_TO_LEFT.indexOf(" " + primary(locale) + " ") < 0 ? "ltr" : "rtl");
}
