"""Invented people with real shares: who lives where, how old, of which background, speaking what.

Everything countable comes from ``data/reference``; everything else is a named assumption below. Draws are
spread evenly over the real distribution (one person per equal slice of the population), so that shares fit
within a person or two instead of within chance. Independent of each other, for want of joint tables: age and
background, place and both. Nobody drawn here exists: names, phones and addresses are invented too.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from faker import Faker
from numpy.typing import NDArray

from engine.reference import MUNICIPALITIES
from simulations.shares import AGES, backgrounds, mother_tongues, places, population

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SWEDISH_SHARE_FOREIGN_BACKGROUND = 0.90
"""Assumption: share of people with foreign background who speak Swedish well enough for a visit."""

OTHER_TONGUE_SHARE_FOREIGN_BACKGROUND = 0.80
"""Assumption: share of people with foreign background with another mother tongue; the others have Swedish."""

ENGLISH_SHARE_BELOW_65 = 0.60
"""Assumption: share of those aged 12-64 who would also hold the visit in English."""

ENGLISH_SHARE_FROM_65 = 0.25
"""Assumption: the same from 65."""

KM_PER_DEGREE = 111.195
"""Length of a degree of latitude on the sphere the engine measures with (radius 6371.0088 km)."""

PHONES = [f"070-1740{number}" for number in range(605, 700)]
"""The series PTS keeps free for fiction; numbers repeat."""

MAIL_DOMAINS = ("example.org", "example.com")
"""Reserved for examples (RFC 2606): no message sent there reaches anybody."""

AGE_BANDS = (
    (0, 5),
    (6, 15),
    (16, 17),
    (18, 24),
    (25, 34),
    (35, 44),
    (45, 54),
    (55, 64),
    (65, 69),
    (70, 74),
    (75, 79),
    (80, 84),
    (85, 100),
)

POOL = 400
"""How many names and streets of each kind Faker is asked for; people draw from these with repetition."""

POOL_SEED = 1
"""The pools are the same for every town; who is called what depends on the town's own seed."""


def people(n: int, rng: np.random.Generator, start: date, age_weight: Floats | None = None) -> pd.DataFrame:
    """Draw n people from the real population.

    Parameters
    ----------
    start
        Ages count at the end of this year.
    age_weight
        Shape (101,): how much more likely each age is than in the population; absent means as in it.

    Returns
    -------
    DataFrame
        municipality_code, place, lat, lon, age, sex (F or M), foreign_background, birth_year and languages
        (codes joined by ``;``), in random order.
    """
    cells = population()
    weight = cells["pop"].to_numpy(float)
    weight = weight if age_weight is None else weight * age_weight[cells["age"]]
    everybody = np.zeros(n, int)
    drawn = cells.iloc[pick(np.zeros(len(cells), int), weight, everybody, rng)].drop(columns="pop")
    drawn = drawn.iloc[rng.permutation(n)].reset_index(drop=True)

    codes = sorted(MUNICIPALITIES)
    home = np.searchsorted(codes, drawn["municipality_code"].to_numpy(str))
    area = backgrounds()
    area_group = area["municipality_code"].map(codes.index) * 2 + (area["sex"] == "M")
    chosen = pick(area_group.to_numpy(), area["pop"].to_numpy(float), home * 2 + (drawn["sex"] == "M").to_numpy(), rng)
    drawn["foreign_background"] = area["foreign_background"].to_numpy()[chosen]
    where = places()
    chosen = pick(where["municipality_code"].map(codes.index).to_numpy(), where["weight"].to_numpy(), home, rng)
    drawn["place"] = where["place"].to_numpy()[chosen]
    drawn["lat"], drawn["lon"] = _scatter(where.iloc[chosen], rng)
    drawn["birth_year"] = start.year - drawn["age"]
    drawn["languages"] = _languages(drawn, rng)
    return drawn


