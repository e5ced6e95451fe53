"""The words of the command line: commands, options, and what was probably meant by a wrong one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn, final

from rewardlab.cli import (
    advising,
    auditing,
    checking,
    engines,
    figures,
    learning,
    looking,
    making,
    reporting,
    results,
    training,
    words,
)
from rewardlab.errors import RewardLabError, nearest

__all__ = ["make_parser"]

_OPTIONS = (
    "--actions", "--against", "--all", "--allow-code", "--check", "--csv", "--data", "--delay", "--engine",
    "--episodes", "--fail-on", "--false-alarm-cost", "--gamma", "--help", "--horizon", "--in", "--json", "--kind",
    "--largest-number", "--max-retries", "--memory-limit", "--miss-cost", "--mistake", "--negatives",
    "--occupation", "--out", "--output", "--patience", "--policy", "--positives", "--process-limit", "--provenance",
    "--reward", "--scheduler", "--search", "--seed", "--seeds", "--set", "--shaping", "--silence-limit", "--state",
    "--steps", "--tensorboard", "--time-limit", "--tls-ca", "--tls-cert", "--tls-key", "--version",
    "--workers", "--wrapper", "--yes",
)  # fmt: skip
_GOES_ON = "it is not needed: `rewardlab run` goes on with whatever is not finished, and trains what has changed anew"
_NEEDLESS = {"--resume": _GOES_ON, "--continue": _GOES_ON, "--restart": _GOES_ON}
_EXIT_CODES = (
    "exit codes: 0 done, 1 a run failed or an audit found a fault, 2 bad input, 3 the folder of results belongs to"
    " another experiment or process, 4 results cannot be kept there (disk, permission, damage), 130 stopped by Ctrl-C,"
    " 143 by SIGTERM, 141 a training stopped since nobody reads any more what it says"
)


@final
class _WrongUsage(RewardLabError):
    exit_code = 2


@final
class _Parser(argparse.ArgumentParser):
    """Says what was probably meant, in one line."""

    def error(self, message: str) -> NoReturn:
        word = re.search(r"(?:invalid choice: '|unrecognized arguments: )([^\s']*)", message)
        known = re.findall(r"'([^']*)'", message.partition("(choose from ")[2])
        fix = nearest(word[1], known or _OPTIONS) if word else ""
        if word and word[1] in _NEEDLESS:
            fix = _NEEDLESS[word[1]]
        if word and word[1] in _OPTIONS:
            fix = "another command has it, this one does not"
        raise _WrongUsage(f"{message}; {fix or f'see `{self.prog} --help`'}")


@final
class _Version(argparse.Action):
    """Prints the version of what is installed, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from rewardlab import __version__

        print(f"rewardlab {__version__}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """The commands and their options; each names in `command` the function that does it."""
    parser = _Parser(
        prog="rewardlab",
        description="Write a reward, train on it, and see whether it still asks for what you meant.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="run an experiment: a TOML file, or the name of one that comes along")
    run.add_argument("experiment", metavar="EXPERIMENT", help="for instance: delivery")
    run.add_argument("--seeds", type=words.seeds, metavar="N", help="train seeds 0 to N-1 instead of those of the file")
    _add_training_options(run)
    run.set_defaults(command=training.run)

    compare = commands.add_parser("compare", help="train on several rewards of an environment and compare them")
    compare.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    compare.add_argument(
        "--reward",
        action="append",
        metavar="R",
        help="a name, or weights as in delivered=1,minutes=-0.01; repeatable (the objective if not given)",
    )
    compare.add_argument("--shaping", action="append", default=[], metavar="P", help="train each reward with it too")
    compare.add_argument("--seeds", type=words.seeds, default=5, metavar="N", help="number of seeds (default: 5)")
    compare.add_argument(
        "--steps", type=words.count, default=140_000, metavar="N", help="of each run (default: 140000)"
    )
    compare.add_argument("--gamma", type=float, default=0.97, metavar="G", help="the discount (default: 0.97)")
    _add_setting_option(compare)
    _add_training_options(compare)
    compare.set_defaults(command=training.compare)

    _add_results(commands)

    audit = commands.add_parser("audit", help="say whether a reward still asks for what was meant, without training")
    audit.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    audit.add_argument("--reward", metavar="R", help="what is paid: a name, or weights (default: the objective)")
    audit.add_argument("--against", metavar="R", help="what is meant (default: the objective)")
    audit.add_argument("--shaping", metavar="P", help="a potential that is shaped by on top")
    audit.add_argument(
        "--wrapper",
        action="append",
        default=[],
        type=auditing.wrapper,
        metavar="W",
        help="a reward wrapper inside of it, as in clip:min_reward=-1,max_reward=1; repeatable, innermost first",
    )
    audit.add_argument("--gamma", type=float, default=0.99, metavar="G", help="the discount (default: 0.99)")
    audit.add_argument("--horizon", type=words.count, metavar="N", help="the time limit, if it is part of the task")
    audit.add_argument(
        "--episodes",
        type=words.count,
        default=100,
        metavar="N",
        help="to sample where there is no table (default: 100)",
    )
    audit.add_argument(
        "--search", type=words.count, metavar="STEPS", help="there too, train two agents this long to find an exploit"
    )
    audit.add_argument("--seed", type=words.seed, default=0, metavar="N", help="of what is sampled (default: 0)")
    audit.add_argument(
        "--out", type=words.place, metavar="DIR", help="write the findings and a picture into this folder"
    )
    audit.add_argument("--json", action="store_true", help="print the findings as JSON")
    audit.add_argument(
        "--fail-on",
        choices=("unsafe", "caution", "note", "never"),
        default="unsafe",
        help="exit with 1 from this level on (default: unsafe)",
    )
    _add_setting_option(audit)
    _add_code_option(audit)
    audit.set_defaults(command=auditing.audit)

    repair = commands.add_parser("repair", help="propose the nearest rewards that ask for what was meant")
    repair.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    repair.add_argument("--reward", metavar="R", help="what is paid: a name, or weights")
    repair.add_argument("--against", metavar="R", help="what is meant (default: the objective)")
    repair.add_argument("--shaping", metavar="P", help="a potential that is shaped by on top")
    repair.add_argument("--gamma", type=float, default=0.99, metavar="G", help="the discount (default: 0.99)")
    repair.add_argument("--horizon", type=words.count, metavar="N", help="the time limit, if it is part of the task")
    repair.add_argument(
        "--occupation",
        choices=("uniform", "objective", "alike"),
        default="uniform",
        help="whose steps count where something is projected on shaping (default: uniform)",
    )
    repair.add_argument("--json", action="store_true", help="print what was found as JSON")
    repair.add_argument(
        "--out", type=words.place, metavar="FILE", help="write an experiment that trains on what is proposed"
    )
    _add_setting_option(repair)
    _add_code_option(repair)
    repair.set_defaults(command=auditing.repair)

    distances = commands.add_parser("distances", help="show how far rewards of an environment are from each other")
    distances.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/BoatRace-v0")
    distances.add_argument(
        "--reward", action="append", default=[], metavar="R", help="a name, or weights; repeatable (default: all)"
    )
    distances.add_argument("--kind", choices=("starc", "epic", "dard"), default="starc", help="(default: starc)")
    distances.add_argument("--gamma", type=float, default=0.99, metavar="G", help="the discount (default: 0.99)")
    distances.add_argument("--out", type=words.place, metavar="DIR", help="draw a heat map into this folder")
    _add_setting_option(distances)
    _add_code_option(distances)
    distances.set_defaults(command=auditing.distances)

    lesson = commands.add_parser("lesson", help="show what is true of each loss and reward, one lesson at a time")
    lesson.add_argument("name", nargs="?", metavar="NAME", help="of a lesson (default: list them)")
    lesson.add_argument("--all", action="store_true", help="all lessons, one after the other")
    lesson.add_argument("--out", type=words.place, metavar="DIR", help="write the picture of a lesson into this folder")
    lesson.set_defaults(command=learning.lesson)

    _add_losses(commands)

    listing = commands.add_parser("list", help="show environments and experiments, or what one environment offers")
    listing.add_argument("plugin", nargs="?", metavar="NAME", help="an environment or a plugin, to show what it offers")
    listing.add_argument("--check", action="store_true", help="try every plugin, each in a process of its own")
    listing.add_argument(
        "--time-limit", type=words.seconds, default=30.0, metavar="SECONDS", help="for each plugin (default: 30)"
    )
    listing.set_defaults(command=looking.list_all)

    _add_own_code(commands)

    watch = commands.add_parser("watch", help="play an episode in the terminal")
    watch.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    watch.add_argument("--reward", metavar="R", help="what is paid (default: the objective)")
    watch.add_argument(
        "--policy", choices=("optimal", "random"), default="optimal", help="who plays (default: optimal)"
    )
    watch.add_argument("--gamma", type=float, default=0.97, metavar="G", help="the discount of optimal (default: 0.97)")
    watch.add_argument("--seed", type=words.seed, default=0, metavar="N", help="of the episode (default: 0)")
    watch.add_argument("--state", type=words.state, metavar="N", help="begin in this state (default: drawn)")
    watch.add_argument("--actions", type=words.actions, metavar="A,B,...", help="play these, as an audit shows them")
    watch.add_argument(
        "--delay", type=words.seconds, default=0.4, metavar="SECONDS", help="between frames (default: 0.4)"
    )
    watch.add_argument(
        "--out", type=words.place, metavar="FILE", help="write an animated GIF instead of showing the episode"
    )
    _add_setting_option(watch)
    _add_code_option(watch)
    watch.set_defaults(command=looking.watch)
    return parser


def _add_results(commands: argparse._SubParsersAction[_Parser]) -> None:
    """What is kept of experiments: how far they are, what came of them, whether it comes again."""
    status = commands.add_parser("status", help="show how far experiments are, and who works on them")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    status.set_defaults(command=results.status)

    shown = commands.add_parser("results", help="show what came of an experiment, without training")
    form = shown.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print the numbers of all runs as CSV")
    form.add_argument("--json", action="store_true", help="print all that came of them as JSON")
    form.add_argument("--provenance", action="store_true", help="print where each result comes from, as JSON")
    _add_code_option(shown)
    shown.set_defaults(command=results.results)

    page = commands.add_parser("report", help="write the page of an experiment: one HTML file that needs nothing else")
    page.add_argument(
        "--out", type=words.place, metavar="FILE", help="where to (default: report.html beside the results)"
    )
    _add_code_option(page)
    page.set_defaults(command=reporting.report)

    several = commands.add_parser("compare-reports", help="write one page of several experiments, before and after")
    several.add_argument(
        "what", nargs="+", metavar="EXPERIMENT", help="its name, or the folder of its results; the first is before"
    )
    several.add_argument(
        "--out",
        type=words.place,
        metavar="FILE",
        default=Path("before-after.html"),
        help="(default: before-after.html)",
    )
    _add_code_option(several)
    several.set_defaults(command=reporting.compare_reports)

    drawn = commands.add_parser("figure", help="draw an experiment for a paper: PNG, SVG or PDF")
    drawn.add_argument(
        "--kind", choices=("scores", "curves", "goodhart", "ledger"), help="what to draw (default: scores)"
    )
    drawn.add_argument(
        "--out", type=words.place, metavar="FILE", help="where to (default: KIND.png beside the results)"
    )
    _add_code_option(drawn)
    drawn.set_defaults(command=figures.figure)

    for command in (status, shown, page, drawn):
        where = "its name, or the folder of its results (default: those here)"
        command.add_argument("what", nargs="?", metavar="EXPERIMENT", help=where)

    again = commands.add_parser("reproduce", help="train one run anew and say whether every number is the same")
    again.add_argument("result", metavar="RESULT", help="the identity of a run, its first digits, or VARIANT:SEED")
    again.add_argument("--in", dest="what", metavar="EXPERIMENT", help="where to look (default: all results here)")
    _add_code_option(again)
    again.set_defaults(command=results.reproduce)


def _add_own_code(commands: argparse._SubParsersAction[_Parser]) -> None:
    """What somebody wrote: whether it keeps what the lab relies on."""
    check = commands.add_parser("check", help="say what is wrong with your environment, reward, wrapper or loss")
    check.description = (
        "Ask what you wrote all that rewardlab relies on, and say in words what is wrong. Naming a module here lets its"
        " code run; it is looked for where packages are installed, then in this folder."
    )
    check.add_argument(
        "target",
        metavar="TARGET",
        help="CartPole-v1, module:namespace/Name-v0, module:attribute; or module, for all that is in it",
    )
    check.add_argument(
        "--patience",
        type=words.seconds,
        default=10.0,
        metavar="SECONDS",
        help="that one call, such as a step, may take; an import three times as long (default: 10)",
    )
    check.add_argument("--json", action="store_true", help="print what was found as JSON")
    check.set_defaults(command=checking.check)

    new = commands.add_parser("new", help="write a small package that works, for you to fill in")
    new.add_argument("kind", choices=making.KINDS, metavar="KIND", help=f"one of {', '.join(making.KINDS)}")
    new.add_argument("name", metavar="NAME", help="of the package, a word such as my_garden")
    new.add_argument("--out", type=words.place, metavar="DIR", help="the folder to put it into (default: this one)")
    new.set_defaults(command=making.new)


def _add_losses(commands: argparse._SubParsersAction[_Parser]) -> None:
    """The tables of losses and mistakes, and below them the rules and the advice."""
    losses = commands.add_parser("losses", help="show which loss is for what, or advise on one")
    losses.description = "Without a command: which loss is for what, and which one punishes which mistake."
    losses.add_argument("--json", action="store_true", help="print it as JSON")
    losses.set_defaults(command=advising.losses)
    more = losses.add_subparsers(metavar="COMMAND")

    rules = more.add_parser("rules", help="show the rules of thumb for choosing, tuning and writing losses")
    rules.set_defaults(command=advising.rules)

    advise = more.add_parser("advise", help="ask for output, data and mistake, and say which loss, why, and how")
    advise.add_argument("--output", metavar="WORD", help="what the model outputs, as in probability")
    advise.add_argument(
        "--data", action="append", metavar="WORD", help="what is special about the data, as in imbalance; repeatable"
    )
    advise.add_argument(
        "--mistake", action="append", metavar="WORD", help="the expensive one, as in false-negatives; repeatable"
    )
    advise.add_argument("--false-alarm-cost", type=float, metavar="COST", help="of a yes that is none")
    advise.add_argument("--miss-cost", type=float, metavar="COST", help="of a yes that is missed, in the same unit")
    advise.add_argument("--negatives", type=words.count, metavar="N", help="training cases that are a no")
    advise.add_argument("--positives", type=words.count, metavar="N", help="training cases that are a yes")
    advise.set_defaults(command=advising.advise)
    for command in (rules, advise):
        # Without a default of its own, lest it undo a --json that stands before it.
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")


def _add_training_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=words.place, metavar="DIR", help="where results go (default: results/NAME)")
    engines.add_engine_options(command)
    command.add_argument(
        "--largest-number",
        type=float,
        metavar="X",
        help="a reward, observation or weight beyond it ends a run; inf: only what is no number does (default: 1e12)",
    )
    command.add_argument("--tensorboard", type=Path, metavar="DIR", help="write learning curves for TensorBoard there")
    command.add_argument("--yes", action="store_true", help="run more than 1,000 runs")
    command.set_defaults(resumes=True)
    _add_code_option(command)


def _add_setting_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        action="append",
        default=[],
        type=auditing.setting,
        metavar="KEY=VALUE",
        help="a setting of the environment, as in orders=1; repeatable",
    )


def _add_code_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--allow-code", action="append", default=[], metavar="MODULE", help="let this module be imported; repeatable"
    )
