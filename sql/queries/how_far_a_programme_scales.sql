-- How many usable MW does a programme of 1, 5, 20 or 100 nodes have after three, five and ten years, and what binds it?
select
    stack_id,
    nodes,
    planned_mw,
    sum(case when month = 36 then usable_mw else 0 end order by month) as usable_mw_36,
    sum(case when month = 60 then usable_mw else 0 end order by month) as usable_mw_60,
    sum(case when month = 120 then usable_mw else 0 end order by month) as usable_mw_120,
    binding_class
from programme_curve
group by stack_id, nodes, planned_mw, binding_class
order by stack_id, nodes
