// Charts: a specification from the release, rows from the page, colours from the theme.
let SPECS = {};
const drawn = new Map();

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const ink = colour("--ink"), soft = colour("--soft"), line = colour("--line");
  const font = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif";
  return {
    background: "transparent", font, view: { stroke: null },
    axis: { aria: false, labelColor: soft, titleColor: soft, titleFontWeight: 500, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 11.5, titleFontSize: 12 },
    legend: { aria: false, labelColor: soft, titleColor: soft, titleFontWeight: 500, labelFontSize: 11.5, titleFontSize: 12, symbolSize: 90, labelLimit: 230 },
    text: { color: ink }, rule: { color: ink }, tick: { color: ink }, line: { color: ink }, point: { color: ink },
    geoshape: { fill: colour("--land"), stroke: colour("--land-line") },
  };
}

// Draws into `node`; `change` may alter the copy of the specification before it is compiled.
async function draw(node, name, rows, change, said) {
  const order = (drawn.get(node)?.order || 0) + 1;
  drawn.get(node)?.view?.finalize();
  drawn.set(node, { order, again: () => draw(node, name, rows, change, said) });
  const spec = structuredClone(SPECS[name]);
  if (said) spec.description = said;
  if (change) change(spec);
  spec.datasets = { ...spec.datasets, rows };
  if (spec.height?.step) {
    // Bars by name: as high as there are names. A step would do, but is warned about beside a width that fits.
    const field = (spec.encoding || spec.layer[0].encoding).y.field;
    spec.height = Math.max(1, new Set(rows.map((row) => row[field])).size) * spec.height.step;
    spec.autosize = { type: "fit-x", contains: "padding" };
  }
  // One picture with one description; what it shows in figures stands in the tables.
  for (const part of spec.layer || [spec]) part.mark = { aria: false, ...(typeof part.mark === "string" ? { type: part.mark } : part.mark) };
  node.replaceChildren();
  if (!rows.length) { node.append(el("p", { class: "none" }, "Nothing to draw for this choice.")); return null; }
  const made = await vegaEmbed(node, spec, {
    actions: false, ast: true, renderer: "svg", logLevel: 1, // errors
    config: theme(), tooltip: { theme: "custom", disableDefaultStyle: false },
  });
  if (drawn.get(node)?.order !== order) { made.finalize(); return null; }
  drawn.get(node).view = made.view;
  node.querySelector("svg")?.setAttribute("role", "img");
  node.querySelector("svg")?.setAttribute("aria-label", spec.description);
  return made.view;
}

function redraw() { for (const entry of [...drawn.values()]) entry.again(); }

function figure(title, sub, chart, attributes) {
  return el("figure", { class: "panel", ...attributes }, el("h3", {}, title), sub ? el("p", { class: "sub" }, sub) : null, chart);
}
const canvas = (id) => el("div", { class: "chart", id });

// Work is put off until its section comes near the window.
function whenNear(node, work) {
  if (!("IntersectionObserver" in window)) { work(); return; }
  const watch = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { watch.disconnect(); work(); }
  }, { rootMargin: "700px" });
  watch.observe(node);
}

const mode = { value: "auto" };
function applyTheme() {
  const dark = mode.value === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : mode.value === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[mode.value];
}
function startTheme() {
  applyTheme();
  byId("theme").addEventListener("click", () => {
    mode.value = { auto: "light", light: "dark", dark: "auto" }[mode.value];
    applyTheme();
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { applyTheme(); redraw(); });
}
