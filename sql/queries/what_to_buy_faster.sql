-- Which class of equipment should the best stack of each region buy faster first, and up to what premium does it pay?
select
    sites.region_rank as place,
    sites.region_name,
    sites.stack_id,
    sites.first_mw_months_p50,
    steps.equipment_class,
    steps.from_path,
    steps.to_path,
    steps.months_saved_p50,
    steps.break_even_usd_per_mw,
    steps.cost_usd_per_mw,
    steps.is_cost_assumed,
    steps.binding_after
from ranked_sites as sites
inner join acceleration as steps
    on sites.region_id = steps.region_id and sites.stack_id = steps.stack_id
where sites.is_region_best and steps.step = 1 and steps.is_taken
order by sites.region_rank, sites.region_id
limit 20;
