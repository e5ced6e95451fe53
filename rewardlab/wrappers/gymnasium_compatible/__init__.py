"""Gymnasium's reward wrappers under their own names, with their arguments and what they document, and a ledger line.

To try rewardlab, change the import and nothing else::

    from rewardlab.wrappers.gymnasium_compatible import ClipReward, NormalizeReward, TransformReward
    from rewardlab.wrappers.gymnasium_compatible.vector import ClipReward, NormalizeReward, TransformReward

They pay what those of Gymnasium 1.4 pay, to the last bit, where that is right and where it is not. Where the two part,
the class that is right is the default of this package under a name of its own: `rewardlab.wrappers.ReturnScaling` for
``NormalizeReward``, `rewardlab.wrappers.RewardClipping` for ``ClipReward`` (its vector form leaves reset rows alone and
is quick) and `rewardlab.wrappers.RewardTransform` for ``TransformReward`` (it refuses what is no finite number).
"""

from rewardlab.wrappers.gymnasium_compatible.scalar import ClipReward, NormalizeReward, TransformReward

__all__ = ["ClipReward", "NormalizeReward", "TransformReward"]
