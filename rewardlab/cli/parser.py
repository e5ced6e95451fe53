"""The words of the command line: commands and their options."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, final

from rewardlab.cli import (
    advising,
    auditing,
    checking,
    engines,
    figures,
    learning,
    lines,
    looking,
    making,
    reporting,
    results,
    training,
    words,
)
from rewardlab.cli.examples import EXAMPLES
from rewardlab.cli.usage import Parser

__all__ = ["make_parser"]

_EXIT_CODES = (
    "exit codes: 0 done, 1 a run failed or an audit found a fault, 2 bad input, 3 the folder of results belongs to"
    " another experiment or process, 4 results cannot be kept there (disk, permission, damage), 130 stopped by Ctrl-C,"
    " 143 by SIGTERM, 141 a training stopped since nobody reads any more what it says"
)


@final
class _Version(argparse.Action):
    """Prints the version of what is installed, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from rewardlab import __version__

        print(f"rewardlab {__version__}")
        parser.exit()


def make_parser() -> Parser:
    """The commands and their options; each names in `command` the function that does it, in `parser` who reads it."""
    parser = Parser(
        prog="rewardlab",
        description="Write a reward, train on it, and see whether it still asks for what you meant.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = _command(commands, "run", training.run, "run an experiment: a TOML file, or the name of one that comes along")
    run.add_argument("experiment", metavar="EXPERIMENT", help="for instance: delivery")
    run.add_argument("--seeds", type=words.seeds, metavar="N", help="train seeds 0 to N-1 instead of those of the file")
    _add_training_options(run)

    compare = _command(
        commands, "compare", training.compare, "train on several rewards of an environment and compare them"
    )
    compare.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    compare.add_argument(
        "--reward",
        action="append",
        metavar="R",
        help="a name, or weights as in delivered=1,minutes=-0.01; repeatable (the objective if not given)",
    )
    compare.add_argument(
        "--shaping",
        action="append",
        default=[],
        metavar="P",
        help="a potential; train each reward shaped by it too; repeatable",
    )
    compare.add_argument("--seeds", type=words.seeds, default=5, metavar="N", help="number of seeds (default: 5)")
    compare.add_argument(
        "--steps", type=words.count, default=140_000, metavar="N", help="of each run (default: 140000)"
    )
    compare.add_argument("--gamma", type=float, default=0.97, metavar="G", help="the discount (default: 0.97)")
    _add_setting_option(compare)
    _add_training_options(compare)

    _add_results(commands)

    audit = _command(
        commands, "audit", auditing.audit, "say whether a reward still asks for what was meant, without training"
    )
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

    repair = _command(commands, "repair", auditing.repair, "propose the nearest rewards that ask for what was meant")
    repair.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/Delivery-v0")
    repair.add_argument("--reward", metavar="R", help="what is paid: a name, or weights (default: the objective)")
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

    distances = _command(
        commands, "distances", auditing.distances, "show how far rewards of an environment are from each other"
    )
    distances.add_argument("environment", metavar="ENV", help="for instance: rewardlab_envs:rewardlab/BoatRace-v0")
    distances.add_argument(
        "--reward", action="append", default=[], metavar="R", help="a name, or weights; repeatable (default: all)"
    )
    distances.add_argument(
        "--kind", choices=("starc", "epic", "dard"), default="starc", help="which distance (default: starc)"
    )
    distances.add_argument("--gamma", type=float, default=0.99, metavar="G", help="the discount (default: 0.99)")
    distances.add_argument("--out", type=words.place, metavar="DIR", help="draw a heat map into this folder")
    _add_setting_option(distances)
    _add_code_option(distances)

    lesson = _command(
        commands, "lesson", learning.lesson, "show what is true of each loss and reward, one lesson at a time"
    )
    lesson.add_argument("name", nargs="?", metavar="NAME", help="of a lesson (default: list them)")
    lesson.add_argument("--all", action="store_true", help="all lessons, one after the other")
    lesson.add_argument("--out", type=words.place, metavar="DIR", help="write the picture of a lesson into this folder")

    _add_losses(commands)

    listing = _command(
        commands, "list", looking.list_all, "show environments and experiments, or what one environment offers"
    )
    listing.add_argument("plugin", nargs="?", metavar="NAME", help="an environment or a plugin, to show what it offers")
    listing.add_argument("--check", action="store_true", help="try every plugin, each in a process of its own")
    listing.add_argument(
        "--time-limit", type=words.seconds, default=30.0, metavar="SECONDS", help="for each plugin (default: 30)"
    )

    _add_own_code(commands)

    watch = _command(commands, "watch", looking.watch, "play an episode in the terminal")
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
    return parser


def _command(
    commands: argparse._SubParsersAction[Parser], name: str, does: Callable[[argparse.Namespace], int], help_text: str
) -> Parser:
    """A command, whose help says what it does and shows it."""
    command = commands.add_parser(
        name,
        help=help_text,
        description=_filled(f"{help_text[0].upper()}{help_text[1:]}."),
        epilog=f"example:\n  {EXAMPLES[name]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,  # an example must not be broken
    )
    command.set_defaults(command=does)
    return command


def _filled(text: str) -> str:
    return textwrap.fill(text, lines.width())


def _add_results(commands: argparse._SubParsersAction[Parser]) -> None:
    """What is kept of experiments: how far they are, what came of them, whether it comes again."""
    status = _command(commands, "status", results.status, "show how far experiments are, and who works on them")
    status.add_argument("--json", action="store_true", help="print it as JSON")

    shown = _command(commands, "results", results.results, "show what came of an experiment, without training")
    form = shown.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print the numbers of all runs as CSV")
    form.add_argument("--json", action="store_true", help="print all that came of them as JSON")
    form.add_argument("--provenance", action="store_true", help="print where each result comes from, as JSON")
    _add_code_option(shown)

    page = _command(
        commands, "report", reporting.report, "write the page of an experiment: one HTML file that needs nothing else"
    )
    page.add_argument(
        "--out", type=words.place, metavar="FILE", help="where to (default: report.html beside the results)"
    )
    _add_code_option(page)

    several = _command(
        commands,
        "compare-reports",
        reporting.compare_reports,
        "write one page of several experiments, before and after",
    )
    several.add_argument(
        "what", nargs="+", metavar="EXPERIMENT", help="its name, or the folder of its results; the first is before"
    )
    several.add_argument(
        "--out",
        type=words.place,
        metavar="FILE",
        default=Path("before-after.html"),
        help="where to (default: before-after.html)",
    )
    _add_code_option(several)

    drawn = _command(commands, "figure", figures.figure, "draw an experiment for a paper: PNG, SVG or PDF")
    drawn.add_argument(
        "--kind",
        choices=("scores", "curves", "goodhart", "ledger"),
        help="what to draw (default: scores); of a study, leave it out",
    )
    drawn.add_argument(
        "--out",
        type=words.place,
        metavar="FILE",
        help="where to (default: KIND.png beside the results, distances.png of a study)",
    )
    _add_code_option(drawn)

    for command in (status, shown, page, drawn):
        where = "its name, or the folder of its results (default: those here)"
        command.add_argument("what", nargs="?", metavar="EXPERIMENT", help=where)

    again = _command(
        commands, "reproduce", results.reproduce, "train one run anew and say whether every number is the same"
    )
    again.add_argument("result", metavar="RESULT", help="the identity of a run, its first digits, or VARIANT:SEED")
    again.add_argument("--in", dest="what", metavar="EXPERIMENT", help="where to look (default: all results here)")
    _add_code_option(again)


def _add_own_code(commands: argparse._SubParsersAction[Parser]) -> None:
    """What somebody wrote: whether it keeps what the lab relies on."""
    check = _command(
        commands, "check", checking.check, "say what is wrong with your environment, reward, wrapper or loss"
    )
    check.description = _filled(
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
    check.add_argument("--env", metavar="ID", help="what a wrapper is put round (default: a small walk)")
    check.add_argument("--json", action="store_true", help="print what was found as JSON")

    new = _command(commands, "new", making.new, "write a small package that works, for you to fill in")
    new.add_argument("kind", choices=making.KINDS, metavar="KIND", help=f"one of {', '.join(making.KINDS)}")
    new.add_argument("name", metavar="NAME", help="of the package, a word such as my_garden")
    new.add_argument("--out", type=words.place, metavar="DIR", help="the folder to put it into (default: this one)")


def _add_losses(commands: argparse._SubParsersAction[Parser]) -> None:
    """The tables of losses and mistakes, and below them the rules and the advice."""
    losses = _command(commands, "losses", advising.losses, "show which loss is for what, or advise on one")
    losses.description = _filled("Without a command: which loss is for what, and which one punishes which mistake.")
    losses.add_argument("--json", action="store_true", help="print it as JSON")
    more = losses.add_subparsers(metavar="COMMAND")

    rules = _command(more, "rules", advising.rules, "show the rules of thumb for choosing, tuning and writing losses")

    advise = _command(
        more, "advise", advising.advise, "ask for output, data and mistake, and say which loss, why, and how"
    )
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
