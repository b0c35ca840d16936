-- tables: every table of an attached database.
-- Grain:  schema_name, table_name.
-- Params: $database_name.
select
    schema_name,
    table_name
from duckdb_tables()
where database_name = $database_name and not internal
order by schema_name, table_name
