-- What would turn the order of two neighbouring regions, and at what figure?
-- The likeliest flip of each pair, in units of the assumption's own range; delay is a later start of the first row.
select
    flips.region_id,
    flips.other_region_id,
    flips.assumption_id,
    flips.base,
    flips.flip,
    flips.unit,
    flips.ranges_away,
    flips.is_within_range,
    flips.value_gap_usd_per_mw
from rank_flips as flips
inner join ranked_sites as sites on flips.region_id = sites.region_id and flips.stack_id = sites.stack_id
where flips.pair = 'regions' and flips.closeness = 1
order by sites.region_rank
limit 25
