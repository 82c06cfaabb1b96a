-- Where do nodes not beat the campus, and which halved or doubled assumption turns a comparison round?
-- Turned conclusions first.
select
    measure,
    assumption,
    factor,
    nodes,
    campus,
    is_nodes_better,
    is_conclusion_kept
from portfolio_sensitivity
where not is_nodes_better or not is_conclusion_kept
order by is_conclusion_kept, measure, assumption, factor
