// Start: read what the page carries, fill the sections, follow the address.
function reading(payload) {
  const rows = Object.fromEntries(Object.entries(payload.tables).map(([name, table]) => [name, rowsOf(table)]));
  const single = (name, key) => new Map(rows[name].map((row) => [key(row), row]));
  const region = (row) => row.region_id;
  const listeners = [];
  const stacks = new Map(rows.stacks.map((row) => [row.stack_id, row]));
  for (const site of rows.sites) {
    for (const role of ["firm", "baseload"]) if (site[role + "_technology"]) LABELS[site[role + "_technology"]] = stacks.get(site.stack_id)[role + "_label"];
  }
  // Last, because a unit may have the id of its stack.
  for (const row of rows.stacks) LABELS[row.stack_id] = row.label;
  const page = {
    release: payload.release, outlines: payload.outlines, tables: rows,
    sites: rows.sites, byRank: [...rows.sites].sort((a, b) => a.rank - b.rank), bySite: single("sites", pair),
    stacks: rows.stacks, stackText: new Map(rows.stacks.map((row) => [row.stack_id, row.description])), anchors: rows.anchors, status: rows.status,
    path: grouped(rows.path, pair), energisation: grouped(rows.energisation, pair), postures: grouped(rows.postures, pair), time: single("time", pair), adequacy: single("adequacy", pair), costs: grouped(rows.costs, pair), causes: grouped(rows.causes, pair),
    regions: single("regions", region), fuel: grouped(rows.fuel, region), gas: grouped(rows.gas, region), weather: grouped(rows.weather, region),
    leads: rows.leads, queue: rows.queue, assumptions: rows.assumptions, sources: rows.sources, runChanges: rows.run_changes, comparison: rows.comparison || [], resilience: rows.resilience || [], buildout: rows.buildout || [], shadow: rows.shadow || [], portfolioSites: rows.portfolio_sites || [],
    hours: new Hours(payload.hours), chosen: {}, onSelect: (listener) => listeners.push(listener),
  };
  const choose = (regionId, stackId) => {
    const mine = page.sites.filter((site) => site.region_id === regionId);
    const site = mine.find((row) => row.stack_id === stackId) || mine.find((row) => row.is_region_best) || mine[0] || page.byRank[0];
    page.chosen = { region: site.region_id, stack: site.stack_id };
  };
  page.select = (regionId, stackId, isJump) => {
    choose(regionId, stackId);
    history.replaceState(null, "", "#" + new URLSearchParams(page.chosen));
    for (const listener of listeners) listener();
    if (isJump) { byId("site").scrollIntoView(); byId("s-region").focus({ preventScroll: true }); }
  };
  const wanted = new URLSearchParams(location.hash.slice(1));
  choose(wanted.get("region"), wanted.get("stack"));
  page.isAddressed = wanted.has("region");
  return page;
}

async function start() {
  startTheme();
  const payload = JSON.parse(new TextDecoder().decode(await inflate("payload")));
  SPECS = payload.specs;
  const page = reading(payload);
  byId("asof").textContent = `as of ${page.release.as_of}`;
  byId("foot").textContent = `Release ${page.release.run_id}, profile ${page.release.profile}. Months count from the decision to build; money is in real USD; energy served counts outages, and is not the share of hours fully served. All of it in SQL: firstmw sql, docs/sql.md.`;
  const sections = { today, map: mapSection, ranking: rankingSection, tradeoffs: tradeoffsSection, site: siteSection, portfolio: portfolioSection, inputs: inputsSection };
  for (const [id, make] of Object.entries(sections)) {
    byId(id).hidden = false;
    const made = make(page);
    if (made) byId(id).append(...made.filter(Boolean)); else byId(id).hidden = true;
  }
  byId("portfolio-link").hidden = byId("portfolio").hidden;
  byId("loading").remove();
  document.documentElement.dataset.ready = "yes";
  if (page.isAddressed) byId("site").scrollIntoView();
  addEventListener("hashchange", () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (wanted.has("region")) page.select(wanted.get("region"), wanted.get("stack"), true);
  });
}

start().catch((error) => {
  byId("loading").textContent = typeof DecompressionStream === "undefined"
    ? "This browser is too old to read the page: it needs DecompressionStream (any current Chrome, Edge, Firefox or Safari)."
    : "The page could not be read: " + error.message;
  throw error;
});
