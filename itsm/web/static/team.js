// The team's pages: dragging tickets from one person to another, and the wallboard that keeps itself fresh.
(() => {
  "use strict";

  const loads = document.querySelector("[data-loads]");
  const form = document.querySelector("[data-drop-form]");
  if (loads && form) {
    let dragged = null;
    const target = (event) => event.target.closest("[data-assignee]");
    loads.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("[data-ticket]");
      if (dragged) {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", dragged.dataset.ticket);
        dragged.classList.add("dragged");
      }
    });
    loads.addEventListener("dragend", () => {
      dragged?.classList.remove("dragged");
      loads.querySelectorAll(".drop-here").forEach((item) => item.classList.remove("drop-here"));
      dragged = null;
    });
    loads.addEventListener("dragover", (event) => {
      const place = target(event);
      if (dragged && place && !place.contains(dragged)) {
        event.preventDefault();
        loads.querySelectorAll(".drop-here").forEach((item) => item !== place && item.classList.remove("drop-here"));
        place.classList.add("drop-here");
      }
    });
    loads.addEventListener("drop", (event) => {
      const place = target(event);
      if (dragged && place && !place.contains(dragged)) {
        event.preventDefault();
        form.elements.ticket_id.value = dragged.dataset.ticket;
        form.elements.version.value = dragged.dataset.version;
        form.elements.assignee_id.value = place.dataset.assignee;
        form.submit();
      }
    });
  }

  const board = document.querySelector("[data-board]");
  if (board) {
    let tag = "";
    const refresh = async () => {
      if (document.hidden) {
        return;
      }
      try {
        const answer = await fetch(board.dataset.board, { headers: { "X-Board": "1", "If-None-Match": tag }, cache: "no-store" });
        if (answer.ok) {
          tag = answer.headers.get("ETag") || "";
          window.htmx.swap(board, await answer.text(), { swapStyle: "innerHTML" });
        }
        board.classList.toggle("board-stale", !answer.ok && answer.status !== 304);
      } catch {
        board.classList.add("board-stale");
      }
    };
    window.setInterval(refresh, 1000 * Number(board.dataset.every));
    document.addEventListener("visibilitychange", refresh);
  }
})();
