-- applied: the migrations this file has received.
-- Grain:  version.
select
    version,
    checksum
from main.schema_version
order by version
