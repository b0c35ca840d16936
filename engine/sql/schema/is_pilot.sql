-- is_pilot: whether the attached database has been made a pilot.
-- Grain:  one row.
select count(*) = 1 as is_pilot
from duckdb_tables()
where database_name = 'pilot' and schema_name = 'main' and table_name = 'schema_version'
