"""`rewardlab list` and `rewardlab watch`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rewardlab.cli.words import one_line
from rewardlab.errors import BadInput, Problem

__all__ = ["list_all", "watch"]


def list_all(options: argparse.Namespace) -> int:
    """Show environments, rewards, potentials and experiments."""
    import gymnasium as gym
    from rich.console import Console
    from rich.text import Text

    from rewardlab.lab.shipped import shipped_experiments
    from rewardlab.lab.study_spec import read_any_spec
    from rewardlab.plugins import load_plugins
    from rewardlab.rewards.catalogue import Catalogue

    del options
    console = Console()
    for plugin in load_plugins():
        if plugin.fault:
            console.print(Text(f"plugin {plugin.module} could not be loaded: {plugin.fault}"))
        for environment in plugin.environment_ids:
            console.print(Text(environment, style="bold"))
            try:
                catalogue = Catalogue.of(gym.make(environment))
            except Exception as fault:  # a stranger's environment must not hide the others
                console.print(Text(f"  cannot be made: {one_line(f'{type(fault).__name__}: {fault}')}"))
                continue
            if catalogue is None:
                continue
            for name, reward in catalogue.rewards.items():
                gamed = f" Exploit {reward.exploit.name}: {reward.exploit.summary}" if reward.exploit else ""
                console.print(Text(f"  reward     {name}: {reward.summary}{gamed}"))
            for name, potential in catalogue.potentials.items():
                console.print(Text(f"  potential  {name}: {potential.summary}"))
            console.print(Text(f"  events     {', '.join(catalogue.events)}"))
    for name, path in shipped_experiments().items():
        console.print(Text(f"experiment {name}", style="bold"))
        console.print(Text(f"  {read_any_spec(path).question}"))
    return 0


def watch(options: argparse.Namespace) -> int:
    """Play an episode in the terminal."""
    import time

    from rewardlab.agents.environments import make_single
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.playing import choose_actions
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.reports.replay import caption, play_again
    from rewardlab.rewards.catalogue import Catalogue
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    settings = dict(options.set)
    probe = checked_environment(options.environment, settings, "ENV", "--set", allowed_modules=options.allow_code)
    catalogue = Catalogue.of(probe)
    reward: Any = "environment"
    if catalogue is not None:
        reward = parse_reward(options.reward or catalogue.objective)
        catalogue.reward(reward, "--reward")
    elif options.reward not in (None, "environment"):
        raise BadInput(Problem("--reward", repr(options.reward), "'environment': this environment has no catalogue"))
    if "ansi" not in probe.metadata.get("render_modes", ()):
        raise BadInput(Problem("ENV", options.environment, "an environment with render mode 'ansi'"))
    env = make_single(options.environment, settings, reward, "ansi")
    unknown = [action for action in options.actions or () if not env.action_space.contains(action)]
    if unknown:
        raise BadInput(Problem("--actions", ",".join(map(str, unknown)), f"actions of {env.action_space}"))
    actions = options.actions or choose_actions(env, options.policy, options.seed, gamma, options.state)
    live = sys.stdout.isatty()
    for frame in play_again(env, options.seed, actions, options.state):
        if live:
            print("\033[2J\033[H", end="")
        print(frame.picture, *caption(frame), "", sep="\n", flush=True)
        if live:
            time.sleep(options.delay)
    return 0
