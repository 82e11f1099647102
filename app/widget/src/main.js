// The one tag: defines <rapport-chat> and, unless the tag says data-launcher="none", puts a launcher on the page.

import { put } from "./dom.js";
import { chatElement } from "./element.js";

const NAME = "rapport-chat";
const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const source = script ? script.src : location.href;
/** @param {string} name */
const given = (name) => (script && script.getAttribute("data-" + name)) || "";
const server = new URL(given("server") || source, source).origin;

if (!customElements.get(NAME)) customElements.define(NAME, chatElement(server, source, given));

if (given("launcher") !== "none") {
  const chat = document.createElement(NAME), attributes = script ? script.attributes : [];
  chat.setAttribute("floating", "");
  for (let i = 0; i < attributes.length; i++) {
    if (/^data-/.test(attributes[i].name)) chat.setAttribute(attributes[i].name, attributes[i].value);
  }
  put(document.documentElement, chat); // beside the body: what a site does to its body (fading, transforming, replacing) leaves the chat as it is
}
