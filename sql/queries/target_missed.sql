-- Which rows miss the availability target, and by how many hours a year?
-- With no more than 0.1 % unserved allowed (target 0.999), 8.76 full-load hours a year may be lost.
select
    region_id,
    region_name,
    stack_id,
    design_id,
    availability_frac,
    8760 * (1 - availability_frac) as lost_full_load_hours_per_year,
    lolh_hours_per_year,
    eue_mwh_per_year,
    is_composition_met,
    lcoe_usd_per_mwh
from ranked_sites
where not is_target_met
order by availability_frac, region_id, stack_id
limit 50
