// The one tag: defines <rapport-chat> and, unless the tag says data-launcher="none", puts a launcher on the page.

import { put, set } from "./dom.js";
import { start } from "./element.js";

const NAME = "rapport-chat";
const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const source = script ? script.src : location.href;
/** @param {string} name */
const given = (name) => (script && script.getAttribute("data-" + name)) || "";
const server = source.slice(0, source.indexOf("/", 8));

if (!customElements.get(NAME)) {
  customElements.define(NAME, class extends HTMLElement {
    constructor() { super(); } // said, so that it is compiled early, too: one left out is made when it is first called
    connectedCallback() {
      if (!this.shadowRoot) start(this, server, source, (name) => this.getAttribute("data-" + name) || given(name));
    }
  });
}

if (given("launcher") !== "none") {
  const chat = set(document.createElement(NAME), "floating", "");
  start(chat, server, source, given); // here, not when it is put in: the element may be another tag's, with other attributes
  put(document.documentElement, chat); // beside the body: what a site does to its body (fading, transforming, replacing) leaves the chat as it is
}
