"""A line for each command that shows what it looks like, told by its ``--help``."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

_DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"

EXAMPLES = {
    "run": "rewardlab run delivery",
    "compare": f"rewardlab compare {_DELIVERY} --reward on_time --reward speed",
    "status": "rewardlab status",
    "results": "rewardlab results delivery",
    "report": "rewardlab report delivery --out page.html",
    "compare-reports": "rewardlab compare-reports results/first results/second",
    "figure": "rewardlab figure delivery --kind goodhart --out plane.pdf",
    "reproduce": "rewardlab reproduce hacked:0 --in delivery",
    "audit": f"rewardlab audit {_DELIVERY} --reward speed",
    "repair": f"rewardlab repair {_DELIVERY} --reward speed --out repair.toml",
    "distances": "rewardlab distances rewardlab_envs:rewardlab/BoatRace-v0 --kind epic",
    "lesson": "rewardlab lesson huber-table --out pictures",
    "losses": "rewardlab losses",
    "rules": "rewardlab losses rules",
    "advise": "rewardlab losses advise --output probability --data imbalance --mistake false-negatives",
    "list": f"rewardlab list {_DELIVERY}",
    "check": "rewardlab check CartPole-v1",
    "new": "rewardlab new reward my_garden",
    "watch": f"rewardlab watch {_DELIVERY} --reward speed --out episode.gif",
}
"""By the name of the command."""
