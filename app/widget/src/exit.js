// Leaving at once, as GOV.UK's "Exit this page" does it: a button, or Shift three times. Escape is not used, since it stops a page that loads.

const WITHIN = 5000; // milliseconds from one press to the next

/**
 * Blanks the page, forgets the conversation, and goes; coming back by the back button shows the page as it was, without the conversation.
 * @param {string} address
 * @param {() => void} forget
 */
export function leave(address, forget) {
  const page = document.documentElement.style, title = document.title;
  page.setProperty("display", "none", "important");
  document.title = "…";
  forget();
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return; // the page's own start, when someone leaves before it has loaded
    page.removeProperty("display");
    document.title = title;
  });
  location.replace(address);
}

/**
 * Counts presses of Shift alone while `active()`; the third leaves, the first two say how many are left.
 * @param {() => boolean} active
 * @param {(left: number) => void} pressed
 */
export function onShiftThrice(active, pressed) {
  let presses = 0, alone = false, timer = 0;
  const forget = () => { presses = 0; };
  /** @param {KeyboardEvent} event */
  const down = (event) => {
    if (event.key !== "Shift") presses = 0;
    alone = event.key === "Shift" && !event.ctrlKey && !event.altKey && !event.metaKey;
  };
  /** @param {KeyboardEvent} event */
  const up = (event) => {
    if (event.key !== "Shift" || !alone || !active()) return;
    alone = false;
    clearTimeout(timer);
    timer = setTimeout(forget, WITHIN);
    pressed(3 - ++presses);
    if (presses === 3) presses = 0;
  };
  addEventListener("keydown", down, true);
  addEventListener("keyup", up, true);
}
