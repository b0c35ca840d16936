-- great_circle_km: kilometres along the great circle between two places in degrees (haversine); null without a place.
create or replace macro great_circle_km(lat_a, lon_a, lat_b, lon_b) as
case
    when lat_a is not null and lon_a is not null and lat_b is not null and lon_b is not null
        then 2 * 6371.0088 * asin(sqrt(least(
            1.0,
            power(sin(radians(lat_b - lat_a) / 2), 2)
            + cos(radians(lat_a)) * cos(radians(lat_b)) * power(sin(radians(lon_b - lon_a) / 2), 2)
        )))
end;
