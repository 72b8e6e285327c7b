// A dashboard: fetches what its tiles show, a few at a time, and keeps it fresh while somebody looks.
const board = document.querySelector("[data-tiles]");
const fresh = document.querySelector("[data-fresh]");
const AT_ONCE = 3;
const tags = new WeakMap();

// Answers whether the tile is up to date.
async function fetchTile(place) {
  try {
    const headers = { "HX-Request": "true", "If-None-Match": tags.get(place) || "" };
    const answer = await fetch(place.dataset.content, { headers, cache: "no-store" });
    const text = await answer.text();
    if (answer.ok) {
      tags.set(place, answer.headers.get("ETag") || "");
      const open = place.querySelector("details")?.open;
      window.htmx.swap(place, text, { swapStyle: "innerHTML" });
      if (open) {
        place.querySelector("details")?.setAttribute("open", "");
      }
    }
    return answer.ok || answer.status === 304;
  } catch {
    return false;
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

async function refresh() {
  const waiting = [...board.querySelectorAll("[data-content]")];
  let good = true;
  const work = async () => {
    while (waiting.length) {
      const place = waiting.shift();
      const fetched = await fetchTile(place);
      place.closest(".tile").classList.toggle("tile-stale", !fetched);
      good = good && fetched;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (good) {
    fresh.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" }).format(new Date());
  } else {
    fresh.textContent = board.dataset.stale;
  }
  fresh.classList.toggle("board-late", !good);
}

if (board) {
  let last = 0;
  const every = 1000 * Number(board.dataset.every);
  const due = async () => {
    if (!document.hidden && Date.now() - last >= every) {
      last = Date.now();
      await refresh();
    }
  };
  await due();
  window.setInterval(due, 1000);
  document.addEventListener("visibilitychange", due);
}

const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => window.print());
}
