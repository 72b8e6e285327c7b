// Keys: whatever carries `data-key` is clicked, focused or done by that key. A key of two parts ("g d") is two keys in turn.
// `data-action` names what a carrier does with rows; `data-needs` is what must be on the page. The sheet of keys (`?`) is
// made from the carriers, so that it is always true.
(() => {
  "use strict";

  const all = (selector, scope = document) => Array.from(scope.querySelectorAll(selector));
  const rows = () => all("[data-row]");
  const PAUSE = 1500;
  let selected = -1;
  let first = "";

  function mark(index) {
    const list = rows();
    list.forEach((row) => row.classList.remove("selected"));
    if (index >= 0 && list.length) {
      selected = Math.min(index, list.length - 1);
      list[selected].classList.add("selected");
      list[selected].scrollIntoView({ block: "nearest" });
      if (list[selected].matches("[data-card]")) {
        list[selected].focus({ preventScroll: true });
      }
    }
  }
  function mend(event) {
    const id = event.detail && event.detail.selected;
    const place = id ? rows().findIndex((row) => row.dataset.id === id) : selected;
    mark(place);
  }
  document.addEventListener("htmx:afterSwap", mend);
  document.addEventListener("itsm:shown", mend);

  const current = () => rows()[selected];
  const actions = {
    next: () => mark(selected + 1),
    previous: () => mark(Math.max(0, selected - 1)),
    open: () => current()?.querySelector("a")?.click(),
    tick: () => current()?.querySelector("input[type=checkbox]")?.click(),
    take: () => current()?.dataset.id && take(current().dataset.id),
    moves: () => {
      const menu = current()?.querySelector("[data-moves]");
      if (menu) {
        menu.open = true;
        menu.querySelector(".menu-item")?.focus();
      }
    },
  };

  function take(id) {
    window.htmx.ajax("POST", `/tickets/${id}/take`, { swap: "none" }).then(() => {
      document.dispatchEvent(new CustomEvent("itsm:stale"));
    });
  }

  const carriers = () => all("[data-key]").filter((item) => !item.dataset.needs || document.querySelector(item.dataset.needs));
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const fits = (item, key) => item.dataset.key === key || item.dataset.also === key;

  function use(item) {
    if (item.dataset.action) {
      actions[item.dataset.action]();
    } else if (item.matches("input, textarea")) {
      item.focus();
    } else {
      item.click();
    }
  }

  function send(event) {
    const form = event.target.closest("form") || document.querySelector("form[data-ctrl-enter]");
    if (form && form.method === "post") {
      event.preventDefault();
      form.requestSubmit();
    }
  }

  function leave(target) {
    if (typing(target)) {
      target.blur();
    }
    all("details[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      send(event);
    } else if (event.key === "Escape") {
      leave(event.target);
    } else if (!(event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]"))) {
      press(event);
    }
  });

  function press(event) {
    if (event.key === "Enter" && (selected < 0 || event.target.closest("a, button, summary"))) {
      return;
    }
    const known = carriers();
    const wanted = first ? `${first} ${event.key}` : event.key;
    first = "";
    const item = known.find((each) => fits(each, wanted));
    if (item) {
      event.preventDefault();
      use(item);
    } else if (known.some((each) => each.dataset.key.startsWith(`${event.key} `))) {
      first = event.key;
      window.setTimeout(() => { first = ""; }, PAUSE);
    }
  }

  // Arrows move inside an open menu.
  document.addEventListener("keydown", (event) => {
    const item = event.target.closest(".menu-item");
    if (item && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      const items = all(".menu-item", item.closest(".menu-body"));
      const step = event.key === "ArrowDown" ? 1 : items.length - 1;
      items[(items.indexOf(item) + step) % items.length].focus();
    }
  });

  function words(item) {
    const label = item.dataset.keyTitle || item.getAttribute("aria-label") || item.getAttribute("placeholder") || item.title;
    if (label) {
      return label;
    }
    const copy = item.cloneNode(true);
    all("kbd, svg", copy).forEach((part) => part.remove());
    return copy.textContent.trim();
  }

  function showKeys() {
    const sheet = document.getElementById("keys");
    const list = sheet.querySelector("dl");
    list.replaceChildren();
    const seen = new Set();
    for (const item of carriers()) {
      const keys = [item.dataset.key, item.dataset.also].filter(Boolean);
      if (seen.has(keys[0])) {
        continue;
      }
      seen.add(keys[0]);
      const term = document.createElement("dt");
      for (const part of keys.flatMap((key) => key.split(" "))) {
        const cap = document.createElement("kbd");
        cap.textContent = part.length === 1 ? part.toUpperCase() : part;
        term.append(cap, " ");
      }
      const text = document.createElement("dd");
      text.textContent = words(item);
      list.append(term, text);
    }
    sheet.showModal();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-keys]")) {
      showKeys();
    }
  });
})();
