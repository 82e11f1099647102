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

// An address that lost its #cited on the way still opens at the quote.
if (location.hash === "") {
  document.getElementById("cited")?.scrollIntoView({ block: "center" });
}
