"""`rewardlab audit` and `rewardlab distances`."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from rewardlab.audit.searched_exploit import ExploitSearch

__all__ = ["audit", "distances", "setting"]


def audit(options: argparse.Namespace) -> int:
    """Say whether a reward still asks for what was meant."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from rewardlab.audit.auditing import audit as audited
    from rewardlab.audit.finding import LEVELS
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.reports.audit_text import audit_lines
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    settings = dict(options.set)
    env = checked_environment(options.environment, settings, "ENV", "--set", allowed_modules=options.allow_code)
    reward, against = (None if text is None else parse_reward(text) for text in (options.reward, options.against))
    with Progress(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True) as bars:
        found = audited(
            env,
            reward,
            against=against,
            shaping=options.shaping,
            gamma=gamma,
            horizon=options.horizon,
            episodes=options.episodes,
            seed=options.seed,
            search=None if options.search is None else _search(options, settings, reward, against, gamma, bars),
            on_progress=_advancing(bars, options.episodes, "episodes of"),
        )
    env.close()
    if options.json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        print(*audit_lines(found, min(120, shutil.get_terminal_size().columns)), sep="\n")
    if options.fail_on == "never":
        return 0
    return int(LEVELS.index(found.level) <= LEVELS.index(options.fail_on))


def distances(options: argparse.Namespace) -> int:
    """Show how far the rewards of an environment are from each other."""
    from rewardlab.audit.distances import distance_matrix
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.reports.distance_map import draw_distance_map
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    env = checked_environment(
        options.environment, dict(options.set), "ENV", "--set", allowed_modules=options.allow_code
    )
    chosen = {text: parse_reward(text) for text in options.reward}
    matrix = distance_matrix(env, chosen or None, kind=options.kind, gamma=gamma)
    env.close()
    print(f"{matrix.kind.upper()} distances, gamma {matrix.gamma:g}; 0 is the same order of policies, 1 the opposite")
    print(matrix.as_text())
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        print(f"Written: {draw_distance_map(matrix, options.out / f'{matrix.kind}.png')}")
    return 0


def _search(
    options: argparse.Namespace, settings: dict[str, Any], reward: Any, against: Any, gamma: float, bars: Progress
) -> Callable[[], ExploitSearch]:
    def train() -> ExploitSearch:
        from rewardlab.agents.environments import ENVIRONMENT_REWARD
        from rewardlab.agents.exploit_search import search_exploit

        shaping = [{"kind": "potential_shaping", "potential": options.shaping}] if options.shaping else []
        return search_exploit(
            options.environment,
            settings,
            ENVIRONMENT_REWARD if reward is None else reward,
            objective=against,
            gamma=gamma,
            budget_steps=options.search,
            seed=options.seed,
            wrappers=shaping,
            on_progress=_advancing(bars, options.search, "training"),
        )

    return train


def _advancing(bars: Progress, total: int, what: str) -> Callable[[str, int], None]:
    tasks: dict[str, TaskID] = {}

    def advance(name: str, done: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(f"{what} {name}", total=total)
        bars.update(tasks[name], completed=done)

    return advance


def setting(text: str) -> tuple[str, object]:
    """One setting of the environment, ``KEY=VALUE``; a value that is no JSON is text."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
