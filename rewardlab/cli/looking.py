"""`rewardlab list` and `rewardlab watch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from rewardlab.cli.words import one_line
from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    from rewardlab.reports.replay import Frame

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
    """Play an episode in the terminal, or into an animated picture."""
    from rewardlab.agents.environments import make_single
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.playing import choose_actions
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.reports.replay import play_again, write_gif
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
    mode = _checked_mode(options, probe.metadata.get("render_modes", ()))
    env = make_single(options.environment, settings, reward, mode)
    unknown = [action for action in options.actions or () if not env.action_space.contains(action)]
    if unknown:
        raise BadInput(Problem("--actions", ",".join(map(str, unknown)), f"actions of {env.action_space}"))
    actions = options.actions or choose_actions(env, options.policy, options.seed, gamma, options.state)
    frames = play_again(env, options.seed, actions, options.state)
    if options.out is None:
        _show(frames, options.delay)
        return 0
    paid = options.reward or (catalogue.objective if catalogue else "environment")
    player = "given actions" if options.actions else options.policy
    title = f"{options.environment.rpartition('/')[2]}, {paid}, {player}"
    print(f"Written: {write_gif(frames, title, options.out)}")
    return 0


def _checked_mode(options: argparse.Namespace, modes: Collection[str]) -> str:
    """The render mode that is needed."""
    mode = "ansi" if options.out is None else "rgb_array"
    problems = []
    if mode not in modes:
        fix = "" if options.out is None or "ansi" not in modes else "it draws only text: leave --out out"
        problems.append(Problem("ENV", options.environment, f"an environment with render mode {mode!r}", fix))
    if options.out is not None and options.out.suffix != ".gif":
        problems.append(Problem("--out", repr(str(options.out)), "a file that ends in .gif"))
    elif options.out is not None and not options.out.parent.is_dir():
        problems.append(Problem("--out", repr(str(options.out)), "a folder that exists"))
    if problems:
        raise BadInput(*problems)
    return mode


def _show(frames: Iterable[Frame], delay: float) -> None:
    """Print frames, one over the other in a terminal."""
    import time

    from rewardlab.reports.replay import caption

    live = sys.stdout.isatty()
    for frame in frames:
        if live:
            print("\033[2J\033[H", end="")
        print(frame.picture, *caption(frame), "", sep="\n", flush=True)
        if live:
            time.sleep(delay)
