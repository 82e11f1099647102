// Opening and closing: made when someone first opens the chat. The panel, what the server adds to it, and the keys.

import css from "panel-style";
import { drop, fill, put, set, string } from "./dom.js";
import { onShiftThrice } from "./exit.js";
import { panel } from "./panel.js";
import { readable } from "./theme.js";
import { configuration } from "./wire.js";
import { language, speak, words } from "./words.js";

const ELSEWHERE = "https://www.wikipedia.org/"; // where leaving quickly leads, unless the clinic says
const NARROW = "(max-width:30em),(max-height:30em)"; // as in widget.css: there the panel fills the window

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * Returns what opens and closes the panel, in turn.
 * @param {HTMLElement} host
 * @param {HTMLElement} root
 * @param {HTMLElement} launcher
 * @param {string} server
 * @param {string} locale the language that the clinic or its page names, or ""
 * @param {(name: string) => string} get an attribute of the clinic's
 */
export function opening(host, root, launcher, server, locale, get) {
  const shadow = /** @type {ShadowRoot} */ (host.shadowRoot), floating = host.hasAttribute("floating");
  const chosen = language(locale), region = get("region").toUpperCase(), exit = get("exit");
  /** @type {import("./render.js").Settings} */
  const settings = {
    server, region: /^[A-Z]{2}$/.test(region) ? region : "", locale: chosen || "en",
    words: words(chosen), clinic: "", chars: 4000, turns: 24, all: 24000,
  };
  const look = { title: get("title"), greeting: get("greeting"), floating, exit: /^https:\/\//.test(exit) ? exit : ELSEWHERE };
  const narrow = floating && matchMedia(NARROW), view = window.visualViewport;
  let open = false, made = build();
  root.lang = settings.locale; // what was named may be no language

  function build() {
    const fresh = panel(() => settings, look, toggle);
    fresh.element.hidden = !open;
    put(root, fresh.element);
    set(launcher, "aria-controls", fresh.element.id);
    return fresh;
  }

  function toggle() {
    open = !open;
    made.element.hidden = !open;
    root.className = root.className.replace(/ open/, "") + (open ? " open" : "");
    set(launcher, "aria-expanded", open);
    if (open) {
      modal();
      if (!floating) return;
      readable(root);
      made.box.focus({ preventScroll: true });
    } else {
      launcher.focus();
    }
  }

  /** @param {any} told the server's configuration */
  function learn(told) {
    settings.clinic = string(told.clinic && told.clinic.name);
    settings.region = settings.region || string(told.region);
    settings.chars = +told.message_chars || settings.chars;
    settings.turns = +told.history_turns || settings.turns;
    settings.all = +told.history_chars || settings.all;
    const locale = chosen || language(string(told.locale)) || "en";
    if (made.talk.begun() || (!told.strings && locale.slice(0, 2) === settings.locale.slice(0, 2))) return made.refresh();
    const focused = shadow.activeElement === made.box, typed = made.box.value;
    settings.locale = locale;
    settings.words = words(locale, told.strings);
    launcher.textContent = get("label") || settings.words.launcher;
    speak(root, locale, get("dir"));
    drop(made.element);
    made = build();
    made.box.value = typed;
    if (focused) made.box.focus({ preventScroll: true });
    modal();
  }

  /** Where the panel fills the window, what lies behind can't be reached. */
  function modal() {
    if (narrow) set(made.element, "aria-modal", narrow.matches);
  }

  /** A phone's keyboard covers the page and leaves its size: the panel keeps to what can be seen, so that the way out stays in sight. */
  function fit() {
    const whole = !view || view.scale > 1.01; // who zooms in with two fingers gets the whole of it
    root.style.setProperty("--tall", whole ? "" : view.height + "px");
    root.style.setProperty("--top", whole ? "" : view.offsetTop + "px");
  }

  if (shadow.adoptedStyleSheets && shadow.adoptedStyleSheets.length) { // else the whole style sheet is there, as a file
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    shadow.adoptedStyleSheets[1] = sheet;
  }
  if (narrow) { // over the page
    narrow.addEventListener("change", modal);
    root.addEventListener("keydown", (event) => {
      if (!open || event.isComposing) return;
      if (event.key === "Escape") toggle();
      if (event.key === "Tab" && narrow.matches) keep(event, made.element, shadow);
    });
    if (view) {
      view.addEventListener("resize", fit);
      view.addEventListener("scroll", fit);
    }
  }
  onShiftThrice(() => open && host.isConnected, (left) => {
    if (!left) return made.exit();
    made.announce(fill(settings.words.exitLeft, { n: left }));
  });
  matchMedia("(prefers-color-scheme:dark)").addEventListener("change", () => readable(root));
  near(root, () => configuration(server, chosen).then((told) => told && learn(told)));
  return toggle;
}

/**
 * Calls once an element is on the screen or less than a screen away: a chat far down the page asks nothing of the server.
 * @param {Element} element
 * @param {() => void} act
 */
function near(element, act) {
  try {
    new IntersectionObserver((seen, watch) => {
      if (!seen[seen.length - 1].isIntersecting) return;
      watch.disconnect();
      act();
    }, { rootMargin: "100%" }).observe(element);
  } catch {
    act();
  }
}

/**
 * Keeps Tab inside the panel, which begins and ends with a button.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} inside
 * @param {ShadowRoot} shadow
 */
function keep(event, inside, shadow) {
  const stops = inside.querySelectorAll("button");
  const edge = stops[event.shiftKey ? 0 : stops.length - 1], other = stops[event.shiftKey ? stops.length - 1 : 0];
  if (shadow.activeElement !== edge) return;
  event.preventDefault();
  other.focus();
}
