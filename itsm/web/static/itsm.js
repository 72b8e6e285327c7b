// What pages do beyond HTML: live clocks, drafts, notices. Everything works without it.
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
  // What can be taken back stays longer, and as long as somebody is on it.
  window.setTimeout(() => all('#notices [data-notice=""]').forEach((item) => item.remove()), 8000);
  window.setTimeout(() => all('#notices [data-notice="stay"]:not(:focus-within)').forEach((item) => item.remove()), 60000);

  // Time left counts down by itself.
  const digits = (text) => (root.lang === "fa" ? text.replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]) : text);
  const days = new Intl.NumberFormat(root.lang, { style: "unit", unit: "day", unitDisplay: "short" });
  function clock(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / 60000);
    if (minutes >= 48 * 60) {
      return days.format(Math.floor(minutes / 1440));
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
      const shown = `${clock(due - now)} ${due < now ? document.body.dataset.late : document.body.dataset.left}`;
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
  for (const name of ["htmx:afterSwap", "itsm:shown"]) {
    document.addEventListener(name, tick);
  }

  document.addEventListener("click", (event) => {
    for (const menu of all("details[data-menu][open]")) {
      if (!menu.contains(event.target)) {
        menu.removeAttribute("open");
      }
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
      window.htmx?.process(first); // shown some milliseconds before it answers to clicks: a quick hand waits for nothing
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
    if (event.detail.target?.id === "caller") {
      document.getElementById("f-title")?.focus();
    }
  });

  // Drafts: what was typed into a reply survives a reload, a crash and an ended session. The browser's copy stays until the
  // server has the text: as a draft (`draft:kept`), or sent, which is known when the next page is not the one to sign in.
  const joined = (there, here) => (there.includes(here) ? there : here.includes(there) ? here : `${there}\n\n${here}`);
  function keepDraft(field) {
    const key = `draft:${field.dataset.draft}`;
    if (window.sessionStorage.getItem("draft:sent") === key) {
      window.localStorage.removeItem(key);
    }
    field.value = joined(field.value, window.localStorage.getItem(key) || "");
    field.addEventListener("input", () => window.localStorage.setItem(key, field.value));
    field.addEventListener("draft:kept", () => window.localStorage.removeItem(key));
    field.form.addEventListener("submit", () => {
      window.localStorage.setItem(key, field.value);
      window.sessionStorage.setItem("draft:sent", key);
    });
  }
  try {
    all("[data-draft]").forEach(keepDraft);
    window.sessionStorage.removeItem("draft:sent");
  } catch {
    // Storage may be switched off; the browser then keeps no copies.
  }

  // An address that ends in a step opens its form.
  function openNamed() {
    const named = window.location.hash.length > 1 && document.getElementById(window.location.hash.slice(1));
    if (named && named.matches("details")) {
      named.open = true;
      named.querySelector("select, textarea, input:not([type=hidden])")?.focus();
    }
  }
  openNamed();
  window.addEventListener("hashchange", openNamed);
})();
