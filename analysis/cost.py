"""GPU-hours to money."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def rental_usd(gpu_hours: ArrayLike, price_usd_per_gpu_hour: ArrayLike) -> np.ndarray:
    """Rent [US$] of `gpu_hours` [GPU-hour] at a price [US$ per GPU-hour]; both broadcast."""
    return np.asarray(gpu_hours) * np.asarray(price_usd_per_gpu_hour)
