-- Which assumptions does the list hang on, over all regions' best stacks?
-- Mean swing of the value from the low to the high end of each range, and how often it is among the first three.
select
    swings.assumption_id,
    ranges.meaning,
    ranges.is_assumption,
    count(*) as rows_moved,
    avg(swings.swing_usd_per_mw order by swings.region_id) as mean_swing_usd_per_mw,
    count(*) filter (where swings.importance <= 3) as times_in_first_three,
    ranges.reason
from site_sensitivity as swings
inner join uncertainties as ranges on swings.assumption_id = ranges.assumption_id
inner join ranked_sites as sites
    on swings.region_id = sites.region_id and swings.stack_id = sites.stack_id and sites.is_region_best
group by swings.assumption_id, ranges.meaning, ranges.is_assumption, ranges.reason
order by mean_swing_usd_per_mw desc, swings.assumption_id
