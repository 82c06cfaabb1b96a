-- How much solar is thrown away, and how hard does the battery work?
-- Chosen designs with solar, first weather year; a full cycle is one battery's energy discharged.
select
    sites.region_id,
    sites.region_name,
    sites.stack_id,
    sites.solar_mw,
    sites.bess_mwh,
    years.solar_potential_mwh / (8760 * sites.solar_mw) as solar_capacity_factor_frac,
    years.curtailed_mwh / years.solar_potential_mwh as curtailed_frac,
    years.discharge_mwh / nullif(sites.bess_mwh, 0) as full_cycles_per_year,
    sites.renewable_frac
from ranked_sites as sites
inner join dispatch_annual as years
    on sites.region_id = years.region_id and sites.design_id = years.design_id
where sites.solar_mw > 0
qualify years.weather_year = min(years.weather_year) over (partition by sites.region_id, sites.stack_id)
order by curtailed_frac desc, sites.region_id, sites.stack_id
limit 50
