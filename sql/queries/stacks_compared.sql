-- How do the stacks compare across all regions: speed, cost, availability, CO2, and how often does each win?
select
    stacks.stack_id,
    count(*) as regions,
    count(*) filter (where sites.is_region_best) as regions_won,
    count(*) filter (where sites.is_target_met) as regions_meeting_target,
    median(sites.first_mw_months_p50) as median_first_mw_months,
    median(sites.full_mw_months_p50) as median_full_mw_months,
    median(sites.lcoe_usd_per_mwh) as median_lcoe_usd_per_mwh,
    median(sites.capex_usd_per_kw) as median_capex_usd_per_kw,
    median(sites.availability_frac) as median_availability_frac,
    median(sites.co2_kg_per_mwh) as median_co2_kg_per_mwh,
    median(sites.value_usd_per_mw) as median_value_usd_per_mw
from stacks
inner join ranked_sites as sites on stacks.stack_id = sites.stack_id
group by stacks.stack_id
order by regions_won desc, median_value_usd_per_mw desc, stacks.stack_id
