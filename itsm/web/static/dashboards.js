// A dashboard: fetches what its tiles show, a few at a time, and keeps it fresh while somebody looks.
const board = document.querySelector("[data-tiles]");
const fresh = document.querySelector("[data-fresh]");
const AT_ONCE = 3, LONGEST = 45000, REDRAWN = 800;
const tags = new WeakMap();

// Answers whether the tile is up to date. A page whose frame is no longer the present one, or whose reader must sign in, loads anew.
async function fetchTile(place) {
  try {
    const headers = { "HX-Request": "true", "If-None-Match": tags.get(place) || "" };
    const answer = await fetch(place.dataset.content, { headers, cache: "no-store", signal: AbortSignal.timeout(LONGEST) });
    const text = await answer.text();
    const stamp = answer.headers.get("X-Dashboard");
    if (!board.dataset.arrange && (answer.status === 401 || answer.status === 404 || (stamp && stamp !== board.dataset.stamp))) {
      window.location.reload();
    } else if (answer.ok) {
      tags.set(place, answer.headers.get("ETag") || "");
      show(place, text);
    }
    return answer.ok || answer.status === 304;
  } catch {
    return false;
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

// What the reader opened stays open, and what was scrolled stays where it is.
function show(place, text) {
  const open = place.querySelector("details")?.open, scrolled = place.querySelector(".tile-body")?.scrollTop;
  window.htmx.swap(place, text, { swapStyle: "innerHTML" });
  if (open) {
    place.querySelector("details")?.setAttribute("open", "");
  }
  if (scrolled) {
    place.querySelector(".tile-body").scrollTop = scrolled;
  }
}

async function refresh() {
  const waiting = [...board.querySelectorAll("[data-content]")].filter((place) => !place.contains(document.activeElement));
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
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", timeZone: board.dataset.timezone });
  fresh.textContent = good ? clock.format(new Date()) : board.dataset.stale;
  fresh.classList.toggle("board-late", !good);
}

if (board) {
  let next = 0, running = false;
  const due = async () => {
    if (!document.hidden && !running && Date.now() >= next) {
      running = true;
      await refresh();
      running = false;
      next = Date.now() + 1000 * Number(board.dataset.every);
    }
  };
  due();
  window.setInterval(due, 1000);
  document.addEventListener("visibilitychange", due);
}

// On paper a dashboard is light: its pictures are drawn anew before, and again after.
const printing = document.querySelector("[data-on-paper]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => {
    const root = document.documentElement, theme = root.dataset.bsTheme;
    root.dataset.bsTheme = "light";
    window.setTimeout(() => {
      window.print();
      root.dataset.bsTheme = theme;
    }, theme === "light" ? 0 : REDRAWN);
  });
}
