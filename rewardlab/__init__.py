"""rewardlab."""
