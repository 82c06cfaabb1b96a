-- Keys of a region's best row and of that of the median site, the one in the middle of the region ranking.
create or replace macro compare_keys(region_id) as table
select
    here.region_id as here_region_id,
    here.stack_id as here_stack_id,
    middle.region_id as middle_region_id,
    middle.stack_id as middle_stack_id
from ranked_sites as here
cross join ranked_sites as middle
where
    here.is_region_best
    and here.region_id = region_id
    and middle.is_region_best
    and middle.region_rank = (
        select (count(*) + 1) // 2
        from ranked_sites as sites
        where sites.is_region_best
    )
