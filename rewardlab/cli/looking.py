"""`rewardlab list` and `rewardlab watch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from rewardlab.cli.subjects import subject_of, told_by_option
from rewardlab.cli.words import one_line
from rewardlab.errors import BadInput, Problem, nearest, one_of

if TYPE_CHECKING:
    from rewardlab.plugins.declared import DeclaredPlugin
    from rewardlab.reports.replay import Frame

__all__ = ["list_all", "watch"]


def list_all(options: argparse.Namespace) -> int:
    """Show plugins, their environments and the experiments that come along, without importing anybody's code."""
    from rewardlab.plugins.declared import declared_plugins

    plugins = declared_plugins()
    if options.plugin is not None or options.check:
        return _look_at_plugins(plugins, options)
    print("environments (rewardlab list NAME shows what one offers; rewardlab list --check tries each):")
    for plugin in plugins:
        for environment in plugin.environment_ids:
            print(f"  {one_line(environment)}")
        if not plugin.environment_ids and not plugin.faults:
            print(f"  {plugin.module}: rewardlab list {plugin.module} shows its environments")
        for fault in plugin.faults:
            print(f"  plugin {one_line(plugin.module)}: {one_line(fault)}")
    print("  and all of Gymnasium's own, as CartPole-v1")
    _list_experiments()
    return 0


def _list_experiments() -> None:
    from rewardlab.lab.shipped import shipped_experiments
    from rewardlab.lab.study_spec import read_any_spec

    print("experiments:")
    for name, path in shipped_experiments().items():
        print(f"  {name}", f"    {read_any_spec(path).question}", sep="\n")


def _look_at_plugins(plugins: list[DeclaredPlugin], options: argparse.Namespace) -> int:
    """Try one plugin or all, each in a process of its own."""
    from rewardlab.plugins.looked_at import LookedAt, look_at

    chosen = plugins
    if options.plugin is not None:
        module = options.plugin.partition(":")[0]
        chosen = [plugin for plugin in plugins if plugin.module == module]
        if not chosen:
            raise BadInput(one_of("NAME", module, [plugin.module for plugin in plugins], "plugin"))
    is_sound = True
    for plugin in chosen:
        hopeless = "; ".join(plugin.faults) if not plugin.environment_ids and plugin.faults else ""
        seen = LookedAt(plugin.module, hopeless) if hopeless else look_at(plugin.module, seconds=options.time_limit)
        is_sound = is_sound and seen.is_sound and not plugin.faults
        name = one_line(plugin.module)
        faults = [fault for fault in plugin.faults if fault not in hopeless]
        print(*(f"plugin {name}: {one_line(fault)}" for fault in faults), sep="\n", end="\n" if faults else "")
        if seen.fault:
            print(f"plugin {name} could not be loaded: {one_line(seen.fault)}")
        elif options.plugin is None:
            made = sum("fault" not in offered for offered in seen.environments.values())
            print(f"plugin {name}: environments that can be made: {made}")
        elif ":" in options.plugin and options.plugin not in seen.environments:
            got, fix = repr(options.plugin), nearest(options.plugin, seen.environments)
            raise BadInput(Problem("NAME", got, f"an environment of {name}: `rewardlab list {name}` shows them", fix))
        for environment, offered in seen.environments.items():
            _print_environment(environment, offered, options.plugin)
    return 0 if is_sound else 1


def _print_environment(environment: str, offered: dict[str, Any], asked: str | None) -> None:
    """What an environment offers, if it was asked for; its fault in any case."""
    if asked is not None and ":" in asked and asked != environment:
        return
    if "fault" in offered:
        print(one_line(environment), f"  cannot be made: {one_line(offered['fault'])}", sep="\n")
    elif asked is not None:
        print(one_line(environment))
        for kind in ("reward", "potential"):
            for name, summary in offered.get(f"{kind}s", {}).items():
                meant = " (the objective)" if kind == "reward" and name == offered["objective"] else ""
                print(one_line(f"  {kind:<10} {name}{meant}: {summary}"))
        if "events" in offered:
            print(one_line(f"  events     {', '.join(offered['events'])}"))


def watch(options: argparse.Namespace) -> int:
    """Play an episode in the terminal, or into an animated picture."""
    from rewardlab.agents.environments import make_single
    from rewardlab.lab.playing import choose_actions
    from rewardlab.reports.replay import play_again, write_gif
    from rewardlab.rewards.catalogue import Catalogue

    subject = subject_of(options, None, reward=[options.reward])
    gamma, probe = subject.gamma, subject.env
    catalogue = Catalogue.of(probe)
    reward: Any = "environment"
    if catalogue is not None:
        reward = subject.rewards.get(options.reward, catalogue.objective)
        catalogue.reward(reward, "--reward")
    elif options.reward not in (None, "environment"):
        raise BadInput(Problem("--reward", repr(options.reward), "'environment': this environment has no catalogue"))
    mode = _checked_mode(options, probe.metadata.get("render_modes", ()))
    env = make_single(options.environment, subject.settings, reward, mode)
    unknown = [action for action in options.actions or () if not env.action_space.contains(action)]
    if unknown:
        raise BadInput(Problem("--actions", ",".join(map(str, unknown)), f"actions of {env.action_space}"))
    with told_by_option(options):
        actions = options.actions or choose_actions(env, options.policy, options.seed, gamma, options.state)
    frames = play_again(env, options.seed, actions, options.state)
    if options.out is None:
        with told_by_option(options):  # where an episode may begin shows only as it is played
            _show(frames, options.delay)
        return 0
    paid = options.reward or (catalogue.objective if catalogue else "environment")
    player = "given actions" if options.actions else options.policy
    title = f"{options.environment.rpartition('/')[2]}, {paid}, {player}"
    with told_by_option(options):
        print(f"Written: {write_gif(frames, title, options.out)}")
    return 0


def _checked_mode(options: argparse.Namespace, modes: Collection[str]) -> str:
    """The render mode that is needed."""
    mode = "ansi" if options.out is None else "rgb_array"
    problems = []
    if mode not in modes:
        fix = "it draws only text: leave --out out" if "ansi" in modes else ""
        if options.out is None and "rgb_array" in modes:
            fix = "it draws images: --out FILE.gif writes them"
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
