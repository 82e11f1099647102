// The conversation: what was said lives in this closure and in the page, and nowhere else.

import { ownHelp, plainDanger } from "./danger.js";
import { button, drop, empty, list, make, put, set, string } from "./dom.js";
import { feedback } from "./feedback.js";
import { block } from "./render.js";
import { Refused, ask } from "./wire.js";

const SLOW = 8000; // milliseconds until we say that it takes long
const DANGER_WAITS = 4000; // milliseconds until a plain phrase of danger gets our own card, answer or not

/**
 * @typedef {import("./render.js").Settings} Settings
 * @typedef {{ log: HTMLElement, announce: (text: string) => void, busy: (is: boolean) => void, intro: () => Node, show: (target: HTMLElement, gently?: boolean) => void, focusBox: () => void }} Stage
 */

/**
 * @param {Stage} stage
 * @param {() => Settings} now the settings as they are now
 */
export function conversation(stage, now) {
  const { log } = stage;
  /** @type {import("./wire.js").Turn[]} */
  let history = [];
  /** @type {AbortController | null} */
  let running = null;

  /** @param {string} message */
  async function say(message) {
    const settings = now(), { words } = settings;
    const asked = put(make("div", "turn you"), make("p", "sr", words.you), bubble(message));
    put(log, asked);
    await answer(message, settings, asked);
  }

  /** @param {string} message @param {Settings} settings @param {HTMLElement} asked */
  async function answer(message, settings, asked) {
    const { words } = settings, stop = new AbortController();
    const turn = make("div", "turn"), blocks = make("div", "blocks"), waits = make("p", "pending", words.thinking);
    const danger = plainDanger(message);
    /** @type {import("./render.js").Cited} */
    const cited = {};
    /** @type {HTMLElement | null} */
    let own = null;
    let grave = false;
    const help = () => {
      if (!own) alarm(put(make("div", "turn"), (own = card(words, ownHelp(words, settings.region)))), own);
    };
    const slow = setTimeout(() => stage.announce((waits.textContent = words.slow)), SLOW);
    const worry = danger ? setTimeout(help, DANGER_WAITS) : 0;
    running = stop;
    stage.busy(true);
    put(log, put(turn, make("p", "sr", words.answer), blocks, waits));
    stage.show(asked);
    /** @param {string} kind @param {any} data */
    const on = (kind, data) => {
      if (running !== stop) return;
      if (kind === "meta") grave = !!data && data.status === "crisis";
      if (kind === "citation" && data) cited[data.n] = data;
      if ((kind === "block" || kind === "notice") && !grave) {
        put(blocks, block(data, cited, settings));
        stage.show(asked, true);
      }
      if (kind === "done") finish(data);
    };
    /** @param {any} reply */
    const finish = (reply) => {
      if (!reply || typeof reply.text !== "string") throw new Error("not whole");
      const { text } = reply;
      history[history.length] = { role: "user", content: message };
      history[history.length] = { role: "assistant", content: text };
      drop(waits);
      if (grave || reply.status === "crisis" || !blocks.firstChild) {
        empty(blocks);
        const all = list(reply.blocks), sources = list(reply.citations);
        for (let i = 0; i < sources.length; i++) if (sources[i]) cited[sources[i].n] = sources[i];
        for (let i = 0; i < all.length && i < 50; i++) put(blocks, block(all[i], cited, settings));
      }
      if (reply.status === "crisis") {
        if (own) drop(own.parentNode);
        // On a phone the lines to tap must stand in the first view: right after what to do now.
        const urgent = blocks.querySelector(".notice"), lines = blocks.querySelector(".resources");
        if (urgent && lines) blocks.insertBefore(lines, urgent.nextSibling);
        const whole = card(words, blocks);
        return alarm(put(turn, whole), whole);
      }
      if (!/^(greeting|about|error)$/.test(reply.status)) {
        put(turn, feedback({ id: string(reply.id), text }, settings, stage.announce));
      }
      if (reply.status === "error") put(turn, again(2));
      put(turn, suggestions(reply.suggestions, words));
      stage.show(asked, true);
      stage.announce(words.answer + ". " + text);
    };
    /** A way to ask the same again, which takes the place of this turn. @param {number} said how much of the history is this turn's */
    const again = (said) => {
      const failed = history.length;
      return put(make("p", "links"), button("chip", words.retry, () => {
        if (running) return;
        if (history.length === failed) history.length = failed - said; // asked again, not twice
        drop(turn);
        stage.focusBox();
        answer(message, now(), asked);
      }));
    };
    /** @param {unknown} error */
    const fail = (error) => {
      history[history.length] = { role: "user", content: message };
      drop(waits);
      const plain = error instanceof Refused && /^en/i.test(settings.locale) ? error.message : "";
      const why = blocks.firstChild ? words.partly : plain || (navigator.onLine === false ? words.offline : words.failed);
      put(turn, put(make("div", "notice"), make("p", "", why), again(1)));
      stage.show(asked, true);
      if (danger || grave) help();
      else stage.announce(why);
    };
    try {
      const { region, locale } = settings;
      await ask(settings.server, { message, history: recent(settings), region, locale }, stop, on);
    } catch (error) {
      if (running === stop) fail(error);
    } finally {
      clearTimeout(slow);
      clearTimeout(worry);
      if (running === stop) {
        running = null;
        stage.busy(false);
      }
    }
  }

  /**
   * As much of the conversation as the server takes. What the person wrote matters most to the guard, so our own oldest replies go first.
   * @param {Settings} settings
   */
  function recent({ turns, all }) {
    let size = 0, count = history.length;
    for (let i = 0; i < history.length; i++) size += history[i].content.length;
    /** @type {boolean[]} */
    const gone = [];
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < history.length && (size > all || count > turns); i++) {
        if (gone[i] || (!pass && history[i].role === "user")) continue;
        gone[i] = true;
        size -= history[i].content.length;
        count--;
      }
    }
    /** @type {import("./wire.js").Turn[]} */
    const kept = [];
    for (let i = 0; i < history.length; i++) if (!gone[i]) kept[kept.length] = history[i];
    return kept;
  }

  /**
   * A card that must be seen: an alert, with the focus on it.
   * @param {HTMLElement} turn
   * @param {HTMLElement} alert
   */
  function alarm(turn, alert) {
    put(log, turn);
    alert.focus({ preventScroll: true });
    stage.show(alert);
  }

  /** @param {any} data @param {import("./words.js").Words} words */
  function suggestions(data, words) {
    const all = list(data), row = make("div", "chips");
    put(row, make("p", "", words.next));
    for (let i = 0; i < all.length && i < 4; i++) put(row, choice(string(all[i])));
    return all.length ? row : null;
  }

  /** A question to tap. @param {string} question */
  function choice(question) {
    const made = button("chip", question, () => {
      if (!running) say(question);
    });
    made.dir = "auto";
    return made;
  }

  /** Forgets everything and starts anew. */
  function reset() {
    if (running) running.abort();
    running = null;
    history = [];
    stage.busy(false);
    stage.announce("");
    empty(log);
    put(log, stage.intro());
  }

  /** Shows our own help card now. */
  function help() {
    const { words, region } = now(), made = card(words, ownHelp(words, region));
    alarm(put(make("div", "turn"), made), made);
  }

  return { say, reset, help, choice, running: () => !!running, begun: () => !!running || history.length > 0 };
}

/** @param {string} message */
function bubble(message) {
  const made = make("p", "bubble", message);
  made.dir = "auto";
  return made;
}

/** @param {import("./words.js").Words} words @param {HTMLElement} content */
function card(words, content) {
  const made = make("div", "card");
  set(made, "role", "alert");
  set(made, "aria-label", words.crisis);
  made.tabIndex = -1;
  return put(made, make("h3", "", words.crisis), content);
}
