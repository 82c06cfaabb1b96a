-- The place of each region among all by each quantity of its best row, from 1.
create or replace macro best_places() as table
select
    sites.region_id,
    rank() over (order by sites.first_mw_months_p50) as first_mw_months_p50_place,
    rank() over (order by sites.full_mw_months_p50) as full_mw_months_p50_place,
    rank() over (order by sites.usable_mw_months_60 desc) as usable_mw_months_60_place,
    rank() over (order by sites.lcoe_usd_per_mwh) as lcoe_usd_per_mwh_place,
    rank() over (order by sites.availability_frac desc) as availability_frac_place,
    rank() over (order by sites.lolh_hours_per_year) as lolh_hours_per_year_place,
    rank() over (order by sites.interruptions_per_year) as interruptions_per_year_place,
    rank() over (order by sites.co2_kg_per_mwh) as co2_kg_per_mwh_place,
    rank() over (order by sites.score desc) as score_place,
    rank() over (order by sites.value_usd_per_mw desc) as value_usd_per_mw_place
from ranked_sites as sites
where sites.is_region_best
