"""Environments for rewardlab. Importing this package registers them with Gymnasium.

Their ids are written with the module, as in ``rewardlab_envs:rewardlab/Delivery-v0``, so that a worker process that has
not imported it yet finds them too.
"""

import gymnasium as gym

gym.register(
    "rewardlab/Delivery-v0",
    entry_point="rewardlab_envs.delivery:delivery_env",
    vector_entry_point="rewardlab_envs.delivery:delivery_vector_env",
    max_episode_steps=40,
)
gym.register(
    "rewardlab/Gridworld-v0",
    entry_point="rewardlab_envs.gridworld:gridworld_env",
    vector_entry_point="rewardlab_envs.gridworld:gridworld_vector_env",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/NoisyGridworld-v0",
    entry_point="rewardlab_envs.gridworld:noisy_gridworld_env",
    vector_entry_point="rewardlab_envs.gridworld:noisy_gridworld_vector_env",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/DelayedCredit-v0",
    entry_point="rewardlab_envs.delayed_credit:delayed_credit_env",
    vector_entry_point="rewardlab_envs.delayed_credit:delayed_credit_vector_env",
    max_episode_steps=600,
)
gym.register(
    "rewardlab/BoatRace-v0",
    entry_point="rewardlab_envs.boat_race:boat_race_env",
    vector_entry_point="rewardlab_envs.boat_race:boat_race_vector_env",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/TomatoGarden-v0",
    entry_point="rewardlab_envs.tomatoes:tomato_garden_env",
    vector_entry_point="rewardlab_envs.tomatoes:tomato_garden_vector_env",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/TomatoWatering-v0",
    entry_point="rewardlab_envs.tomatoes:TomatoWateringEnv",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/Endgame-v0",
    entry_point="rewardlab_envs.endgame:endgame_env",
    vector_entry_point="rewardlab_envs.endgame:endgame_vector_env",
    max_episode_steps=50,
)
gym.register(
    "rewardlab/MiniChess-v0",
    entry_point="rewardlab_envs.minichess:MiniChessEnv",
    vector_entry_point="rewardlab_envs.minichess:MiniChessVectorEnv",
    max_episode_steps=100,
)
gym.register(
    "rewardlab/Chess-v0",
    entry_point="rewardlab_envs.minichess:chess_env",
    vector_entry_point="rewardlab_envs.minichess:chess_vector_env",
    max_episode_steps=300,
)
