// A text field in the filter language offers what may come next: a combobox over the answers of /query/complete.
// Without this script it is a plain text field. Ctrl+Space asks again; Escape closes; Tab and Enter take the chosen one.
(() => {
  "use strict";

  const WAIT = 90;
  let number = 0;

  const made = (tag, name, text = "") => {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
  };

  function attach(field) {
    const id = `query-options-${++number}`;
    const host = made("div", "query-help");
    const list = made("ul", "query-options");
    const kept = field.closest("[data-query-field]");
    const told = (kept && kept.querySelector("[data-query-told]")) || made("div", "query-told");
    const state = { options: [], chosen: -1, asked: 0, timer: 0 };
    list.id = id;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.getAttribute("aria-label") || document.title);
    told.setAttribute("aria-live", "polite");
    const anchor = field.closest(".filter") || field;
    anchor.after(host);
    host.append(told, list); // what the server told of the query stands here from now on
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" })) {
      field.setAttribute(name, value);
    }

    function close() {
      list.hidden = true;
      state.chosen = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }

    function choose(place) {
      state.chosen = place;
      Array.from(list.children).forEach((entry, index) => entry.setAttribute("aria-selected", String(index === place)));
      const entry = list.children[place];
      if (entry) {
        field.setAttribute("aria-activedescendant", entry.id);
        entry.scrollIntoView({ block: "nearest" });
      }
    }

    function show(options) {
      state.options = options;
      list.replaceChildren(...options.map((option, index) => {
        const entry = made("li", `query-option query-option-${option.kind}`);
        entry.id = `${id}-${index}`;
        entry.setAttribute("role", "option");
        entry.setAttribute("aria-selected", "false");
        const text = made("code", "", option.text);
        text.dir = "auto";
        entry.append(text, made("span", "muted", option.title === option.text ? "" : option.title));
        return entry;
      }));
      list.hidden = options.length === 0;
      state.chosen = -1;
      field.removeAttribute("aria-activedescendant");
      field.setAttribute("aria-expanded", String(options.length > 0));
    }

    function tell(answer) {
      told.replaceChildren();
      field.toggleAttribute("aria-invalid", Boolean(answer.fault) && document.activeElement !== field);
      if (answer.fault && field.selectionStart < field.value.length) {
        const line = made("code", "query-line");
        line.dir = "ltr";
        line.append(answer.fault.before, made("mark", "", answer.fault.at || " "), answer.fault.after);
        told.append(line, made("span", "query-why", answer.fault.message));
      } else if (answer.fault) {
        told.append(made("span", "query-why", answer.fault.message));
      } else if (answer.sentence) {
        told.append(made("span", "query-sentence", answer.sentence));
      }
    }

    async function ask() {
      const turn = ++state.asked;
      const query = new URLSearchParams({ kind: field.dataset.query, text: field.value, at: String(field.selectionStart) });
      const answer = await fetch(`/query/complete?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (turn !== state.asked || !answer || !answer.ok || document.activeElement !== field) {
        return;
      }
      const found = await answer.json();
      show(found.options);
      tell(found);
    }

    function take(option) {
      const blank = /[\s(]$/.test(option.text) || field.value[option.end] === " " ? "" : " ";
      const text = option.text.endsWith("(") ? option.text : option.text + blank;
      field.setRangeText(text, option.start, option.end, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function later() {
      window.clearTimeout(state.timer);
      state.timer = window.setTimeout(ask, WAIT);
    }

    field.addEventListener("input", later);
    field.addEventListener("click", later);
    field.addEventListener("focus", later);
    field.addEventListener("blur", () => { window.clearTimeout(state.timer); close(); });
    field.addEventListener("keydown", (event) => {
      const count = state.options.length;
      if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        ask();
      } else if (list.hidden || !count) {
        return;
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(state.chosen < 0 && step < 0 ? count - 1 : (state.chosen + step + count) % count);
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (state.chosen >= 0 && (event.key === "Enter" || event.key === "Tab")) {
        event.preventDefault();
        event.stopPropagation();
        take(state.options[state.chosen]);
      }
    });
    list.addEventListener("mousedown", (event) => {
      const entry = event.target.closest("[role=option]");
      event.preventDefault();
      if (entry) {
        take(state.options[Array.from(list.children).indexOf(entry)]);
      }
    });
  }

  const attachIn = (part) => part.querySelectorAll("input[data-query]:not([role]), textarea[data-query]:not([role])").forEach(attach);

  // A form that is filled in is not left for the builder: it opens above it and gives the text back.
  function build(address, field) {
    const dialog = made("dialog", "sheet query-sheet");
    const shown = made("div", "");
    dialog.append(shown);
    dialog.setAttribute("aria-label", field.labels && field.labels[0] ? field.labels[0].textContent : "");
    shown.id = "query-sheet";
    shown.setAttribute("hx-boost", "true");
    shown.setAttribute("hx-push-url", "false");
    shown.setAttribute("hx-target", "this");
    shown.setAttribute("hx-select", "#query-build");
    shown.addEventListener("click", (event) => {
      const use = event.target.closest("[data-query-use]");
      if (use) {
        event.preventDefault();
        event.stopPropagation();
        field.value = shown.querySelector("[data-query]").value;
        dialog.close();
        field.focus();
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }, true);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    window.htmx.process(shown);
    window.htmx.ajax("GET", address, { source: shown, target: shown, select: "#query-build" });
    dialog.showModal();
  }

  // The way to the form that builds a query carries what is written now.
  document.addEventListener("click", (event) => {
    const way = event.target.closest("a[data-query-builder]");
    const form = way && way.closest("form");
    const field = form && (way.closest("[data-query-field]") || form).querySelector("[data-query]");
    if (!field) {
      return;
    }
    const address = new URL(way.href);
    address.searchParams.set("q", field.value);
    if (form.method === "post") {
      event.preventDefault();
      build(address.pathname + address.search, field);
    } else {
      way.href = address.href;
    }
  });
  document.addEventListener("htmx:load", (event) => attachIn(event.target));
  attachIn(document);
})();
