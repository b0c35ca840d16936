"""The real statistics people are drawn from: ages, backgrounds, places and languages of the eleven municipalities.

Every number comes from ``data/reference`` (origins in ``data/README.md``) or is a named assumption below.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from engine.reference import REFERENCE

AGES = 101
"""Ages 0 to 100; 100 stands for 100 and older, as in the SCB table."""

PERSONS_PER_KM2 = 1800.0
"""Assumption: density of a built-up place; with the population it gives the radius of the scatter."""

PERSONS_PER_KM2_TOWN = 2700.0
"""Assumption: the same where more than TOWN_PERSONS live."""

TOWN_PERSONS = 25_000
"""Assumption: Helsingborg, Landskrona and Ängelholm are built more densely than the rest."""

RADIUS_LEAST_KM = 0.4
"""Assumption: the smallest scatter, so that no two people of a village share a point."""

ENTRIES_LEFT_OUT = ("gn2710742", "gn13192986")
"""GeoNames entries that would count people twice: the misplaced one of two for Grevie, and Mariastaden."""

# Towards the sea, in degrees from north, read off a map: people are scattered to the other side.
SEAWARD = {
    "Helsingborg": 245,
    "Hittarp": 235,
    "Domsten": 245,
    "Rydebäck": 260,
    "Landskrona": 240,
    "Glumslöv": 240,
    "Höganäs": 280,
    "Viken": 265,
    "Mölle": 225,
    "Arild": 40,
    "Jonstorp": 20,
    "Båstad": 0,
    "Torekov": 270,
    "Vejbystrand": 275,
    "Skepparkroken": 250,
}


@cache
def population() -> pd.DataFrame:
    """Read persons by municipality_code, sex and age, 2019-12-31: 11 x 2 x 101 rows, sorted, one column ``pop``."""
    table = pd.read_csv(REFERENCE / "population" / "scb_2019_age_sex_11.csv", dtype={"kommun_kod": str})
    table = table.rename(columns={"kommun_kod": "municipality_code"}).sort_values(["municipality_code", "sex", "age"])
    return table[["municipality_code", "sex", "age", "pop"]].reset_index(drop=True)


@cache
def backgrounds() -> pd.DataFrame:
    """Read persons by municipality_code, sex, area (DeSO) and foreign_background: one column ``pop``, sorted."""
    table = pd.read_csv(REFERENCE / "population" / "scb_2019_deso_background_202.csv", dtype={"kommun_kod": str})
    cells = [
        pd.DataFrame(
            {
                "municipality_code": table["kommun_kod"],
                "sex": sex,
                "area": table["deso"],
                "foreign_background": background == "foreign",
                "pop": table[f"{sex}_{background}_bg"],
            }
        )
        for sex in "FM"
        for background in ("swedish", "foreign")
    ]
    return pd.concat(cells).sort_values(["municipality_code", "sex", "area", "foreign_background"], ignore_index=True)


@cache
def places() -> pd.DataFrame:
    """Read the populated places: place, municipality_code, lat, lon, weight (persons, SCB 2019) and radius_km.

    GeoNames mixes years, so its populations are only weights, scaled to the SCB total of the municipality.
    What its ``flag`` column warns of is put right first: one of the two entries of Grevie goes, Mariastaden goes
    (its people are counted in Helsingborg), and a place said to be too high
    holds what the municipality's other places leave (Bjuv).
    """
    table = pd.read_csv(REFERENCE / "places" / "places_fh.csv", dtype={"kommun_kod": str})
    table = table.loc[~table["place_id"].isin(ENTRIES_LEFT_OUT)].sort_values(["kommun_kod", "place_id"])
    total = table["kommun_kod"].map(population().groupby("municipality_code")["pop"].sum())
    others = table.groupby("kommun_kod")["population"].transform("sum") - table["population"]
    too_high = table["flag"].fillna("").str.contains("too high")
    persons = table["population"].mask(too_high, total - others)
    weight = persons / persons.groupby(table["kommun_kod"]).transform("sum") * total
    coastal = table["name"].isin(list(SEAWARD))
    density = np.where(weight > TOWN_PERSONS, PERSONS_PER_KM2_TOWN, PERSONS_PER_KM2)
    area_km2 = weight / density * np.where(coastal, 2, 1)
    return pd.DataFrame(
        {
            "place": table["name"],
            "municipality_code": table["kommun_kod"],
            "lat": table["lat"],
            "lon": table["lon"],
            "weight": weight,
            "radius_km": np.maximum(RADIUS_LEAST_KM, np.sqrt(area_km2 / np.pi)),
            "seaward": table["name"].map(SEAWARD),
        }
    ).reset_index(drop=True)


@cache
def mother_tongues() -> pd.DataFrame:
    """Read the languages other than Swedish: ``code`` and ``speakers`` in Sweden (Parkvall, 2012, national)."""
    languages = pd.read_csv(REFERENCE / "languages.csv").dropna(subset="calibration_key")
    numbers = pd.read_csv(REFERENCE / "calibration" / "calibration_numbers.csv", index_col="key")["value"]
    speakers = languages["calibration_key"].map(numbers).astype(float)
    return pd.DataFrame({"code": languages["code"], "speakers": speakers}).reset_index(drop=True)
