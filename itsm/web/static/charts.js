// Draws the charts of a page from their Vega-Lite specifications. Expressions are interpreted: the page allows no eval.
const { expressionInterpreter } = await import(document.getElementById("charts").dataset.interpreter);

const USUAL_SIZE = 13;
const drawn = new Map(); // place on the page → what was drawn there

function theme(place) {
  const style = getComputedStyle(place);
  const soft = style.getPropertyValue("--soft").trim();
  const line = style.getPropertyValue("--line").trim();
  return {
    axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: soft, titleColor: soft },
    text: { color: soft },
  };
}

// Letters grow with those of the place: a wall is read from afar.
function enlarge(spec, times) {
  if (times > 1.05) {
    for (const part of [spec.config.axis, spec.config.legend, ...(spec.layer || []).map((layer) => layer.mark)]) {
      for (const name of ["labelFontSize", "titleFontSize", "fontSize"]) {
        if (part[name]) {
          part[name] = Math.round(part[name] * times);
        }
      }
      if (part.labelLimit) {
        part.labelLimit *= times;
      }
    }
  }
}

// A figure is written upon its mark or beside it, and leads where the mark leads. Vega follows the links of marks itself.
function follow(event, item) {
  if (item?.mark?.marktype === "text" && !item.href && item.datum?.href) {
    const link = document.createElement("a");
    link.href = item.datum.href;
    link.dispatchEvent(new MouseEvent("click", event));
  }
}

function showLinks(spec) {
  if ((spec.layer || []).some((layer) => layer.encoding?.href)) {
    for (const layer of spec.layer.filter((each) => each.mark.type === "text")) {
      layer.mark.cursor = "pointer";
    }
  }
}

async function draw(place) {
  const spec = JSON.parse(document.getElementById(`chart-${place.dataset.chart}`).textContent);
  const options = {
    actions: false, ast: true, defaultStyle: false, expr: expressionInterpreter, renderer: "canvas",
    tooltip: { disableDefaultStyle: true },
  };
  spec.width = "container";
  spec.autosize = { type: "fit-x", contains: "padding" };
  if ("fill" in place.dataset && typeof spec.height === "number") {
    spec.height = "container";
    spec.autosize.type = "fit";
  }
  for (const [name, values] of Object.entries(theme(place))) {
    spec.config[name] = { ...spec.config[name], ...values };
  }
  enlarge(spec, parseFloat(getComputedStyle(place).fontSize) / USUAL_SIZE);
  showLinks(spec);
  drawn.get(place)?.finalize();
  const chart = await window.vegaEmbed(place, spec, options);
  chart.view.addEventListener("click", follow);
  drawn.set(place, chart);
}

// What is drawn on parts that left the page would listen to its size for ever.
function forgetGone() {
  for (const [place, chart] of drawn) {
    if (!place.isConnected) {
      chart.finalize();
      drawn.delete(place);
    }
  }
}

async function drawAll(within = document) {
  forgetGone();
  for (const place of within.querySelectorAll("[data-chart]")) {
    await draw(place).catch((fault) => window.console.error(fault)); // the others are drawn all the same
  }
}

await document.fonts.ready;
document.body.addEventListener("htmx:afterSettle", (event) => drawAll(event.target)); // the part of the page that is new
new MutationObserver(() => drawAll()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
await drawAll();
