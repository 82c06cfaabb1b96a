-- What do 99.95 % and 99.99 % of the energy take in the best regions, or how near does the most available design come?
select
    sites.region_name,
    costs.stack_id,
    costs.target_frac,
    costs.is_reached,
    costs.design_id,
    costs.fuel_service,
    costs.firm_units_change,
    costs.lcoe_change_usd_per_mwh,
    costs.availability_frac,
    costs.lolh_hours_per_year,
    costs.gas_supply_frac
from target_costs as costs
inner join ranked_sites as sites
    on costs.region_id = sites.region_id and costs.stack_id = sites.stack_id
where sites.region_rank <= 5
order by sites.region_rank, sites.rank, costs.target_frac
