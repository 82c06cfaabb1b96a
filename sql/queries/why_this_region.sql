-- Why does a region stand where it stands?
-- explain_site(region_id): its best stack beside the median site, line by line, with the inputs and their sources.
select
    section,
    item,
    value,
    unit,
    median_site_value,
    difference,
    place,
    detail,
    source,
    as_of
from explain_site('abilene_tx')
