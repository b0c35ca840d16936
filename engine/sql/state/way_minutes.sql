-- way_minutes: whole minutes a way of some kilometres takes; the allowance keeps 20 minutes from becoming 21.
create or replace macro way_minutes(km, speed_km_per_h, fixed_minutes) as
cast(ceil(fixed_minutes + 60 * km / speed_km_per_h - 1e-9) as integer);
