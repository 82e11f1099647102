// The one script of the reading pages. Everything works without it.
"use strict";

// A citation opens in a tab of its own: going back means closing it, so that the conversation in the first tab is not lost.
for (const link of document.querySelectorAll("a[data-back]")) {
  link.addEventListener("click", () => {
    if (history.length === 1 && location.search !== "") {
      window.close(); // ignored where the browser forbids it; the link then leads to the chat
    }
  });
}

// Beside the text there is room for the list of contents; on a phone it opens when it is asked for.
const contents = document.querySelector(".contents details");
const beside = matchMedia("(min-width: 68rem)"); // as in site.css
if (contents) {
  const fit = () => { contents.open = beside.matches; };
  beside.addEventListener("change", fit);
  fit();
}

// An address that lost its #cited on the way still opens at the quote.
if (location.hash === "") {
  document.getElementById("cited")?.scrollIntoView({ block: "center" });
}
