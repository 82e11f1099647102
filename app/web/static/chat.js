// The plain chat page: a question by fetch, server-sent events back, text only. The conversation lives in this page and nowhere else.
const log = document.getElementById("log");
const form = document.getElementById("ask");
const box = document.getElementById("message");
const button = form.querySelector("button");
const history = [];
const OFFLINE = "The answer did not arrive. Your question is still in the box: please try again. If you may be in danger, call your local emergency number.";

form.hidden = false;
document.getElementById("unscripted").hidden = true;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const message = box.value.trim();
  if (message && !button.disabled) ask(message);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

async function ask(message) {
  button.disabled = true;
  box.value = "";
  const asked = say("you", "You", message);
  const turn = say("tool", "Automated answer");
  asked.scrollIntoView({ block: "start" });
  log.setAttribute("aria-busy", "true");
  try {
    const reply = await stream(message, turn);
    finish(turn, reply);
    history.push({ role: "user", content: message }, { role: "assistant", content: reply.text });
  } catch (error) {
    turn.append(element("p", error.plain ?? OFFLINE, "notice"));
    box.value = message;
  } finally {
    log.setAttribute("aria-busy", "false");
    button.disabled = false;
    if (turn.classList.contains("crisis")) turn.focus();
    else box.focus({ preventScroll: true });
  }
}

async function stream(message, turn) {
  const response = await fetch("/v1/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ message, history: recent() }),
    referrerPolicy: "no-referrer",
  });
  if (!response.ok) throw refused(await response.json());
  const citations = new Map();
  for await (const [kind, data] of events(response.body)) {
    if (kind === "citation") citations.set(data.n, data);
    if (kind === "block" || kind === "notice") turn.append(block(data, citations));
    if (kind === "error") throw refused(data);
    if (kind === "done") return data;
  }
  throw new Error("cut short");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const kind = /^event: (.*)$/m.exec(part)?.[1];
      const data = [...part.matchAll(/^data: (.*)$/gm)].map((line) => line[1]).join("\n");
      if (kind) yield [kind, JSON.parse(data)];
    }
  }
}

function refused(data) {
  return Object.assign(new Error("refused"), { plain: data?.error?.message });
}

// As much of the conversation as the server takes, the newest first kept.
function recent() {
  const turns = history.slice(-Number(form.dataset.turns));
  let room = Number(form.dataset.chars);
  const kept = turns.reverse().filter((turn) => (room -= turn.content.length) >= 0);
  return kept.reverse();
}

function say(who, name, text) {
  const turn = element("section", "", `turn ${who}`);
  turn.append(element("h2", name, "who"));
  if (text) turn.append(element("p", text));
  log.append(turn);
  return turn;
}

function finish(turn, reply) {
  if (reply.status === "crisis") {
    turn.classList.add("crisis");
    turn.setAttribute("role", "alert");
    turn.tabIndex = -1;
  }
  if (reply.citations.length) turn.append(sources(reply.citations));
  const offered = element("p", "", "suggestions");
  for (const suggestion of reply.suggestions) {
    const choice = element("button", suggestion);
    choice.type = "button";
    choice.addEventListener("click", () => { if (!button.disabled) ask(suggestion); });
    offered.append(choice);
  }
  if (reply.suggestions.length) turn.append(offered);
}

function sources(citations) {
  const list = element("ol", "", "quotes");
  for (const citation of citations) {
    const line = element("li");
    line.value = citation.n;
    const review = citation.reviewed_by ? `reviewed by ${citation.reviewed_by} on ${citation.reviewed_on}` : "not yet reviewed by a clinician";
    line.append(link(citation.title, citation.url), element("span", ` · ${review}`));
    list.append(line);
  }
  const details = element("details");
  details.append(element("summary", citations.length === 1 ? "1 source" : `${citations.length} sources`), list);
  return details;
}

function block(data, citations) {
  const whole = element("div", "", `block ${/^[a-z_]+$/.test(data.type) ? data.type : ""}`);
  if (data.items?.length) {
    const list = element("ul");
    for (const item of data.items) list.append(filled(element("li"), item, citations));
    whole.append(list);
    if (data.links?.length) whole.append(actions(data.links));
  } else {
    whole.append(filled(element(data.type === "heading" ? "h3" : "p"), data, citations));
  }
  return whole;
}

function filled(target, part, citations) {
  target.append(part.text);
  for (const n of part.citations ?? []) {
    const citation = citations.get(n);
    if (!citation) continue;
    const mark = link(`${n}`, citation.url, `Source ${n}: ${citation.title}, opens in a new tab`);
    mark.className = "cite";
    target.append(" ", mark);
  }
  if (part.links?.length) target.append(actions(part.links));
  return target;
}

function actions(links) {
  const row = element("span", "", "actions");
  for (const { label, href } of links) {
    const action = link(label, href);
    action.classList.add("button");
    row.append(action);
  }
  return row;
}

function link(text, href, label) {
  const safe = /^(\/(?!\/)|https:\/\/|tel:|sms:)/.test(href);
  const made = element(safe ? "a" : "span", text);
  if (!safe) return made;
  made.href = href;
  if (!/^(tel|sms):/.test(href)) Object.assign(made, { target: "_blank", rel: "noopener noreferrer" });
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
