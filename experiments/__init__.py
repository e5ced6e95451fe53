"""The experiments that come with rewardlab, as data; installed under the name ``rewardlab_experiments``."""
