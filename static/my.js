// The owners' pages work without any of this.
"use strict";

// 复制: the text of an element, told to the reader.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).innerText.trim();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "已复制";
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      button.textContent = "请长按选中的文字复制";
    }
  });
}

// A form is sent once, however often it is tapped; a download leaves the page where it is.
for (const form of document.querySelectorAll("form[method=post]:not([data-again])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button[data-wait]")) button.textContent = button.dataset.wait;
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// 重新获取: how long until another code may be asked for.
for (const button of document.querySelectorAll("button[data-seconds]")) {
  const label = button.textContent;
  let left = Number(button.dataset.seconds);
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label}（${left} 秒后）` : label;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}
