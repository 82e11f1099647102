// Small DOM words. Only long-standing methods of nodes are used: sites redefine the newer ones, and those of arrays.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with text, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * Appends children in order; returns the parent.
 * @template {Node} N
 * @param {N} parent
 * @param {...(Node | null)} children
 * @returns {N}
 */
export function put(parent, ...children) {
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    if (child) parent.appendChild(child);
  }
  return parent;
}

/** @param {Node | null | undefined} node */
export function drop(node) {
  if (node && node.parentNode) node.parentNode.removeChild(node);
}

/** @param {Node} node */
export function empty(node) {
  while (node.lastChild) node.removeChild(node.lastChild);
}

/**
 * Sets an attribute; returns the element.
 * @template {Element} E
 * @param {E} element
 * @param {string} name
 * @param {unknown} value
 */
export function set(element, name, value) {
  element.setAttribute(name, "" + value);
  return element;
}

/**
 * A button with words, or with an icon and a name.
 * @param {string} className
 * @param {string} text
 * @param {() => void} act
 * @param {string} [path] an icon to show in place of the words, which become its name
 */
export function button(className, text, act, path) {
  const made = make("button", className, path ? "" : text);
  if (path) {
    set(made, "aria-label", text);
    made.title = text;
    put(made, icon(path));
  }
  made.addEventListener("click", act);
  return made;
}

/**
 * A picture drawn in the colour of the text.
 * @param {string} path
 */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, "viewBox", "0 0 24 24");
  set(svg, "aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  set(line, "d", path);
  return put(svg, line);
}

/**
 * A link, or plain words when the address is not of a kind we follow.
 * @param {string} className
 * @param {unknown} text
 * @param {unknown} href
 * @param {string} base addresses that start with a slash belong to this origin
 */
export function link(className, text, href, base) {
  const safe = address(string(href), base);
  if (!safe) return make("span", "", string(text));
  const made = make("a", className, string(text));
  made.href = safe;
  if (/^http/.test(safe)) {
    made.target = "_blank";
    made.rel = "noopener noreferrer";
  }
  return made;
}

/**
 * The address to follow, or "": telephone, text message, e-mail, https, or a path on our own server.
 * @param {string} href
 * @param {string} base
 */
export function address(href, base) {
  if (/^(tel|sms):[+\d][\d*#,;-]*(\?&?body=[\w%]*)?$/.test(href) || /^mailto:[^\s<>"?]+$/.test(href)) return href;
  if (/^\/(?![/\\])/.test(href)) return base + href;
  return /^https:\/\/[a-z\d.-]+(:\d+)?([/?#]|$)/i.test(href) ? href : "";
}

/** Text from the wire, whatever came. @param {unknown} value */
export function string(value) {
  return typeof value === "string" ? value : "";
}

/** A list from the wire, whatever came. @param {any} value @returns {ArrayLike<any>} */
export function list(value) {
  return value && typeof value === "object" && value.length > 0 && value.length < 1000 ? value : { length: 0 };
}

/**
 * Fills {names} in a sentence.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => "" + values[name]);
}
