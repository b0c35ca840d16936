"""What handling costs, by the assumptions of ``data/reference/costs.toml``; here they only become parameters."""

from __future__ import annotations

import tomllib
from functools import cache

from engine.reference import REFERENCE


@cache
def handling() -> dict[str, float]:
    """Give the parameters of the cost queries: ``sek_per_minute`` and the minutes of each thing that is handled."""
    told = tomllib.loads((REFERENCE / "costs.toml").read_text(encoding="utf-8"))
    minutes = {f"minutes_per_{what}": float(needed) for what, needed in told["minutes"].items()}
    return minutes | {"sek_per_minute": float(told["coordinator_sek_per_hour"]) / 60}
