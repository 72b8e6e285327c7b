// A ticket's page while it is open: who else is here and what is new, drafts kept on the server, and completion while typing.
(() => {
  "use strict";

  const LOOK_EVERY = 15000;
  const TYPING_FOR = 15000;
  const KEEP_AFTER = 2000;
  const KEEP_AT_MOST_AFTER = 6000;

  const form = document.getElementById("reply");
  const field = document.getElementById("reply-body");
  const saver = document.getElementById("draft-saver");
  const kept = document.getElementById("reply-kept");
  let typedAt = 0;
  const isTyping = () => Date.now() - typedAt < TYPING_FOR && field?.value.trim() !== "";

  // Who is here and what is new. A hidden page asks nothing.
  const look = () => {
    const presence = document.getElementById("presence");
    if (presence && !document.hidden && window.htmx) {
      window.htmx.trigger(presence, "look");
    }
  };
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id === "presence") {
      event.detail.parameters.typing = isTyping() ? "true" : "false";
    }
  });
  document.addEventListener("visibilitychange", look);
  window.setInterval(look, LOOK_EVERY);
  window.setTimeout(look, 300);

  if (!form || !field || !saver) {
    return;
  }

  // Drafts: kept shortly after typing stops, and at times while it goes on.
  let keepTimer = 0;
  let unsavedSince = 0;
  let sending = false;
  function keep() {
    window.clearTimeout(keepTimer);
    unsavedSince = 0;
    if (!sending) {
      window.htmx.trigger(saver, "save");
    }
  }
  function keepSoon() {
    unsavedSince = unsavedSince || Date.now();
    window.clearTimeout(keepTimer);
    const wait = Math.min(KEEP_AFTER, Math.max(0, unsavedSince + KEEP_AT_MOST_AFTER - Date.now()));
    keepTimer = window.setTimeout(keep, wait);
  }
  form.addEventListener("input", (event) => {
    if (event.target.type === "file" || event.target.name === "reply") {
      return;
    }
    const began = !isTyping();
    typedAt = Date.now();
    keepSoon();
    if (began && event.target === field) {
      look();
    }
  });
  form.addEventListener("change", (event) => event.target.name === "kind" && field.value.trim() && keepSoon());
  form.addEventListener("submit", () => {
    sending = true;
    window.clearTimeout(keepTimer);
    window.htmx.trigger(saver, "htmx:abort");
  });
  document.addEventListener("visibilitychange", () => document.hidden && unsavedSince && keep());
  saver.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.status < 300 && event.detail.xhr.status > 0) {
      kept.textContent = field.value.trim() ? saver.dataset.kept : "";
      field.dispatchEvent(new CustomEvent("draft:kept"));
    } else if (event.detail.xhr.status === 401) {
      kept.textContent = saver.dataset.lost;
    }
  });

  // Completion: / offers replies kept ready, @ offers colleagues.
  const popup = document.getElementById("reply-popup");
  const SIGNS = [
    { pattern: /(^|\s)\/([^\n/]{0,40})$/, address: field.dataset.replies },
    { pattern: /(^|[\s(])@([^\n@]{1,40})$/, address: field.dataset.people },
  ];
  let asked = 0;
  let from = 0;
  let waiting = 0;
  const items = () => Array.from(popup.querySelectorAll("[data-insert]"));
  const close = () => {
    asked += 1;
    popup.hidden = true;
    popup.replaceChildren();
  };
  function mark(index) {
    const list = items();
    list.forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
    list[index]?.scrollIntoView({ block: "nearest" });
  }
  const marked = () => items().findIndex((item) => item.getAttribute("aria-selected") === "true");

  async function offer() {
    const before = field.value.slice(0, field.selectionStart);
    const sign = SIGNS.map((each) => ({ ...each, match: each.address && before.match(each.pattern) })).find((each) => each.match);
    if (!sign) {
      close();
      return;
    }
    from = sign.match.index + sign.match[1].length;
    asked += 1;
    const mine = asked;
    const answer = await fetch(`${sign.address}?q=${encodeURIComponent(sign.match[2])}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (mine !== asked || !answer?.ok) {
      return;
    }
    const text = (await answer.text()).trim();
    window.htmx.swap(popup, text, { swapStyle: "innerHTML" });
    popup.hidden = text === "";
    mark(0);
  }
  function choose(item) {
    field.setRangeText(item.dataset.insert, from, field.selectionStart, "end");
    close();
    field.focus();
    typedAt = Date.now();
    keepSoon();
  }
  if (popup && field.dataset.replies) {
    field.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(offer, 150);
    });
    field.addEventListener("blur", () => window.setTimeout(() => popup.contains(document.activeElement) || close(), 150));
    popup.addEventListener("mousedown", (event) => event.preventDefault());
    popup.addEventListener("click", (event) => {
      const item = event.target.closest("[data-insert]");
      if (item) {
        choose(item);
      }
    });
    field.addEventListener("keydown", (event) => {
      const list = items();
      if (popup.hidden || event.ctrlKey || event.metaKey || !["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
        return;
      }
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (list.length) {
        event.preventDefault();
        event.stopPropagation();
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        step ? mark((marked() + step + list.length) % list.length) : choose(list[Math.max(0, marked())]);
      }
    });
  }
})();
