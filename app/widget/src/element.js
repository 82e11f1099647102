// <rapport-chat>: the shadow root, the launcher, opening and closing, the clinic's attributes and the server's configuration.

import css from "widget-style";
import { button, drop, fill, icon, make, put, set, string } from "./dom.js";
import { onShiftThrice } from "./exit.js";
import { panel } from "./panel.js";
import { readable } from "./theme.js";
import { configuration } from "./wire.js";
import { bundled, rightToLeft, words } from "./words.js";

const BUBBLE = "M20 11.5a7.5 7.5 0 0 1-11 6.6L4 20l1.7-4.6A7.5 7.5 0 1 1 20 11.5z";
const ELSEWHERE = "https://www.wikipedia.org/"; // where leaving quickly leads, unless the clinic says
const NARROW = "(max-width: 30em), (max-height: 30em)"; // as in widget.css: there the panel fills the window

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * Makes the element's class for a server.
 * @param {string} server its origin
 * @param {string} styleUrl the style sheet as a file, for browsers that can't adopt one
 * @param {(name: string) => string} given attributes of the script tag, for what the element does not say itself
 */
export function chatElement(server, styleUrl, given) {
  return class RapportChat extends HTMLElement {
    connectedCallback() {
      if (!this.shadowRoot) start(this, dress(this, styleUrl), server, (name) => this.getAttribute("data-" + name) || given(name));
    }
  };
}

/** @param {HTMLElement} host @param {string} styleUrl */
function dress(host, styleUrl) {
  const shadow = host.attachShadow({ mode: "open" });
  try {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    shadow.adoptedStyleSheets[0] = sheet; // not a new array: that would be read by the page's own array iterator
  } catch {
    const file = make("link");
    file.rel = "stylesheet";
    file.href = styleUrl;
    put(shadow, file);
  }
  return shadow;
}

/**
 * @param {HTMLElement} host
 * @param {ShadowRoot} shadow
 * @param {string} server
 * @param {(name: string) => string} get an attribute of the clinic's
 */
function start(host, shadow, server, get) {
  const floating = host.hasAttribute("floating");
  const page = document.documentElement.lang, chosen = language(get("locale")) || (bundled(page) ? language(page) : "");
  const region = get("region").toUpperCase();
  /** @type {import("./render.js").Settings} */
  const settings = {
    server, region: /^[A-Z]{2}$/.test(region) ? region : "", locale: chosen || "en",
    words: words(chosen), clinic: "", chars: 4000, turns: 24, all: 24000,
  };
  const look = {
    title: get("title"), greeting: get("greeting"), floating, exit: /^https:\/\//.test(get("exit")) ? get("exit") : ELSEWHERE,
  };
  const root = make("div", "root" + (floating ? " float" : "")), probe = make("span", "sr");
  /** @type {ReturnType<typeof panel> | null} */
  let made = null;
  let open = !floating;
  root.className += (get("position") === "start" ? " start" : "") + (/^(light|dark)$/.test(get("scheme")) ? " " + get("scheme") : "");
  if (/^#[\da-f]{6}$/i.test(get("accent"))) root.style.setProperty("--a", get("accent"));

  const launcher = button("launcher", "", () => toggle(!open));
  const label = make("span", "", get("label") || settings.words.launcher);
  put(launcher, icon(BUBBLE), label);
  set(launcher, "aria-expanded", "false");
  set(probe, "aria-hidden", "true");
  put(shadow, put(root, floating ? launcher : null, probe));
  speak();

  /** Sets the language of all that is inside. */
  function speak() {
    root.lang = settings.locale;
    root.dir = get("dir") || (rightToLeft(settings.locale) ? "rtl" : "ltr");
  }

  function build() {
    made = panel(() => settings, look, () => toggle(false));
    if (!open) made.element.hidden = true;
    put(root, made.element);
    set(launcher, "aria-controls", made.element.id);
  }

  /** @param {boolean} wanted */
  function toggle(wanted) {
    open = wanted;
    if (!made) first();
    if (!made) return;
    made.element.hidden = !open;
    root.className = root.className.replace(/ open/, "") + (open ? " open" : "");
    set(launcher, "aria-expanded", open);
    if (open) {
      modal();
      readable(root, probe);
      made.box.focus({ preventScroll: true });
    } else {
      launcher.focus();
    }
  }

  /** The first time: the panel with what is known now, then what the server adds. */
  function first() {
    build();
    matchMedia(NARROW).addEventListener("change", modal);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => readable(root, probe));
    configuration(server, chosen).then((told) => told && learn(told));
  }

  /** @param {any} told the server's configuration */
  function learn(told) {
    settings.clinic = string(told.clinic && told.clinic.name);
    settings.region = settings.region || string(told.region);
    settings.chars = +told.message_chars || settings.chars;
    settings.turns = +told.history_turns || settings.turns;
    settings.all = +told.history_chars || settings.all;
    const locale = chosen || language(string(told.locale)) || "en";
    if (made && !made.talk.begun() && !made.talk.running() && (told.strings || locale.slice(0, 2) !== settings.locale.slice(0, 2))) {
      const focused = shadow.activeElement === made.box, typed = made.box.value;
      settings.locale = locale;
      settings.words = words(locale, told.strings);
      label.textContent = get("label") || settings.words.launcher;
      speak();
      drop(made.element);
      build();
      made.box.value = typed;
      if (focused) made.box.focus({ preventScroll: true });
      modal();
    } else if (made) {
      made.refresh();
    }
  }

  /** Where the panel fills the window, what lies behind can't be reached. */
  function modal() {
    if (!made || !floating) return;
    if (matchMedia(NARROW).matches) set(made.element, "aria-modal", "true");
    else made.element.removeAttribute("aria-modal");
  }
  root.addEventListener("keydown", (event) => {
    if (!made || !open || !floating || event.isComposing) return;
    if (event.key === "Escape") toggle(false);
    if (event.key === "Tab" && matchMedia(NARROW).matches) keep(event, made.element, shadow);
  });
  onShiftThrice(() => open && host.isConnected, (left) => {
    if (!made) return;
    if (!left) return made.exit();
    made.announce(fill(settings.words.exitLeft, { n: left }));
  });
  if (!floating) first();
  // Until it opens, only the launcher's colour matters, and only when the clinic chose one.
  requestAnimationFrame(() => {
    if (open || get("accent") || getComputedStyle(host).getPropertyValue("--rapport-accent")) readable(root, probe);
  });
}

/** A language tag in the server's form, or "". @param {string} tag */
function language(tag) {
  return /^[a-z]{2,3}(-[a-z\d]{2,8}){0,3}$/i.test(tag) ? tag.toLowerCase() : "";
}

/**
 * Keeps Tab inside the panel.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} inside
 * @param {ShadowRoot} shadow
 */
function keep(event, inside, shadow) {
  const stops = /** @type {NodeListOf<HTMLElement>} */ (inside.querySelectorAll("button, a[href], summary, textarea, [tabindex='0']"));
  const edge = stops[event.shiftKey ? 0 : stops.length - 1], other = stops[event.shiftKey ? stops.length - 1 : 0];
  if (shadow.activeElement !== edge) return;
  event.preventDefault();
  other.focus();
}
