"""`rewardlab audit`, `rewardlab distances` and `rewardlab repair`."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rewardlab.cli.subjects import Subject, subject_of, told_by_option
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
    from rewardlab.reports.audit_text import audit_lines

    subject = subject_of(options, options.out, reward=[options.reward], against=[options.against])
    reward, against = subject.rewards.get(options.reward), subject.rewards.get(options.against)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn()
    # Elsewhere than in a terminal it would leave an empty line behind.
    bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with told_by_option(options), bars:
        found = audited(
            subject.env,
            reward,
            against=against,
            shaping=options.shaping,
            wrappers=options.wrapper,
            gamma=subject.gamma,
            horizon=options.horizon,
            episodes=options.episodes,
            seed=options.seed,
            search=None if options.search is None else _search(options, subject, bars),
            on_progress=_advancing(bars, options.episodes, "episodes of"),
        )
    if options.json:
        print(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        lines = audit_lines(found, min(120, shutil.get_terminal_size().columns), _watch(options))
        print(*map(one_line, lines), sep="\n")
    if options.out is not None:  # after it is said, which no full disk can take away then
        files = _write(found, subject, options)
        print("" if options.json else f"\nWritten: {', '.join(files)} in {options.out}\n", end="")
    subject.env.close()
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


def _write(found: Audit, subject: Subject, options: argparse.Namespace) -> list[str]:
    """The findings as JSON, and the objective under pressure as a picture, where there is a table; their names."""
    from rewardlab.audit.audited_case import audited_case
    from rewardlab.audit.pressure.under_pressure import under_pressure
    from rewardlab.lab.written_beside import write_text
    from rewardlab.reports.goodhart_curve import draw_goodhart_curve

    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found.as_dict(), indent=2, allow_nan=False)
    findings = write_text(options.out / "audit.json", [text, "\n"])
    if found.safe is None:
        return [findings.name]
    reward, against = subject.rewards.get(options.reward), subject.rewards.get(options.against)
    case = audited_case(
        subject.env, reward, against=against, shaping=options.shaping, wrappers=options.wrapper, gamma=subject.gamma,
        horizon=options.horizon,
    )  # fmt: skip
    picture = options.out / "under_pressure.png"
    draw_goodhart_curve(under_pressure(case), picture, proxy=case.proxy_name, objective=case.objective_name)
    return [findings.name, picture.name]


def repair(options: argparse.Namespace) -> int:
    """Propose the nearest rewards that are safe, each audited before it is shown."""
    from rewardlab.audit.repair import repair as repaired
    from rewardlab.lab.quick_comparison import QUICK_PPO
    from rewardlab.lab.written_beside import write_text
    from rewardlab.reports.repair_text import repair_lines
    from rewardlab.reports.spec_text import spec_text

    folder = None if options.out is None else options.out.parent
    subject = subject_of(options, folder, reward=[options.reward], against=[options.against])
    with told_by_option(options):
        found = repaired(
            subject.env,
            subject.rewards.get(options.reward),
            against=subject.rewards.get(options.against),
            shaping=options.shaping,
            gamma=subject.gamma,
            horizon=options.horizon,
            occupation=options.occupation,
        )
    subject.env.close()
    spec = found.spec(options.environment, subject.settings, algorithm={"settings": QUICK_PPO})
    if options.json:
        print(json.dumps({**found.as_dict(), "spec": spec}, indent=2, allow_nan=False))
    else:
        print(*repair_lines(found, min(120, shutil.get_terminal_size().columns)), sep="\n")
        if options.out is None and spec is not None:
            print("\nTo train on these: add --out repair.toml, then rewardlab run repair.toml")
    if options.out is not None and spec is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(options.out, [spec_text(spec)])
        if not options.json:
            print(f"\nWritten: {options.out}; train on it with: {shlex.join(['rewardlab', 'run', str(options.out)])}")
    return 0 if found.already_safe or found.proposals else 1


def distances(options: argparse.Namespace) -> int:
    """Show how far the rewards of an environment are from each other."""
    from rewardlab.audit.distances import distance_matrix
    from rewardlab.reports.distance_map import draw_distance_map

    subject = subject_of(options, options.out, reward=options.reward)
    with told_by_option(options):
        matrix = distance_matrix(subject.env, subject.rewards or None, kind=options.kind, gamma=subject.gamma)
    subject.env.close()
    print(f"{matrix.kind.upper()} distances, gamma {matrix.gamma:g}; 0 is the same order of policies, 1 the opposite")
    print(matrix.as_text())
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        print(f"Written: {draw_distance_map(matrix, options.out / f'{matrix.kind}.png')}")
    return 0


def _search(options: argparse.Namespace, subject: Subject, bars: Progress) -> Callable[[], ExploitSearch]:
    def train() -> ExploitSearch:
        from rewardlab.agents.environments import ENVIRONMENT_REWARD
        from rewardlab.agents.exploit_search import search_exploit

        shaping = [{"kind": "potential_shaping", "potential": options.shaping}] if options.shaping else []
        return search_exploit(
            options.environment,
            subject.settings,
            subject.rewards.get(options.reward, ENVIRONMENT_REWARD),
            objective=subject.rewards.get(options.against),
            gamma=subject.gamma,
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
