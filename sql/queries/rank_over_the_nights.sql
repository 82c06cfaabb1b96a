-- How has the best region ranked from night to night?
-- The nights of the history, for the row that ranks first tonight.
with leader as (
    select
        region_id,
        stack_id
    from ranked_sites
    where rank = 1
)

select
    history.night_number,
    history.as_of_utc,
    history.scope,
    history.region_id,
    history.stack_id,
    history.rank,
    history.value_usd_per_mw,
    history.lcoe_usd_per_mwh,
    history.first_mw_months_p50
from ranking_history as history
inner join leader on history.region_id = leader.region_id and history.stack_id = leader.stack_id
order by history.night_number, history.region_id, history.stack_id