def pick(group_of_cell: Ints, weight: Floats, group: Ints, rng: np.random.Generator) -> Ints:
    """Pick one cell of the given group for each person, in proportion to weight, evenly spread within a group.

    Parameters
    ----------
    group_of_cell, weight
        By cell; the cells of a group lie together, groups ascending and without gaps from 0.
    group
        By person.
    """
    totals = np.bincount(group_of_cell, weight)
    base = totals.cumsum() - totals
    position = base[group] + _spread_within(group, rng) * totals[group]
    cell = np.searchsorted(weight.cumsum(), position, side="right")
    first = np.searchsorted(group_of_cell, group)
    last = np.searchsorted(group_of_cell, group, side="right") - 1
    return np.clip(cell, first, last)  # rounding may push the very last position over the edge


def choose(shares: Floats, rng: np.random.Generator) -> Ints:
    """Choose one column for each row, in proportion to the row's shares: shape (n, k) to (n,)."""
    edges = shares.cumsum(axis=1)
    chosen: Ints = (rng.random((len(shares), 1)) * edges[:, -1:] >= edges[:, :-1]).sum(axis=1)
    return chosen


def fitted_margins(drawn: pd.DataFrame, age_weight: Floats | None = None) -> pd.DataFrame:
    """Compare the shares of drawn people with the real ones.

    Parameters
    ----------
    drawn
        What :func:`people` returned.
    age_weight
        The same weights the people were drawn with.

    Returns
    -------
    DataFrame
        margin (municipality, age_sex, background), group, drawn_share, real_share and deviation, absolute.
        Background is by municipality: those of foreign background there, among all.
    """
    real = population()
    real = real.assign(weight=real["pop"] * (1.0 if age_weight is None else age_weight[real["age"]]))
    areas = backgrounds()
    foreign = areas.loc[areas["foreign_background"]].groupby(["municipality_code", "sex"])["pop"].sum()
    by_home = real.groupby(["municipality_code", "sex"])[["pop", "weight"]].sum()
    foreign = (by_home["weight"] * foreign / by_home["pop"]).groupby("municipality_code").sum()
    abroad = drawn.loc[drawn["foreign_background"]]
    margins = {
        "municipality": (real.groupby("municipality_code")["weight"].sum(), drawn["municipality_code"]),
        "age_sex": (real.groupby(_age_sex(real))["weight"].sum(), _age_sex(drawn)),
        "background": (foreign, abroad["municipality_code"]),
    }
    rows = []
    for margin, (weight, groups) in margins.items():
        real_share = weight / real["weight"].sum()
        drawn_share = (groups.value_counts() / len(drawn)).reindex(real_share.index, fill_value=0.0)
        table = pd.DataFrame({"drawn_share": drawn_share, "real_share": real_share}).rename_axis("group").reset_index()
        rows.append(table.assign(margin=margin, deviation=(drawn_share - real_share).abs().to_numpy()))
    return pd.concat(rows, ignore_index=True)[["margin", "group", "drawn_share", "real_share", "deviation"]]


