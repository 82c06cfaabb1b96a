-- Does the order hold if compute earns 2, 4 or 11 million USD per MW-year?
-- The fifteen regions ranked first tonight, with the place of each and its best stack in every case.
select
    sites.region_rank,
    sites.region_id,
    max(cases.region_rank) filter (where cases.margin_usd_per_mw_year = 2e6) as region_rank_at_2m,
    max(cases.stack_id) filter (where cases.margin_usd_per_mw_year = 2e6) as stack_at_2m,
    max(cases.region_rank) filter (where cases.margin_usd_per_mw_year = 4e6) as region_rank_at_4m,
    max(cases.stack_id) filter (where cases.margin_usd_per_mw_year = 4e6) as stack_at_4m,
    max(cases.region_rank) filter (where cases.margin_usd_per_mw_year = 11e6) as region_rank_at_11m,
    max(cases.stack_id) filter (where cases.margin_usd_per_mw_year = 11e6) as stack_at_11m
from ranked_sites as sites
inner join rank_sensitivity as cases on sites.region_id = cases.region_id and cases.is_region_best
where sites.is_region_best and sites.region_rank <= 15
group by sites.region_rank, sites.region_id
order by sites.region_rank
