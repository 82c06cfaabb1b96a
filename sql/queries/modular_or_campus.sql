-- Which way brings the same planned power online sooner: many nodes, or one campus?
select
    planned_mw,
    build,
    stack_id,
    sites,
    first_mw_months_p50,
    half_mw_months,
    usable_mw_36,
    usable_mw_60,
    usable_mw_months_120,
    binding_class,
    is_best
from modular_against_campus
order by planned_mw, usable_mw_months_120 desc, build, stack_id
