"""The command line: parsing and printing, no logic."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, final

from rewardlab.errors import BadInput, Problem, RewardLabError, nearest

if TYPE_CHECKING:
    from rewardlab.lab.plan import Plan

__all__ = ["main"]

OPTIONS = (
    "--allow-code", "--delay", "--gamma", "--help", "--out", "--policy", "--reward", "--seed", "--seeds", "--shaping",
    "--steps", "--workers",
)  # fmt: skip
EXIT_CODES = "exit codes: 0 done, 1 a run failed, 2 bad input, 130 stopped by Ctrl-C, 143 stopped by SIGTERM"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: The words after the program's name; those of the process by default.
    """
    signal.signal(signal.SIGTERM, _stop)
    # A name or a picture may hold any character, and a terminal or pipe may not know it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        options = _parser().parse_args(arguments)
        code: int = options.command(options)
    except RewardLabError as fault:
        for line in fault.problems if isinstance(fault, BadInput) else [fault]:
            print(f"rewardlab: {_one_line(str(line))}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        print("rewardlab: stopped; what is finished is kept, and the same command goes on from there", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as fault:  # a full disk, a folder that went away
        print(f"rewardlab: {_one_line(str(fault))}; what is finished is kept", file=sys.stderr)
        return 1
    return code


def _one_line(text: str) -> str:
    """What a user wrote comes back in messages, and must neither break their lines nor drive the terminal."""
    return "".join(repr(mark)[1:-1] if unicodedata.category(mark) in ("Cc", "Cs") else mark for mark in text)


def _stop(*_: object) -> NoReturn:
    raise SystemExit(143)


def _run(options: argparse.Namespace) -> int:
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.shipped import find_spec
    from rewardlab.lab.spec import read_spec

    path = find_spec(options.experiment)
    spec = read_spec(path)
    if options.seeds is not None:
        spec = spec.model_copy(update={"seeds": list(range(options.seeds))})
    plan = plan_experiment(spec, str(path), allowed_modules=options.allow_code)
    return _train_and_show(plan, options)


def _compare(options: argparse.Namespace) -> int:
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.quick_comparison import default_reward, quick_comparison
    from rewardlab.rewards.returns import check_gamma

    spec = quick_comparison(
        options.environment,
        options.reward or [default_reward(options.environment, allowed_modules=options.allow_code)],
        options.shaping,
        gamma=check_gamma(options.gamma, "--gamma"),
        seeds=options.seeds,
        steps=options.steps,
    )
    return _train_and_show(plan_experiment(spec, "compare", allowed_modules=options.allow_code), options)


def _train_and_show(plan: Plan, options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.text import Text

    from rewardlab.lab.comparison import compare
    from rewardlab.lab.engine import check_workers
    from rewardlab.lab.experiment import missing_runs, run_experiment
    from rewardlab.lab.store import ResultStore
    from rewardlab.reports.folder import write_report
    from rewardlab.reports.progress import ProgressDisplay
    from rewardlab.reports.table import comparison_notes, comparison_tables

    console = Console()
    workers = check_workers(options.workers)
    folder = Path("results") / plan.spec.name if options.out is None else options.out
    store = ResultStore(folder / "results.sqlite")
    missing = missing_runs(plan, store)
    distinct = len({run.identity for run in plan.runs})  # variants that differ in name alone share their runs
    console.print(Text(f"{plan.spec.name}: {distinct} runs, {distinct - len(missing)} of them finished"))
    with ProgressDisplay(console, len(missing), plan.spec.budget_steps) as display:
        run_experiment(missing, store, workers, display)
    comparison = compare(plan, store)
    files = write_report(comparison, folder, lambda text: console.print(Text(text)))
    for table in comparison_tables(comparison, console.width):
        console.print(table)
    for note in comparison_notes(comparison):
        console.print(Text(note), soft_wrap=True)
    console.print("Written:")
    for file in [*files, store.path]:
        console.print(Text(f"  {file}"), soft_wrap=True)
    return 1 if any(variant.failures for variant in comparison.variants) else 0


def _list(options: argparse.Namespace) -> int:
    import gymnasium as gym
    from rich.console import Console
    from rich.text import Text

    from rewardlab.lab.shipped import shipped_experiments
    from rewardlab.lab.spec import read_spec
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
                console.print(Text(f"  cannot be made: {_one_line(f'{type(fault).__name__}: {fault}')}"))
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
        console.print(Text(f"  {read_spec(path).question}"))
    return 0


def _watch(options: argparse.Namespace) -> int:
    import time

    from rewardlab.agents.environments import make_single
    from rewardlab.lab.playing import choose_actions
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.plugins import environment_spec
    from rewardlab.reports.replay import caption, play_again
    from rewardlab.rewards.catalogue import Catalogue
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    environment_spec(options.environment, allowed_modules=options.allow_code, where="ENV")
    probe = make_single(options.environment, {}, "environment")
    catalogue = Catalogue.of(probe)
    reward: Any = "environment"
    if catalogue is not None:
        reward = parse_reward(options.reward or catalogue.objective)
        catalogue.reward(reward, "--reward")
    elif options.reward not in (None, "environment"):
        raise BadInput(Problem("--reward", repr(options.reward), "'environment': this environment has no catalogue"))
    if "ansi" not in probe.metadata.get("render_modes", ()):
        raise BadInput(Problem("ENV", options.environment, "an environment with render mode 'ansi'"))
    env = make_single(options.environment, {}, reward, "ansi")
    actions = choose_actions(env, options.policy, options.seed, gamma)
    live = sys.stdout.isatty()
    for frame in play_again(env, options.seed, actions):
        if live:
            print("\033[2J\033[H", end="")
        print(frame.picture, *caption(frame), "", sep="\n", flush=True)
        if live:
            time.sleep(options.delay)
    return 0


@final
class _WrongUsage(RewardLabError):
    exit_code = 2


@final
class _Parser(argparse.ArgumentParser):
    """Says what was probably meant, in one line."""

    def error(self, message: str) -> NoReturn:
        word = re.search(r"(?:invalid choice: '|unrecognized arguments: )([^\s']*)", message)
        known = re.findall(r"'([^']*)'", message.partition("(choose from ")[2])
        fix = nearest(word[1], known or OPTIONS) if word else ""
        raise _WrongUsage(f"{message}; {fix or f'see `{self.prog} --help`'}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rewardlab",
        description="Write a reward, train on it, and see whether it still asks for what you meant.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="run an experiment: a TOML file, or the name of one that comes along")
    run.add_argument("experiment", metavar="EXPERIMENT", help="for instance: delivery")
    run.add_argument("--seeds", type=_seeds, metavar="N", help="train seeds 0 to N-1 instead of those of the file")
    _add_training_options(run)
    run.set_defaults(command=_run)

    compare = commands.add_parser("compare", help="train on several rewards of an environment and compare them")
    compare.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    compare.add_argument(
        "--reward",
        action="append",
        metavar="R",
        help="a name, or weights as in delivered=1,minutes=-0.01; repeatable (the objective if not given)",
    )
    compare.add_argument("--shaping", action="append", default=[], metavar="P", help="train each reward with it too")
    compare.add_argument("--seeds", type=_seeds, default=5, metavar="N", help="number of seeds (default: 5)")
    compare.add_argument("--steps", type=_count, default=140_000, metavar="N", help="of each run (default: 140000)")
    compare.add_argument("--gamma", type=float, default=0.97, metavar="G", help="the discount (default: 0.97)")
    _add_training_options(compare)
    compare.set_defaults(command=_compare)

    listing = commands.add_parser("list", help="show environments, rewards, potentials and experiments")
    listing.set_defaults(command=_list)

    watch = commands.add_parser("watch", help="play an episode in the terminal")
    watch.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    watch.add_argument("--reward", metavar="R", help="what is paid (default: the objective)")
    watch.add_argument(
        "--policy", choices=("optimal", "random"), default="optimal", help="who plays (default: optimal)"
    )
    watch.add_argument("--gamma", type=float, default=0.97, metavar="G", help="the discount of optimal (default: 0.97)")
    watch.add_argument("--seed", type=_seed, default=0, metavar="N", help="of the episode (default: 0)")
    watch.add_argument("--delay", type=_seconds, default=0.4, metavar="SECONDS", help="between frames (default: 0.4)")
    _add_code_option(watch)
    watch.set_defaults(command=_watch)
    return parser


def _add_training_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, metavar="DIR", help="where results go (default: results/NAME)")
    command.add_argument("--workers", type=int, metavar="N", help="processes at once (default: all cores)")
    _add_code_option(command)


def _add_code_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--allow-code", action="append", default=[], metavar="MODULE", help="let this module be imported; repeatable"
    )


def _count(text: str) -> int:
    return _whole(text, 1, 10**12)


def _seeds(text: str) -> int:
    return _whole(text, 1, 10_000)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number in [{least}, {most}]")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected seconds in [0, 3600]")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
