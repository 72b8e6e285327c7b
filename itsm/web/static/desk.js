// The desk: rows stay fresh, rows are chosen, columns and cards are moved. Without it the same is done by forms and reload.
(() => {
  "use strict";

  const all = (selector, scope = document) => Array.from(scope.querySelectorAll(selector));
  const ROWS_EVERY = 15000;
  const COUNTS_EVERY = 60000;
  const FLASH = 2500;
  const digits = (text) => (document.documentElement.lang === "fa" ? text.replace(/\d/g, (one) => "۰۱۲۳۴۵۶۷۸۹"[one]) : text);

  // Fresh rows. The server answers 304 as long as nothing changed; what came meanwhile never moves what somebody works with.
  const queue = document.querySelector("[data-live]");
  const pill = document.querySelector("[data-news]");
  let tag = "";
  let waiting = null;
  const ids = (scope) => all("[data-row]", scope).map((row) => row.dataset.id);
  const ticked = () => all('input[name="ids"]:checked', queue);
  const busy = () => ticked().length > 0 || window.scrollY > 200 || document.querySelector("details[data-menu][open], dialog[open]");

  async function ask() {
    if (document.hidden || !queue) {
      return;
    }
    const headers = { "HX-Request": "true", "HX-Target": "queue" };
    if (tag) {
      headers["If-None-Match"] = tag;
    }
    const answer = await fetch(queue.dataset.live, { headers, cache: "no-store" }).catch(() => null);
    if (!answer || answer.status !== 200) {
      return;
    }
    const known = tag;
    tag = answer.headers.get("ETag") || "";
    const text = await answer.text();
    if (known || !sameRows(text)) {
      take(text);
    }
  }
  function sameRows(text) {
    return ids(parsed(text)).join() === ids(queue).join();
  }
  function parsed(text) {
    return new DOMParser().parseFromString(text, "text/html");
  }
  function take(text) {
    if (!busy()) {
      show(text);
      return;
    }
    waiting = text;
    const shown = new Set(ids(queue));
    const fresh = ids(parsed(text)).filter((id) => !shown.has(id)).length;
    pill.textContent = fresh ? pill.dataset.words.replace("…", digits(String(fresh))) : pill.dataset.changed;
    pill.hidden = false;
  }
  function show(text) {
    const shown = new Set(ids(queue));
    const kept = new Set(ticked().map((box) => box.value));
    const selected = queue.querySelector("[data-row].selected")?.dataset.id;
    window.htmx.swap(queue, text, { swapStyle: "innerHTML" });
    waiting = null;
    pill.hidden = true;
    for (const row of all("[data-row]", queue)) {
      if (shown.size && !shown.has(row.dataset.id)) {
        row.classList.add("fresh");
        window.setTimeout(() => row.classList.remove("fresh"), FLASH);
      }
    }
    all('input[name="ids"]', queue).forEach((box) => { box.checked = kept.has(box.value); });
    count();
    document.dispatchEvent(new CustomEvent("itsm:shown", { detail: { selected } }));
  }
  async function askCounts() {
    if (document.hidden || !queue) {
      return;
    }
    const answer = await fetch(queue.dataset.counts).catch(() => null);
    if (answer && answer.ok) {
      const counts = await answer.json();
      for (const item of all("[data-count]")) {
        item.textContent = counts[item.dataset.count] ?? item.textContent;
      }
    }
  }
  if (queue) {
    pill.addEventListener("click", () => waiting && show(waiting));
    document.addEventListener("itsm:stale", () => { tag = tag || "none"; ask(); askCounts(); });
    document.addEventListener("visibilitychange", ask);
    window.setInterval(ask, ROWS_EVERY);
    window.setInterval(askCounts, COUNTS_EVERY);
  }

  // Choosing rows: one, a range with Shift, all of the page.
  let last = null;
  const boxes = () => all('input[name="ids"]');
  function count() {
    const bar = document.querySelector("[data-bulk-bar]");
    if (!bar) {
      return;
    }
    const number = ticked().length;
    bar.classList.toggle("bulk-on", number > 0);
    const words = bar.querySelector("[data-ticked]");
    words.textContent = number ? words.dataset.words.replace("…", digits(String(number))) : "";
    const whole = document.querySelector("[data-tick-all]");
    whole.checked = number > 0 && number === boxes().length;
    whole.indeterminate = number > 0 && number < boxes().length;
  }
  document.addEventListener("click", (event) => {
    const box = event.target.closest('input[name="ids"]');
    if (box) {
      const list = boxes();
      if (event.shiftKey && last && list.includes(last)) {
        const ends = [list.indexOf(last), list.indexOf(box)].sort((one, other) => one - other);
        list.slice(ends[0], ends[1] + 1).forEach((each) => { each.checked = box.checked; });
      }
      last = box;
      count();
    }
    if (event.target.matches("[data-tick-all]")) {
      boxes().forEach((each) => { each.checked = event.target.checked; });
      count();
    }
    const up = event.target.closest("[data-up]");
    if (up) {
      const item = up.closest("li");
      item.previousElementSibling?.before(item);
      up.focus();
    }
  });
  count();

  // The board: a card dropped on a column takes the step that leads there; one that asks for something opens its form.
  const board = document.querySelector("[data-board]");
  let dragged = null;
  const moveTo = (lane) => all("[data-to]", dragged).find((move) => move.dataset.to === lane.dataset.lane);
  function drop(lane) {
    const move = moveTo(lane);
    if (!move || lane.contains(dragged)) {
      return;
    }
    move.matches("form") ? move.requestSubmit() : window.location.assign(move.href);
  }
  board?.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-card]");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.id);
    all("[data-lane]", board).forEach((lane) => lane.classList.toggle("lane-closed", !lane.contains(dragged) && !moveTo(lane)));
  });
  board?.addEventListener("dragover", (event) => {
    const lane = event.target.closest("[data-lane]");
    if (lane && dragged && moveTo(lane)) {
      event.preventDefault();
      all("[data-lane]", board).forEach((each) => each.classList.toggle("lane-over", each === lane));
    }
  });
  board?.addEventListener("drop", (event) => {
    event.preventDefault();
    drop(event.target.closest("[data-lane]"));
  });
  board?.addEventListener("dragend", () => {
    dragged = null;
    all("[data-lane]", board).forEach((lane) => lane.classList.remove("lane-over", "lane-closed"));
  });
})();
