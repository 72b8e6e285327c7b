// Logging a call: proposals taken with a click, an unfinished call kept, first-contact solutions by one key.
(() => {
  "use strict";

  const form = document.getElementById("call");
  if (!form) {
    return;
  }
  const all = (selector) => Array.from(form.querySelectorAll(selector));
  const key = `call:${form.dataset.callDraft}`;
  const field = (name) => form.querySelector(`#f-${CSS.escape(name)}`);

  function put(name, value) {
    const input = field(name);
    if (!input) {
      return null;
    }
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return input;
  }

  // Advice follows what is typed. Plain fetches, because one that is given up for a newer one or for saving is no error.
  const advice = document.getElementById("advice");
  const asked = ["title", "requester_id", "category", "group", "impact", "urgency", "ci", "ci_name", "declined"];
  let waiting = 0;
  let asking = new AbortController();
  function adviseSoon(milliseconds) {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(advise, milliseconds);
  }
  async function advise() {
    asking.abort();
    asking = new AbortController();
    const typed = Array.from(new FormData(form)).filter(([name, value]) => asked.includes(name) && value);
    try {
      const answer = await fetch(`${advice.dataset.advice}?${new URLSearchParams(typed)}`, { signal: asking.signal });
      if (answer.ok) {
        window.htmx.swap(advice, await answer.text(), { swapStyle: "innerHTML" }, { eventInfo: { target: advice } });
      }
    } catch {
      // Given up, or the server is away: the form works without advice.
    }
  }
  form.addEventListener("input", (event) => event.target.name === "title" && adviseSoon(250));
  form.addEventListener("change", () => adviseSoon(60));

  // Proposals.
  const take = (button) => put(button.dataset.propose, button.dataset.value);
  const takeAll = () => all("[data-propose]").map(take);
  function decline(name) {
    const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "declined", value: name });
    const place = document.getElementById("declined");
    place.append(mark);
    place.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Solved on the phone: the first press asks how, the second saves.
  const resolution = () => form.querySelector("[name=resolution]");
  function askHow() {
    document.getElementById("call-solved").open = true;
    resolution().focus();
  }

  // Somebody who is not known yet: what was typed goes where it belongs.
  function recordNew(words) {
    const place = words.includes("@") ? "caller_email" : /\d{3}/.test(words) ? "caller_phone" : "caller_name";
    document.getElementById("new-caller").open = true;
    put(place, words);
    field("caller").value = "";
    document.getElementById("callers").replaceChildren();
    field(place === "caller_name" ? "caller_phone" : "caller_name").focus();
  }

  form.addEventListener("click", (event) => {
    const near = (selector) => event.target.closest(selector);
    const proposal = near("[data-propose]");
    if (proposal) {
      take(proposal)?.focus();
    } else if (near("[data-propose-all]")) {
      takeAll();
    } else if (near("[data-decline]")) {
      decline(near("[data-decline]").dataset.decline);
    } else if (near("[data-call-new]")) {
      recordNew(near("[data-call-new]").dataset.callNew);
    } else if (near("[data-call-forget]")) {
      forget();
      window.location.assign(form.action);
    } else if (near("[data-call-resolve]") && !resolution().value.trim()) {
      event.preventDefault();
      askHow();
    } else if (near("[data-code]")) {
      form.querySelector("[name=resolution_code]").value = near("[data-code]").dataset.code;
    }
  });

  document.addEventListener(
    "keydown",
    (event) => {
      if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key === "Enter") {
        event.preventDefault();
        event.stopImmediatePropagation();
        form.querySelector("[data-call-resolve]").click();
      } else if (event.altKey && event.code === "KeyP") {
        event.preventDefault();
        takeAll();
      }
    },
    true,
  );

  // An unfinished call survives a reload, a crash or another page.
  const kept = () => all("input[name], textarea[name], select[name]").filter((item) => !["csrf_token", "files"].includes(item.name));
  function remember() {
    const values = kept()
      .filter((item) => !["checkbox", "radio"].includes(item.type) || item.checked)
      .map((item) => [item.name, item.value])
      .filter(([name, value]) => value && name !== "channel");
    try {
      values.length ? window.localStorage.setItem(key, JSON.stringify(values)) : forget();
    } catch {
      // Storage may be switched off; the page then keeps no drafts.
    }
  }
  function forget() {
    window.localStorage.removeItem(key);
  }
  function recalled() {
    try {
      return JSON.parse(window.localStorage.getItem(key) || "[]");
    } catch {
      return [];
    }
  }
  function fill(values) {
    for (const [name, value] of values) {
      const input = all(`[name="${CSS.escape(name)}"]`).find((item) => item.type !== "checkbox" || item.value === value);
      if (input && input.type === "checkbox") {
        input.checked = true;
      } else if (input && !["hidden", "submit", "radio"].includes(input.type)) {
        input.value = value;
      }
    }
    all("details").forEach((part) => {
      part.open = part.open || Array.from(part.querySelectorAll("textarea, input")).some((item) => item.value);
    });
  }
  async function restore(values) {
    document.getElementById("call-restored").hidden = false;
    const caller = values.find(([name]) => name === "requester_id");
    if (caller) {
      await window.htmx.ajax("GET", `${form.action.replace(/new$/, "caller")}/${Number(caller[1])}`, { target: "#caller" });
    }
    fill(values);
    field("title").dispatchEvent(new Event("change", { bubbles: true }));
  }

  const earlier = "fresh" in form.dataset ? recalled() : [];
  form.addEventListener("input", remember);
  form.addEventListener("change", remember);
  form.addEventListener("submit", () => {
    try {
      forget();
    } catch {
      // As above.
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "caller") {
      remember();
      adviseSoon(60);
    }
  });
  if (earlier.length) {
    restore(earlier);
  }
})();
