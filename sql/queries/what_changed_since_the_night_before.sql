-- What is new in queues, prices and indicators since the night before, table by table?
-- Rows that came or went have no column; the last two columns show one of the changes.
select
    table_name,
    change,
    column_name,
    count(*) as changes,
    min(before_as_of) as since,
    min(row_key) as first_row,
    min_by(before, row_key) as first_before,
    min_by(after, row_key) as first_after
from input_changes
group by table_name, change, column_name
order by table_name, changes desc, change, column_name
