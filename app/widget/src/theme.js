// Colours that can be read, whatever a clinic chose: checked when the widget opens and when the scheme changes.

import { drop, make, put } from "./dom.js";

const ENOUGH = 4.5; // WCAG 2.2, 1.4.3, level AA
const OURS = "#ffffff#20292c#1b5f5a #1b2224#e6e8e3#8fd0c6 "; // paper, ink and accent of widget.css: checked when it is built

/** @typedef {[number, number, number]} Colour red, green, blue from 0 to 255 */

/**
 * Puts right what can't be read: words on the accent, accent words on the paper, ink on the paper.
 * @param {HTMLElement} root
 */
export function readable(root) {
  const style = root.style, now = getComputedStyle(root);
  style.removeProperty("--ink");
  style.removeProperty("--on");
  style.removeProperty("--words");
  if (OURS.indexOf(now.getPropertyValue("--p") + now.getPropertyValue("--i") + now.getPropertyValue("--a") + " ") >= 0) return;
  const probe = make("span");
  probe.hidden = true;
  put(root, probe);
  check(style, probe);
  drop(probe);
}

/** @param {CSSStyleDeclaration} style @param {HTMLElement} probe an element inside the root, not seen */
function check(style, probe) {
  const paper = resolved(probe, "var(--p)"), ink = resolved(probe, "var(--i)"), accent = resolved(probe, "var(--a)");
  if (contrast(ink, paper) < ENOUGH) style.setProperty("--ink", css(strongest(paper)));
  if (contrast(resolved(probe, "var(--on)"), accent) < ENOUGH) style.setProperty("--on", css(strongest(accent)));
  // Accent words also stand on the tint, which is nearer to the accent than the paper is.
  const tint = mix(accent, paper, 0.09), towards = strongest(paper);
  let words = accent;
  for (let share = 0; share <= 1 && contrast(words, tint) < ENOUGH; share += 0.1) words = mix(towards, accent, share);
  if (words !== accent) style.setProperty("--words", css(words));
}

/**
 * A colour as the browser paints it; of no numbers when it can't be told, and then no contrast is too low.
 * @param {HTMLElement} probe
 * @param {string} value
 * @returns {Colour}
 */
function resolved(probe, value) {
  probe.style.setProperty("color", "color-mix(in srgb, " + value + ", " + value + ")"); // so that oklch and the rest come out as srgb
  const found = /^color\(srgb ([-\d.e]+) ([-\d.e]+) ([-\d.e]+)/.exec(getComputedStyle(probe).color) || [];
  return [+found[1] * 255, +found[2] * 255, +found[3] * 255];
}

/** @param {Colour} colour */
function luminance(colour) {
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const part = colour[i] / 255;
    sum += (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4) * (i === 1 ? 0.7152 : i ? 0.0722 : 0.2126);
  }
  return sum;
}

/** The WCAG contrast ratio of two colours, 1 to 21. @param {Colour} one @param {Colour} other */
function contrast(one, other) {
  const a = luminance(one) + 0.05, b = luminance(other) + 0.05;
  return a > b ? a / b : b / a;
}

/** Black or white, whichever is easier to read on a colour. @param {Colour} on @returns {Colour} */
function strongest(on) {
  return luminance(on) > 0.179 ? [0, 0, 0] : [255, 255, 255];
}

/** @param {Colour} one @param {Colour} other @param {number} share of the first @returns {Colour} */
function mix(one, other, share) {
  /** @param {number} i */
  const part = (i) => Math.round(one[i] * share + other[i] * (1 - share));
  return [part(0), part(1), part(2)];
}

/** @param {Colour} colour */
function css(colour) {
  return "rgb(" + colour[0] + " " + colour[1] + " " + colour[2] + ")";
}
