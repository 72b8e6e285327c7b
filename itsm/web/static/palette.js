// The command palette: Ctrl+K opens it, arrows choose, Enter goes or does. The server finds; here is only the list's handling.
(() => {
  "use strict";

  const dialog = document.getElementById("palette");
  if (!dialog) {
    return;
  }
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const entries = () => Array.from(list.querySelectorAll("[role=option]"));
  const WAIT = 120;
  let timer = 0;
  let asked = 0;

  function choose(place) {
    const found = entries();
    found.forEach((entry, index) => entry.setAttribute("aria-selected", String(index === place)));
    const entry = found[place];
    if (entry) {
      field.setAttribute("aria-activedescendant", entry.id);
      entry.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }
  const chosen = () => entries().findIndex((entry) => entry.getAttribute("aria-selected") === "true");

  async function find() {
    const turn = ++asked;
    const here = window.location.pathname + window.location.search;
    const query = new URLSearchParams({ q: field.value, at: here });
    const answer = await fetch(`/palette?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== asked || !answer || !answer.ok) {
      return;
    }
    window.htmx.swap(list, await answer.text(), { swapStyle: "innerHTML" });
    entries().forEach((entry, index) => { entry.id = `palette-entry-${index}`; });
    choose(0);
  }

  function use(entry) {
    if (!entry) {
      return;
    }
    if (entry.dataset.open) {
      dialog.close();
      window.location.assign(entry.dataset.open);
      return;
    }
    const form = dialog.querySelector("form[data-do]");
    form.action = entry.dataset.post;
    form.submit();
  }

  function open() {
    field.value = "";
    list.replaceChildren();
    dialog.showModal();
    field.focus();
    find();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      dialog.open ? dialog.close() : open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) {
      open();
    } else if (event.target === dialog) {
      dialog.close();
    }
  });
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(find, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    const count = entries().length;
    if (["ArrowDown", "ArrowUp"].includes(event.key) && count) {
      event.preventDefault();
      choose((chosen() + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      use(entries()[Math.max(0, chosen())]);
    }
  });
  list.addEventListener("click", (event) => use(event.target.closest("[role=option]")));
})();
