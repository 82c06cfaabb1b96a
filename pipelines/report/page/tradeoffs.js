// Months against cost, with energy served and CO2; the set that nothing beats is ringed.
function tradeoffsSection(page) {
  const stack = el("select", { id: "t-stack" }, option("", "All stacks", ""), page.stacks.map((row) => option(row.stack_id, label(row.stack_id), "")));
  const met = el("input", { id: "t-met", type: "checkbox", checked: true });
  const pareto = el("input", { id: "t-pareto", type: "checkbox" });
  const chart = canvas("tradeoffs-chart");
  const count = el("p", { class: "note", "aria-live": "polite" });
  const show = async () => {
    const rows = page.sites.filter((site) => (!stack.value || site.stack_id === stack.value) && (!met.checked || site.is_target_met) && (!pareto.checked || site.is_pareto)).map((site) => ({
      region_id: site.region_id, stack_id: site.stack_id, region: place(site), stack: label(site.stack_id), months: site.first_mw_months_p50, lcoe: site.lcoe_usd_per_mwh,
      co2: site.co2_kg_per_mwh, short_hours: site.lolh_hours_per_year, is_pareto: site.is_pareto, rank: number(site.rank),
      months_text: `${months(site.first_mw_months_p50)} (${number(site.first_mw_months_p10)} to ${number(site.first_mw_months_p90)})`, lcoe_text: usd(site.lcoe_usd_per_mwh),
      available: `${available(site.availability_frac)}, ${number(site.lolh_hours_per_year)} h a year not fully`, co2_text: number(site.co2_kg_per_mwh) + " kg/MWh", is_selected: site.region_id === page.chosen.region && site.stack_id === page.chosen.stack,
    }));
    count.textContent = `${plural(rows.length, "pair", "pairs")} of region and stack, ${number(rows.filter((row) => row.is_pareto).length)} of them in the Pareto set.`;
    const view = await draw(chart, "tradeoffs", rows, (spec) => {
      if (innerWidth < 760) { spec.height = 380; spec.layer[0].encoding.shape.legend.columns = 2; spec.layer[0].encoding.size.legend = null; }
    }, `${rows.length} pairs of region and stack: months to the first megawatt against levelised cost`);
    view?.addEventListener("click", (event, mark) => { if (mark?.datum?.region_id) page.select(mark.datum.region_id, mark.datum.stack_id, true); });
  };
  for (const control of [stack, met, pareto]) control.addEventListener("input", show);
  page.onSelect(show);
  whenNear(byId("tradeoffs"), show);
  return [
    el("h2", { id: "h-tradeoffs" }, "Trade-offs"),
    el("p", { class: "note" }, "Left is sooner, low is cheaper, a bright mark emits less, a large one is short in fewer hours. Ringed marks are the Pareto set: no other row is as good in all four and better in one."),
    el("div", { class: "controls" }, labelled("Stack", stack), el("label", { class: "check" }, met, "Availability target met"), el("label", { class: "check" }, pareto, "Pareto set only")),
    count, el("figure", { class: "panel" }, chart),
  ];
}
