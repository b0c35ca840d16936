-- key_check: a known text under the master key this pilot was made with.
-- Grain:  one row, none in a file that has never had a key.
select sealed from identity.key_check
