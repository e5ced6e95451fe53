"""One situation of the delivery task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["DeliveryState"]


@final
@dataclass(frozen=True, slots=True)
class DeliveryState:
    """One situation.

    Attributes:
        cell: Where the courier is.
        carrying: Whether the parcel is in the bag; else it waits at the depot.
        waited: The driving minutes since the order came in, up to `rewardlab_envs.delivery.model.MAX_WAIT_MINUTES`.
        customer: Whose parcel is next.
        orders_left: The parcels still to deliver, this one included; 0 when the shift is over.
    """

    cell: int
    carrying: bool
    waited: int
    customer: int
    orders_left: int
