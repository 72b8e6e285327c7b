// Draws the charts of a page from their Vega-Lite specifications. Expressions are interpreted: the page allows no eval.
const { expressionInterpreter } = await import(document.getElementById("charts").dataset.interpreter);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function theme() {
  const soft = colour("--soft");
  const line = colour("--line");
  return {
    axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: soft, titleColor: soft },
    text: { color: soft },
  };
}

async function draw(place) {
  const spec = JSON.parse(document.getElementById(`chart-${place.dataset.chart}`).textContent);
  const options = {
    actions: false, ast: true, defaultStyle: false, expr: expressionInterpreter, renderer: "canvas",
    tooltip: { disableDefaultStyle: true },
  };
  spec.width = "container";
  spec.autosize = { type: "fit-x", contains: "padding" };
  for (const [name, values] of Object.entries(theme())) {
    spec.config[name] = { ...spec.config[name], ...values };
  }
  await window.vegaEmbed(place, spec, options);
}

async function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    await draw(place);
  }
}

await document.fonts.ready;
await drawAll();
document.body.addEventListener("htmx:afterSettle", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
