"""`rewardlab audit`, `rewardlab distances` and `rewardlab repair`."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rewardlab.cli.words import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from rewardlab.audit.auditing import Audit
    from rewardlab.audit.sampling.searched_exploit import ExploitSearch

__all__ = ["audit", "distances", "repair", "setting", "wrapper"]


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
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn()
    # Elsewhere than in a terminal it would leave an empty line behind.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        found = audited(
            env,
            reward,
            against=against,
            shaping=options.shaping,
            wrappers=options.wrapper,
            gamma=gamma,
            horizon=options.horizon,
            episodes=options.episodes,
            seed=options.seed,
            search=None if options.search is None else _search(options, settings, reward, against, gamma, bars),
            on_progress=_advancing(bars, options.episodes, "episodes of"),
        )
    if options.out is not None:
        _write(found, env, options, reward, against, gamma)
    env.close()
    if options.json:
        print(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        lines = audit_lines(found, min(120, shutil.get_terminal_size().columns), _watch(options))
        print(*map(one_line, lines), sep="\n")
    if options.fail_on == "never":
        return 0
    return int(LEVELS.index(found.level) <= LEVELS.index(options.fail_on))


def _watch(options: argparse.Namespace) -> str:
    """The command that plays an episode of what was audited, before any shaping or wrapper."""
    words = ["rewardlab", "watch", options.environment]
    for key, value in options.set:
        words += ["--set", f"{key}={json.dumps(value)}"]
    if options.reward is not None:
        words += ["--reward", options.reward]
    for module in options.allow_code:
        words += ["--allow-code", module]
    return shlex.join(words)


def _write(found: Audit, env: Any, options: argparse.Namespace, reward: Any, against: Any, gamma: float) -> None:
    """The findings as JSON, and the objective under pressure as a picture, where there is a table."""
    from rewardlab.audit.audited_case import audited_case
    from rewardlab.audit.pressure.under_pressure import under_pressure
    from rewardlab.reports.goodhart_curve import draw_goodhart_curve

    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "audit.json").write_text(
        json.dumps(found.as_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )
    if found.safe is None:
        return
    case = audited_case(
        env, reward, against=against, shaping=options.shaping, wrappers=options.wrapper, gamma=gamma,
        horizon=options.horizon,
    )  # fmt: skip
    picture = options.out / "under_pressure.png"
    draw_goodhart_curve(under_pressure(case), picture, proxy=case.proxy_name, objective=case.objective_name)


def repair(options: argparse.Namespace) -> int:
    """Propose the nearest rewards that are safe, each audited before it is shown."""
    from rewardlab.audit.repair import repair as repaired
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.quick_comparison import QUICK_PPO, parse_reward
    from rewardlab.reports.repair_text import repair_lines
    from rewardlab.reports.spec_text import spec_text
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    settings = dict(options.set)
    env = checked_environment(options.environment, settings, "ENV", "--set", allowed_modules=options.allow_code)
    reward, against = (None if text is None else parse_reward(text) for text in (options.reward, options.against))
    found = repaired(
        env, reward, against=against, shaping=options.shaping, gamma=gamma, horizon=options.horizon,
        occupation=options.occupation,
    )  # fmt: skip
    env.close()
    spec = found.spec(options.environment, settings, algorithm={"settings": QUICK_PPO})
    if options.json:
        print(json.dumps({**found.as_dict(), "spec": spec}, indent=2, allow_nan=False))
    else:
        print(*repair_lines(found, min(120, shutil.get_terminal_size().columns)), sep="\n")
        if options.out is None and spec is not None:
            print("\nTo train on these: add --out repair.toml, then rewardlab run repair.toml")
    if options.out is not None and spec is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(spec_text(spec), encoding="utf-8")
        if not options.json:
            print(f"\nWritten: {options.out}; train on it with: rewardlab run {options.out}")
    return 0 if found.already_safe or found.proposals else 1


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


def wrapper(text: str) -> dict[str, Any]:
    """A reward wrapper, ``KIND`` or ``KIND:KEY=VALUE,KEY=VALUE``."""
    kind, _, rest = text.partition(":")
    return {"kind": kind, **dict(setting(part) for part in rest.split(",") if part)}


def setting(text: str) -> tuple[str, object]:
    """One setting of the environment, ``KEY=VALUE``; a value that is no JSON is text."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
