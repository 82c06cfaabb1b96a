-- One row per region, stack and cause of lost service: the unserved energy of the chosen design, by cause.
-- Means over the weather years; the causes of a design sum to its expected unserved energy. Natural hazards stop the
-- site for a share of time, and take of it what nothing else has taken.
with stopped as (
    select
        region_id,
        1 - exp(sum(ln(1 - unavailability_frac) order by cause)) as stopped_frac
    from core.outage_causes
    where takes = 'site' and cause != 'switchgear'
    group by region_id
),

alone as (
    select
        designs.region_id,
        designs.stack_id,
        designs.design_id,
        years.weather_year,
        years.load_mwh,
        years.unserved_shortage_mwh,
        years.unserved_units_mwh,
        years.unserved_baseload_or_grid_mwh,
        designs.gas_basin_left_frac * years.unserved_gas_basin_mwh
        + designs.gas_lateral_left_frac * (years.unserved_gas_supply_mwh - years.unserved_gas_basin_mwh)
            as unserved_gas_supply_mwh,
        years.unserved_switchgear_mwh,
        years.unserved_trips_mwh,
        coalesce(stopped.stopped_frac, 0) as stopped_frac
    from sim.chosen as designs
    inner join sim.adequacy as years
        on designs.region_id = years.region_id and designs.design_id = years.design_id
    left join stopped
        on designs.region_id = stopped.region_id
),

chosen as (
    select
        * exclude (stopped_frac),
        stopped_frac * (
            load_mwh - unserved_shortage_mwh - unserved_units_mwh - unserved_baseload_or_grid_mwh
            - unserved_gas_supply_mwh - unserved_switchgear_mwh - unserved_trips_mwh
        ) as unserved_hazards_mwh
    from alone
),

by_cause as (
    unpivot chosen
    on
    unserved_shortage_mwh as shortage,
    unserved_units_mwh as units,
    unserved_baseload_or_grid_mwh as baseload_or_grid,
    unserved_gas_supply_mwh as gas_supply,
    unserved_switchgear_mwh as switchgear,
    unserved_hazards_mwh as hazards,
    unserved_trips_mwh as trips
    into name cause value unserved_mwh
)

select
    region_id,
    stack_id,
    cause,
    design_id,
    avg(unserved_mwh order by weather_year) as eue_mwh_per_year,
    sum(unserved_mwh order by weather_year) / sum(load_mwh order by weather_year) as unavailability_frac,
    8760 * sum(unserved_mwh order by weather_year) / sum(load_mwh order by weather_year) as lost_hours_per_year
from by_cause
group by region_id, stack_id, cause, design_id
order by region_id, stack_id, cause
