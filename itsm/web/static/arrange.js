// Arranging a dashboard: tiles are dragged by their grip and resized by their corner, or with the arrow keys on both.
const board = document.querySelector("[data-arrange]");
const told = document.querySelector("[data-told]");
const WIDEST = 12, NARROWEST = 2, HIGHEST = 8;
const rtl = document.documentElement.dir === "rtl";
const QUIET = 500; // of several steps in a row only the last is sent
const NARROW_SCREEN = window.matchMedia("(max-width: 60rem)"); // there all tiles are as wide as the screen
let version = board.dataset.version;
let saving = Promise.resolve();
let waiting = 0;

const tiles = () => [...board.querySelectorAll("[data-tile]")];
const digits = new Intl.NumberFormat(document.documentElement.lang);

function resize(tile, width, height) {
  const size = { width: Math.min(Math.max(width, NARROWEST), WIDEST), height: Math.min(Math.max(height, 1), HIGHEST) };
  for (const [name, word] of [["width", "wide"], ["height", "high"]]) {
    tile.classList.remove(`${word}-${tile.dataset[name]}`);
    tile.dataset[name] = size[name];
    tile.classList.add(`${word}-${size[name]}`);
  }
  tile.querySelector("[data-size]").textContent = `${digits.format(size.width)} × ${digits.format(size.height)}`;
  window.dispatchEvent(new Event("resize"));
}

function save() {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(sendAll, QUIET);
}

// Saves follow one another, each on the version that the one before made.
function sendAll() {
  waiting = 0;
  const places = tiles().map((tile) => [tile.dataset.tile, Number(tile.dataset.width), Number(tile.dataset.height)]);
  saving = saving.then(() => send(places)).catch(() => { told.textContent = board.dataset.stale; });
}

window.addEventListener("pagehide", () => {
  if (waiting) {
    sendAll();
  }
});

async function send(places) {
  const body = new URLSearchParams({ places: JSON.stringify(places), version });
  const headers = { "HX-Request": "true", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
  const answer = await fetch(board.dataset.arrange, { method: "POST", body, headers, keepalive: true }).catch(() => null);
  if (answer?.ok) {
    const kept = await answer.json();
    version = kept.version;
    if (kept.undo) {
      say(board.dataset.arranged, "post", kept.undo, board.dataset.undo);
    }
    document.querySelectorAll("input[name=version]").forEach((input) => { input.value = version; });
  } else if (answer) {
    window.htmx.swap("#notices", await answer.text(), { swapStyle: "beforeend" });
    say(board.dataset.again, "get", window.location.pathname, board.dataset.reload);
  } else {
    told.textContent = board.dataset.stale;
  }
}

// One notice with a button, in place of the one before.
function say(text, method, action, label) {
  document.getElementById("arranged")?.remove();
  const notice = Object.assign(document.createElement("div"), { id: "arranged", className: "notice" });
  const form = Object.assign(document.createElement("form"), { method, action });
  const button = Object.assign(document.createElement("button"), { className: "btn btn-sm", textContent: label });
  if (method === "post") {
    const token = Object.assign(document.createElement("input"), { type: "hidden", name: "csrf_token" });
    token.value = document.querySelector("meta[name=csrf-token]").content;
    form.append(token);
  }
  form.append(button);
  notice.append(`${text} `, form);
  document.getElementById("notices").append(notice);
}

window.addEventListener("load", () => {
  window.Sortable.create(board, { handle: "[data-grip]", draggable: "[data-tile]", animation: 120, forceFallback: true, onEnd: save });
});

board.addEventListener("keydown", (event) => {
  const tile = event.target.closest("[data-tile]");
  const forward = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!tile || !forward) {
    return;
  }
  if (event.target.closest("[data-grip]")) {
    event.preventDefault();
    const all = tiles(), place = all.indexOf(tile) + forward;
    if (place >= 0 && place < all.length) {
      all[place][forward > 0 ? "after" : "before"](tile);
      event.target.focus();
      told.textContent = `${digits.format(place + 1)} / ${digits.format(all.length)}`;
      save();
    }
  } else if (event.target.closest("[data-corner]")) {
    event.preventDefault();
    const across = event.key === "ArrowRight" || event.key === "ArrowLeft";
    const { width, height } = tile.dataset;
    resize(tile, Number(width) + (across ? forward : 0), Number(height) + (across ? 0 : forward));
    told.textContent = tile.querySelector("[data-size]").textContent;
    save();
  }
});

board.addEventListener("pointerdown", (event) => {
  const corner = event.target.closest("[data-corner]");
  if (!corner) {
    return;
  }
  const tile = corner.closest("[data-tile]"), box = tile.getBoundingClientRect();
  const column = (board.clientWidth + gap()) / WIDEST, row = rowHeight() + gap();
  const before = `${tile.dataset.width} ${tile.dataset.height}`;
  const move = (at) => {
    const across = rtl ? box.right - at.clientX : at.clientX - box.left;
    const width = NARROW_SCREEN.matches ? Number(tile.dataset.width) : Math.round((across + gap()) / column);
    resize(tile, width, Math.round((at.clientY - box.top + gap()) / row));
  };
  const end = () => {
    corner.removeEventListener("pointermove", move);
    if (before !== `${tile.dataset.width} ${tile.dataset.height}`) {
      save();
    }
  };
  event.preventDefault();
  corner.focus();
  corner.setPointerCapture(event.pointerId);
  corner.addEventListener("pointermove", move);
  corner.addEventListener("lostpointercapture", end, { once: true });
});

function gap() {
  return parseFloat(getComputedStyle(board).columnGap) || 0;
}

function rowHeight() {
  return parseFloat(getComputedStyle(board).gridAutoRows) || 100;
}
