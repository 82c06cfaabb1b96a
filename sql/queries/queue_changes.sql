-- Which requests entered, left or changed in the interconnection queues since the night before?
with changes as (
    select
        split_part(row_key, ' | ', 1) as iso,
        split_part(row_key, ' | ', 2) as entity,
        split_part(row_key, ' | ', 3) as queue_id,
        column_name,
        change,
        before,
        after,
        before_as_of
    from input_changes
    where table_name = 'core.queue_projects'
)

select
    changes.iso,
    changes.queue_id,
    changes.change,
    changes.column_name,
    changes.before,
    changes.after,
    projects.project_name,
    projects.state,
    projects.technology,
    projects.capacity_mw,
    projects.status,
    changes.before_as_of as since
from changes
left join queue_projects as projects
    on
        changes.iso = projects.iso
        and changes.entity = projects.entity
        and changes.queue_id = projects.queue_id
        and projects.occurrence = 1
order by changes.iso, changes.queue_id, changes.change, changes.column_name
