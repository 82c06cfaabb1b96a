// Elements, text and numbers. Text reaches the page as text only: nothing here writes markup.
const byId = (id) => document.getElementById(id);

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

async function inflate(id) {
  const text = byId(id).textContent.trim();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Columns to rows: text columns hold each text once.
function rowsOf(table) {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => {
    const column = table.columns[name];
    return Array.isArray(column) ? column : column.i.map((place) => (place < 0 ? null : column.d[place]));
  });
  return Array.from({ length: table.rows }, (_, row) => Object.fromEntries(names.map((name, k) => [name, columns[k][row]])));
}

function grouped(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups;
}

const pair = (row) => row.region_id + "|" + row.stack_id;
const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

// Halves away from zero, on the number as it is written: the rule of the command line.
function number(value, digits = 0, options = {}) {
  if (!known(value)) return "–";
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits, ...options });
  return /^-[0.,]*%?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}
const signed = (value, digits = 0) => number(value, digits, { signDisplay: "exceptZero" });
const usd = (value) => number(value, 1) + " USD/MWh";
const months = (value) => number(value, 1) + " months";
const millions = (value, digits = 2) => number(value / 1e6, digits);
// As a style of its own, which scales in decimals: 100 * 0.285 is less than 28.5.
const percent = (share, digits = 0, options = {}) => number(share, digits, { style: "percent", ...options }).replace("%", " %");
// Cut, not rounded: what misses 99.9 % is never shown as 99.900.
const available = (share) => percent(share, 3, { roundingMode: "trunc" });
const plural = (count, one, many) => number(count) + " " + (count === 1 ? one : many);

// Stacks and their units get theirs from the release.
const LABELS = {
  baseload_or_grid: "Baseload or grid", gas_supply: "Gas supply",
  trips: "Trips of running units", shortage: "Sizes too small for the hour", units: "Units out of service",
  switchgear: "Switchgear", mv_switchgear: "Medium-voltage switchgear", mv_installation: "Medium-voltage installation",
  natural_gas: "Natural gas", grid_power: "Grid power", fixed_om: "Fixed upkeep", variable_om: "Variable upkeep",
  bess_capital: "Battery capital", baseload_capital: "Baseload capital",
};
function label(id) {
  if (!id) return "–";
  if (Object.hasOwn(LABELS, id)) return LABELS[id];
  const text = id.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const place = (site) => site.region_name + ", " + site.state;

// A link only where the address is one of the web; other schemes stay text.
function cited(row) {
  const title = row.source_title || row.publisher || "–";
  const link = /^https?:\/\//i.test(row.url || "")
    ? el("a", { href: row.url, rel: "noopener noreferrer" }, title) : title;
  const rest = [row.publisher !== title ? row.publisher : "", row.as_of].filter(Boolean).join(", ");
  return el("span", {}, link, rest ? " (" + rest + ")" : "");
}

function table(caption, heads, rows, attributes) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption, ...attributes },
    el("table", {}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col", class: head.n ? "n" : null }, head.text)))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, k) => (k === 0
        ? el("th", { scope: "row", class: heads[k].n ? "n" : null }, cell)
        : el("td", { class: heads[k].n ? "n" : null }, cell))))))));
}

function option(value, text, chosen) { return el("option", { value, selected: value === chosen }, text); }
function labelled(text, control, attributes) { return el("label", attributes || {}, text, control); }

// An interval on a common scale, with what it says in words for those who do not see it.
function span(low, middle, high, from, to, words) {
  const at = (value) => Math.max(0, Math.min(100, (100 * (value - from)) / (to - from || 1)));
  const box = el("span", { class: "span", role: "img", "aria-label": words, title: words },
    el("i", { style: `left:${at(low).toFixed(1)}%;width:${(at(high) - at(low)).toFixed(1)}%` }));
  if (known(middle)) box.append(el("b", { style: `left:calc(${at(middle).toFixed(1)}% - 1.5px)` }));
  return box;
}
