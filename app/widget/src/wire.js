// The server: its public configuration, a question answered as server-sent events, a thumb. No cookie, no referrer, nothing stored.

import { string } from "./dom.js";

const LONGEST_REPLY = 1e6; // characters; far above any reply, so that a broken server can't fill the page
const SILENCE = 25000; // milliseconds without a byte; the server sends a sign of life every 15 seconds

/**
 * @typedef {{ role: "user" | "assistant", content: string }} Turn
 * @typedef {{ message: string, history: Turn[], region: string, locale: string }} Question
 * @typedef {(kind: string, data: any) => void} OnEvent
 */

/** Said by the server in plain words, for the person. */
export class Refused extends Error {}

/**
 * The clinic's public configuration. Null when it can't be had.
 * @param {string} server
 * @param {string} locale letters, digits and hyphens, or nothing
 */
export async function configuration(server, locale) {
  try {
    const response = await fetch(server + "/v1/config" + (locale ? "?locale=" + locale : ""), options({}));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/**
 * Counts a thumb. Only the reply's id, the thumb and the reason's name are sent. True when it was counted.
 * @param {string} server
 * @param {string} id
 * @param {string} rating "up" or "down"
 * @param {string} [reason]
 */
export async function rate(server, id, rating, reason) {
  try {
    return (await fetch(server + "/v1/feedback", post(json({ id, rating, reason }), "application/json"))).ok;
  } catch {
    return false;
  }
}

/**
 * Asks, and calls `on` for each event up to `done`. Rejects with `Refused` when the server says no in words, with another error when
 * the answer did not come whole.
 * @param {string} server
 * @param {Question} question
 * @param {AbortController} stop
 * @param {OnEvent} on
 */
export async function ask(server, question, stop, on) {
  let timer = 0;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), SILENCE);
  };
  alive();
  try {
    const response = await fetch(server + "/v1/chat", post(body(question), "text/event-stream", stop.signal));
    const type = response.headers.get("content-type") || "";
    if (/^application\/json/.test(type)) {
      const data = await response.json();
      if (!response.ok) throw refusal(data);
      on("done", data);
    } else if (response.ok && /^text\/event-stream/.test(type) && response.body) {
      await read(response.body.getReader(), alive, on);
    } else {
      throw new Error("not whole");
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {() => void} alive
 * @param {OnEvent} on
 */
async function read(reader, alive, on) {
  const decoder = new TextDecoder();
  let rest = "", kind = "", data = "", size = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("not whole");
    alive();
    rest += decoder.decode(value, { stream: true });
    size += value.length;
    if (size > LONGEST_REPLY) throw new Error("not whole");
    for (let end; (end = rest.indexOf("\n")) >= 0; ) {
      const line = rest.slice(0, end).replace(/\r$/, "");
      rest = rest.slice(end + 1);
      if (/^event:/.test(line)) kind = line.slice(6).trim();
      else if (/^data:/.test(line)) data += (data ? "\n" : "") + line.slice(5).replace(/^ /, "");
      else if (!line && kind) {
        const sent = JSON.parse(data);
        if (kind === "error") throw refusal(sent);
        on(kind, sent);
        if (kind === "done") return void reader.cancel().catch(() => {});
        kind = data = "";
      }
    }
  }
}

/** @param {any} data */
function refusal(data) {
  return new Refused(string(data && data.error && data.error.message));
}

/**
 * @param {string} text
 * @param {string} accept
 * @param {AbortSignal} [signal]
 */
function post(text, accept, signal) {
  return options({ method: "POST", body: text, signal, headers: { "Content-Type": "application/json", Accept: accept } });
}

/** @param {RequestInit} more @returns {RequestInit} */
function options(more) {
  more.credentials = "omit";
  more.referrerPolicy = "no-referrer";
  more.cache = "no-store";
  return more;
}

/** @param {Question} question */
function body({ message, history, region, locale }) {
  let turns = "";
  for (let i = 0; i < history.length; i++) turns += (i ? "," : "") + json({ role: history[i].role, content: history[i].content });
  return json({ message, region, locale }).replace(/\}$/, () => ',"history":[' + turns + "]}");
}

/**
 * JSON of an object of strings, empty ones left out. Written here because old libraries give arrays and objects a wrong `toJSON`.
 * @param {Record<string, string | undefined>} values
 */
function json(values) {
  let text = "";
  const keys = Object.keys(values);
  for (let i = 0; i < keys.length; i++) {
    const value = values[keys[i]];
    if (value) text += (text ? "," : "") + JSON.stringify(keys[i]) + ":" + JSON.stringify(value);
  }
  return "{" + text + "}";
}