def contacts(drawn: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent name, phone, email and address for each person; ``phone`` and ``email`` lead nowhere."""
    n = len(drawn)
    pools = _pools()
    women = (drawn["sex"] == "F").to_numpy()
    first = np.where(women, rng.choice(pools["F"], n), rng.choice(pools["M"], n))
    last = rng.choice(pools["last"], n)
    street, number = rng.choice(pools["street"], n), rng.integers(1, 100, n)
    plain = {name: _plain(name) for name in {*first, *last}}
    domain = rng.choice(np.array(MAIL_DOMAINS, object), n)
    return pd.DataFrame(
        {
            "name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "phone": rng.choice(np.array(PHONES, object), n),
            "email": [f"{plain[a]}.{plain[b]}@{d}" for a, b, d in zip(first, last, domain, strict=True)],
            "address": [f"{s} {k}, {p}" for s, k, p in zip(street, number, drawn["place"], strict=True)],
        }
    )


def protect(residents: pd.DataFrame, chosen: Bools) -> pd.DataFrame:
    """Give the chosen residents, and nobody else, a protected identity: no address, no place."""
    return residents.assign(
        address=residents["address"].mask(chosen, ""),
        lat=residents["lat"].mask(chosen),
        lon=residents["lon"].mask(chosen),
        protected_identity=np.where(chosen, "yes", ""),
    )


def ages(*bands: tuple[int, int, float]) -> Floats:
    """Weigh ages by bands (first, last, weight): shape (101,), zero elsewhere."""
    weight = np.zeros(AGES)
    for first, last, worth in bands:
        weight[first : last + 1] = worth
    return weight


def _spread_within(group: Ints, rng: np.random.Generator) -> Floats:
    """Give each person a number in [0, 1): a group of k has exactly one in each of k equal slices."""
    order = np.lexsort((rng.random(len(group)), group))
    size = np.bincount(group)
    rank = np.empty(len(group))
    rank[order] = np.arange(len(group)) - np.repeat(size.cumsum() - size, size)
    return (rank + rng.random(len(group))) / size[group]


def _scatter(home: pd.DataFrame, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Scatter around the centre, evenly over the disc; on the coast over its inland half. Degrees, 5 decimals."""
    n = len(home)
    away_km = home["radius_km"].to_numpy() * np.sqrt(rng.random(n))
    seaward = home["seaward"].to_numpy()
    bearing = np.where(np.isnan(seaward), 360 * rng.random(n), seaward + 90 + 180 * rng.random(n))
    north_km, east_km = away_km * np.cos(np.radians(bearing)), away_km * np.sin(np.radians(bearing))
    lat = home["lat"].to_numpy() + north_km / KM_PER_DEGREE
    lon = home["lon"].to_numpy() + east_km / KM_PER_DEGREE / np.cos(np.radians(home["lat"].to_numpy()))
    return lat.round(5), lon.round(5)


def _languages(drawn: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Swedish first, then the mother tongue, then English."""
    n, foreign = len(drawn), drawn["foreign_background"].to_numpy()
    tongues = mother_tongues()
    nobody_else = np.zeros(n, int)
    cells = np.zeros(len(tongues), int)
    tongue = tongues["code"].to_numpy(object)[pick(cells, tongues["speakers"].to_numpy(), nobody_else, rng)]
    other = foreign & (rng.random(n) < OTHER_TONGUE_SHARE_FOREIGN_BACKGROUND)
    swedish = ~other | (rng.random(n) < SWEDISH_SHARE_FOREIGN_BACKGROUND)
    age = drawn["age"].to_numpy()
    english = (rng.random(n) < np.where(age < 65, ENGLISH_SHARE_BELOW_65, ENGLISH_SHARE_FROM_65)) & (age >= 12)
    spoken = zip(swedish.tolist(), other.tolist(), tongue, english.tolist(), strict=True)
    return [";".join(dict.fromkeys(s * ["sv"] + o * [t] + e * ["en"])) for s, o, t, e in spoken]


@cache
def _pools() -> dict[str, NDArray[np.object_]]:
    """Names and streets, asked of Faker once: its calls are the slow part. Never ``ssn()``."""
    fake = Faker("sv_SE")
    fake.seed_instance(POOL_SEED)
    makers = {
        "F": fake.first_name_female,
        "M": fake.first_name_male,
        "last": fake.last_name,
        "street": fake.street_name,
    }
    return {kind: np.array([make() for _ in range(POOL)], object) for kind, make in makers.items()}


def _plain(name: str) -> str:
    """Åsa-Maria -> asa-maria: what fits in a mail address."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if letter.isascii() and (letter.isalnum() or letter == "-"))


def _age_sex(table: pd.DataFrame) -> pd.Series:
    """Name age band and sex: ``25-34 F``, in the bands SCB's table of age bands uses."""
    band = pd.cut(table["age"], [-1, *(last for _, last in AGE_BANDS)], labels=[f"{a}-{b}" for a, b in AGE_BANDS])
    return band.astype(str) + " " + table["sex"]
