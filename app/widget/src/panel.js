// What opens: title and tools, the transcript, the box, the way to help. Built when it is first needed.

import { button, fill, make, put, set } from "./dom.js";
import { leave } from "./exit.js";
import { CROSS } from "./render.js";
import { conversation } from "./talk.js";

const AGAIN = "M4 12a8 8 0 1 1 2.5 5.8M4 20v-4.5h4.5";
const SEND = "M4 12h15M13 6l6 6-6 6";

/**
 * @typedef {import("./render.js").Settings} Settings
 * @typedef {{ title: string, greeting: string, exit: string, floating: boolean }} Look
 */

/**
 * @param {() => Settings} now
 * @param {Look} look
 * @param {() => void} close
 */
export function panel(now, look, close) {
  const { words } = now();
  const element = make("div", "panel"), log = make("div", "log"), status = make("p", "sr"), box = make("textarea");
  let shown = 0;
  /** @type {HTMLElement} */
  let disclosure;
  const talk = conversation({ log, announce, busy, intro, show, focusBox: () => box.focus({ preventScroll: true }) }, now);
  const send = button("send", words.send, submit, SEND);

  /** Said once to a screen reader, whole; gone afterwards, so that nobody meets it twice. @param {string} text */
  function announce(text) {
    status.textContent = text;
    setTimeout(() => {
      if (status.textContent === text) status.textContent = "";
    }, 5000);
  }

  /**
   * Scrolls the transcript, never the page around us, so that an element stands at its top.
   * @param {HTMLElement} target
   * @param {boolean} [gently] not when the reader has scrolled since the last time
   */
  function show(target, gently) {
    const scroller = getComputedStyle(log).overflowY === "visible" ? element : log;
    if (gently && scroller.scrollTop !== shown) return;
    scroller.scrollTop += target.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 12;
    shown = scroller.scrollTop;
  }

  /** @param {boolean} is */
  function busy(is) {
    set(log, "aria-busy", is);
    set(send, "aria-disabled", is);
  }

  function submit() {
    const message = box.value.trim(), most = now().chars;
    if (!message || talk.running()) return box.focus();
    if (message.length > most) {
      problem.textContent = fill(words.long, { n: most });
      set(box, "aria-invalid", "true");
      return box.focus();
    }
    box.value = "";
    typed();
    box.focus({ preventScroll: true });
    talk.say(message);
  }

  function typed() {
    problem.textContent = "";
    box.removeAttribute("aria-invalid");
  }

  /** The opening of each conversation: what this is, what is kept, a few questions to begin with. */
  function intro() {
    const { words } = now(), made = make("div", "turn"), about = make("details"), row = make("div", "chips");
    for (let i = 0; i < words.starters.length; i++) put(row, talk.choice(words.starters[i]));
    put(about, make("summary", "", words.about), make("p", "", words.kept));
    disclosure = make("p", "small");
    refresh();
    return put(made, make("p", "hello", look.greeting || words.greeting), disclosure, about, row);
  }

  function exit() {
    announce(words.exiting);
    leave(look.exit, () => {
      talk.reset();
      box.value = "";
    });
  }

  const again = button("", words.again, () => {
    talk.reset();
    box.focus();
  }, AGAIN);
  const title = make("h2", "", look.title || words.title);
  title.id = "title";
  const head = put(make("div", "top"), put(make("div"), title, again, look.floating ? button("", words.close, close, CROSS) : null),
    put(make("div"), make("p", "tool", words.tool), button("exit", words.exit, exit)));

  element.id = "panel";
  set(element, "role", look.floating ? "dialog" : "region");
  set(element, "aria-labelledby", title.id);
  set(log, "role", "log");
  set(log, "aria-live", "off"); // whole answers are said once by the status line; what was said before is never read again
  set(log, "aria-label", words.log);
  log.tabIndex = 0;
  set(status, "role", "status");

  const label = make("label", "sr", words.box), problem = make("p");
  label.htmlFor = box.id = "box";
  problem.id = "problem";
  set(problem, "role", "alert");
  box.rows = 1;
  box.autocomplete = "off";
  box.dir = "auto";
  box.placeholder = words.box;
  set(box, "aria-describedby", problem.id);
  set(box, "enterkeyhint", "send");
  box.addEventListener("input", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  put(element, head, log, status, put(make("div", "ask"), label, box, send), put(make("div", "foot"), problem, button("", words.help, talk.help)));
  put(log, intro());

  /** Says whose articles they are, as far as the server has told. */
  function refresh() {
    const { words, clinic } = now();
    disclosure.textContent = fill(words.disclosure, { clinic: clinic || words.clinic });
  }

  return { element, box, exit, announce, refresh, talk };
}
