// What pages do beyond HTML: keys, live clocks, drafts, notices. Everything works without it.
(() => {
  "use strict";

  const root = document.documentElement;
  const all = (selector, scope = document) => Array.from(scope.querySelectorAll(selector));

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  });

  // An answer that refuses (422 with the form in it) is shown like any other; errors go to the notices.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 422 || event.detail.xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:sendError", () => notice(document.body.dataset.offline || "The server does not answer."));

  function notice(text) {
    const item = document.createElement("div");
    item.className = "notice notice-error";
    item.textContent = text;
    document.getElementById("notices").append(item);
    window.setTimeout(() => item.remove(), 8000);
  }
  window.setTimeout(() => all("#notices [data-notice]").forEach((item) => item.remove()), 8000);

  // Time left counts down by itself.
  const digits = (text) => (root.lang === "fa" ? text.replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]) : text);
  function clock(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / 60000);
    if (minutes >= 48 * 60) {
      return digits(`${Math.floor(minutes / 1440)} d`);
    }
    return digits(`${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`);
  }
  function tick() {
    const now = Date.now();
    for (const item of all("[data-due]")) {
      const due = Date.parse(item.dataset.due);
      const from = Date.parse(item.dataset.from);
      const share = Math.min(100, Math.max(0, (100 * (now - from)) / Math.max(1, due - from)));
      const text = item.querySelector(".due-text");
      const shown = `${clock(due - now)} ${due < now ? item.dataset.late : item.dataset.left}`;
      if (text.textContent !== shown) {
        text.textContent = shown;
        text.title = item.dataset.due;
      }
      item.classList.toggle("due-late", due < now);
      item.classList.toggle("due-soon", due >= now && share >= 75);
      item.classList.toggle("due-last", due >= now && share >= 90);
      item.querySelector("progress").value = share;
    }
  }
  tick();
  window.setInterval(tick, 15000);
  document.addEventListener("htmx:afterSwap", () => { tick(); mark(selected); });

  // Keys: a letter clicks or focuses whatever carries it.
  let selected = -1;
  const rows = () => all("[data-row]");
  function mark(index) {
    const list = rows();
    list.forEach((row) => row.classList.remove("selected"));
    if (index >= 0 && list.length) {
      selected = Math.min(index, list.length - 1);
      list[selected].classList.add("selected");
      list[selected].scrollIntoView({ block: "nearest" });
    }
  }
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const openRow = () => rows()[selected]?.querySelector("a")?.click();

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("form") || document.querySelector("form[data-ctrl-enter]");
      if (form && form.method === "post") {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.key === "Escape") {
      if (typing(event.target)) {
        event.target.blur();
      }
      all("details[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) {
      return;
    }
    const actions = {
      j: () => mark(selected + 1),
      k: () => mark(Math.max(0, selected - 1)),
      o: openRow,
      "?": () => document.getElementById("keys").showModal(),
      a: () => takeRow(),
    };
    if (event.key === "Enter" && selected >= 0 && !event.target.closest("a, button, summary")) {
      openRow();
      return;
    }
    const carrier = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (carrier) {
      event.preventDefault();
      carrier.matches("input, textarea") ? carrier.focus() : carrier.click();
    } else if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  function takeRow() {
    const row = rows()[selected];
    if (row) {
      window.htmx.ajax("POST", `/tickets/${row.dataset.id}/take`, { swap: "none" }).then(() => {
        const queue = document.querySelector("[data-queue]");
        window.htmx.ajax("GET", queue.getAttribute("hx-get"), { target: "#queue" });
      });
    }
  }

  document.addEventListener("click", (event) => {
    for (const menu of all("details[data-menu][open]")) {
      if (!menu.contains(event.target)) {
        menu.removeAttribute("open");
      }
    }
    if (event.target.closest("[data-open-keys]")) {
      document.getElementById("keys").showModal();
    }
    const solution = event.target.closest("[data-use-solution]");
    if (solution) {
      const target = document.querySelector("textarea[name=resolution]");
      if (target) {
        target.closest("details")?.setAttribute("open", "");
        target.value = solution.dataset.useSolution;
        target.focus();
      }
    }
    if (event.target.closest("[data-print]")) {
      window.print();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) {
      event.target.form.requestSubmit();
    }
    if (event.target.matches("[data-file-names]")) {
      const names = Array.from(event.target.files, (file) => file.name).join(", ");
      event.target.parentElement.querySelector("span").textContent = names;
    }
  });

  // Picking from a list of people: arrows move, Enter chooses.
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-pick-list]");
    if (!field || !["ArrowDown", "Enter"].includes(event.key)) {
      return;
    }
    const first = document.querySelector(`${field.dataset.pickList} .pick`);
    if (first) {
      event.preventDefault();
      event.key === "Enter" ? first.click() : first.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const pick = event.target.closest(".pick");
    if (pick && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      (event.key === "ArrowDown" ? pick.nextElementSibling : pick.previousElementSibling)?.focus();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "caller") {
      document.getElementById("f-title")?.focus();
    }
  });

  // Drafts: what was typed into a reply survives a reload or a crash of the page.
  for (const field of all("[data-draft]")) {
    const key = `draft:${field.dataset.draft}`;
    try {
      field.value = field.value || window.localStorage.getItem(key) || "";
      field.addEventListener("input", () => window.localStorage.setItem(key, field.value));
      field.form.addEventListener("submit", () => window.localStorage.removeItem(key));
    } catch {
      // Storage may be switched off; the page then keeps no drafts.
    }
  }
})();
