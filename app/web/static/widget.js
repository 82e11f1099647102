// A plain stand-in until the widget is built: a link to the chat page in the corner. No style attribute, no third party.
(() => {
  "use strict";
  const script = document.currentScript;
  const link = document.createElement("a");
  link.href = new URL("/chat", script.src).href;
  link.textContent = "Ask a question";
  const look = {
    position: "fixed", insetBlockEnd: "1rem", insetInlineEnd: "1rem", padding: "0.75rem 1.1rem", borderRadius: "2rem",
    background: "#1f5f5b", color: "#ffffff", font: "600 1rem/1.2 system-ui, sans-serif", textDecoration: "none", zIndex: "2147483000",
  };
  Object.assign(link.style, look);
  const box = document.createElement("aside");
  box.setAttribute("aria-label", "Chat");
  box.append(link);
  document.body.append(box);
})();
