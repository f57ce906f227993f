// Keyboard for the workbench: / search, J and K next and previous, A approve, R return. Letters typed into a field stay letters.
"use strict";

const KEYS = { "/": "#search", j: "[data-key=j]", k: "[data-key=k]", a: "[data-key=a]", r: "[data-key=r]", c: "[data-key=c]" };

function typing(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function closeHits() {
  document.querySelector("#found")?.replaceChildren();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest(".search")) closeHits();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat) return; // a key held down approves one record, not the next one too
  if (event.key === "Escape") {
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    closeHits();
    document.activeElement.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return; // what lies behind it waits
  const selector = KEYS[event.key.toLowerCase()];
  const target = selector && !typing(event.target) && document.querySelector(selector);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea")) target.focus();
  else target.click();
});

// The menu is open beside the page and closed above it.
const menu = document.querySelector(".menu");
if (menu && window.matchMedia("(max-width: 760px)").matches) menu.removeAttribute("open");

// A button names the dialog that it opens; without script the dialog's form stands on a page of its own.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (!opener) return;
  event.preventDefault();
  document.getElementById(opener.dataset.dialog).showModal();
});

document.addEventListener("submit", (event) => {
  const sentence = event.target.dataset.confirm;
  if (sentence && !window.confirm(sentence)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("click", (event) => {
  const source = event.target.closest("[data-copy]");
  if (!source) return;
  const text = document.getElementById(source.dataset.copy).innerText;
  navigator.clipboard.writeText(text).then(() => { source.textContent = "已复制"; });
});
