-- table_content: how many rows a table has, and a fingerprint of them and of their order.
-- Grain:  one row.
-- Params: $table_name, with its database and schema.
-- A hash of several values is linear in theirs, so that their sum would not tell the order: hence a hash of it.
with

numbered as (

    select
        row_number() over () as nth,
        stored
    from query_table($table_name) as stored

)

select
    count(*) as n_rows,
    coalesce(bit_xor(hash(hash(nth, stored))), 0)::varchar as fingerprint
from numbered
