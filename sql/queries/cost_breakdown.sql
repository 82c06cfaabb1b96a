-- What is a megawatt-hour made of in each stack: capital, fuel, operation, grid energy?
-- Medians over the regions that meet the target, so the parts sum to the total only nearly.
with parts as (
    select
        components.region_id,
        components.stack_id,
        sum(components.cost_usd_per_mwh order by components.component_order)
        filter (where components.component like '%capital' or components.component = 'construction_financing')
            as capital_usd_per_mwh,
        sum(components.cost_usd_per_mwh order by components.component_order)
        filter (where components.component in ('fixed_om', 'variable_om', 'replacement'))
            as operation_usd_per_mwh,
        sum(components.cost_usd_per_mwh order by components.component_order)
        filter (where components.component = 'fuel') as fuel_usd_per_mwh,
        sum(components.cost_usd_per_mwh order by components.component_order)
        filter (where components.component = 'grid_energy') as grid_energy_usd_per_mwh,
        sum(components.cost_usd_per_mwh order by components.component_order)
        filter (where components.component = 'carbon') as carbon_usd_per_mwh
    from lcoe_components as components
    group by components.region_id, components.stack_id
)

select
    sites.stack_id,
    count(*) as regions,
    median(parts.capital_usd_per_mwh) as capital_usd_per_mwh,
    median(parts.operation_usd_per_mwh) as operation_usd_per_mwh,
    median(parts.fuel_usd_per_mwh) as fuel_usd_per_mwh,
    median(parts.grid_energy_usd_per_mwh) as grid_energy_usd_per_mwh,
    median(parts.carbon_usd_per_mwh) as carbon_usd_per_mwh,
    median(sites.lcoe_usd_per_mwh) as lcoe_usd_per_mwh
from ranked_sites as sites
inner join parts on sites.region_id = parts.region_id and sites.stack_id = parts.stack_id
where sites.is_target_met
group by sites.stack_id
order by lcoe_usd_per_mwh, sites.stack_id
