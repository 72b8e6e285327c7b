// The page of a business calendar: lists of days in place of lines of text, and ticking all proposals of a year.
// Without it the same fields are edited as text.
(() => {
  "use strict";

  const MOST_ROWS = 400;
  const LINE = /^(\d{4}-\d{2}-\d{2})(?:\s+(.*))?$/;
  const HOURS = /^((?:\d{1,2}:\d{2}(?::\d{2})?\s*[-–]\s*\d{1,2}:\d{2}(?::\d{2})?\s*[,;]?\s*)+)(.*)$/;

  const read = (line, withHours) => {
    const match = LINE.exec(line.trim());
    if (!match) {
      return null;
    }
    const rest = (match[2] || "").trim();
    if (!withHours) {
      return { day: match[1], hours: "", name: rest };
    }
    const hours = HOURS.exec(rest);
    if (hours) {
      return { day: match[1], hours: hours[1].trim().replace(/[,;]$/, ""), name: hours[2].trim() };
    }
    return { day: match[1], hours: "", name: rest.replace(/^(?:closed|-|–)\s*/i, "") };
  };

  const write = (row, withHours) =>
    [row.day, withHours ? row.hours || "closed" : "", row.name].filter(Boolean).join(" ").replace(/[\r\n]+/g, " ");

  const input = (type, value, label, direction) => {
    const field = document.createElement("input");
    field.className = "form-control form-control-sm";
    field.type = type;
    field.value = value;
    field.placeholder = label;
    field.setAttribute("aria-label", label);
    if (direction) {
      field.dir = direction;
    }
    return field;
  };

  const button = (words, text) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm btn-ghost";
    made.textContent = text;
    made.title = words;
    made.setAttribute("aria-label", words);
    return made;
  };

  const enhance = (area) => {
    const words = area.dataset;
    const withHours = words.dates === "hours";
    const box = document.createElement("div");
    const rows = document.createElement("div");
    rows.className = "date-rows";
    const acts = document.createElement("div");
    acts.className = "date-acts";
    const add = button(words.add, `+ ${words.add}`);
    const swap = button(words.text, words.text);
    acts.append(add, swap);
    box.append(rows, acts);
    area.before(box);

    const store = () => {
      const lines = [...rows.children].map((row) => row.valueOf_()).filter((row) => row.day);
      lines.sort((first, second) => first.day.localeCompare(second.day));
      area.value = lines.map((row) => write(row, withHours)).join("\n");
      area.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const line = (row) => {
      const made = document.createElement("div");
      made.className = withHours ? "date-row with-hours" : "date-row";
      const day = input("date", row.day, words.date, "ltr");
      const hours = withHours ? input("text", row.hours, words.closed, "ltr") : null;
      if (hours) {
        hours.setAttribute("aria-label", words.hours);
      }
      const name = input("text", row.name, words.name);
      name.maxLength = 255;
      const remove = button(words.remove, "×");
      made.append(...[day, hours, name, remove].filter(Boolean));
      made.valueOf_ = () => ({ day: day.value, hours: hours ? hours.value.trim() : "", name: name.value.trim() });
      made.addEventListener("change", (event) => {
        event.stopPropagation();
        store();
      });
      made.addEventListener("input", (event) => event.stopPropagation());
      remove.addEventListener("click", () => {
        made.remove();
        store();
      });
      return made;
    };

    const hint = area.parentElement.querySelector(".form-hint"); // how lines are written
    const shown = () => !rows.hidden;
    const asText = () => {
      rows.hidden = add.hidden = true;
      area.hidden = false;
      hint.hidden = false;
      swap.textContent = words.rows;
    };
    const asRows = () => {
      const lines = area.value.split(/\r?\n/).filter((text) => text.trim());
      const parsed = lines.map((text) => read(text, withHours));
      if (parsed.length > MOST_ROWS || parsed.some((row) => row === null)) {
        asText();
        return;
      }
      rows.replaceChildren(...parsed.map(line));
      rows.hidden = add.hidden = false;
      area.hidden = hint.hidden = true;
      swap.textContent = words.text;
    };
    add.addEventListener("click", () => {
      const made = line({ day: "", hours: "", name: "" });
      rows.append(made);
      made.querySelector("input").focus();
    });
    swap.addEventListener("click", () => (shown() ? asText() : asRows()));
    if (area.classList.contains("is-invalid") || area.matches(":disabled")) {
      asText();
      acts.hidden = area.matches(":disabled");
    } else {
      asRows();
    }
    // Opened on the rows of today and later; what is past lies above.
    const today = new Date().toISOString().slice(0, 10);
    const next = [...rows.children].find((row) => row.valueOf_().day >= today);
    if (next) {
      rows.scrollTop = next.offsetTop - rows.offsetTop;
    }
  };

  document.querySelectorAll("textarea[data-dates]").forEach(enhance);

  document.querySelectorAll("[data-tick-all]").forEach((all) => {
    all.hidden = false;
    all.addEventListener("click", () => {
      const boxes = [...all.closest("fieldset").querySelectorAll("input[type=checkbox]")];
      const on = boxes.some((box) => !box.checked);
      boxes.forEach((box) => {
        box.checked = on;
      });
    });
  });
})();
