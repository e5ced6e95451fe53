"""The errors of rewardlab, and how they speak.

Every message says where the fault is, what came, what was expected, and the likely fix::

    RewardLabError            anything this package raises on purpose; carries an exit code for the command line
    ├── BadInput              refused at the border, before anything ran; holds every problem found   (exit 2)
    ├── StoreTaken            results that belong to another experiment, or are held by another process (exit 3)
    ├── StoreUnusable         no place to keep results: full, damaged, not writable, of another version (exit 4)
    ├── ClusterLost           the machines that do the runs went away                                 (exit 4)
    └── RunFailed             a run that had started could not go on; its siblings do                 (exit 1)
        ├── InvalidReward     an environment, term or wrapper paid NaN, an infinity or no number      (exit 1)
        └── Diverged          a number of a training became NaN, infinite or absurdly large          (exit 1)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

__all__ = [
    "BadInput",
    "ClusterLost",
    "Diverged",
    "InvalidReward",
    "Problem",
    "RewardLabError",
    "RunFailed",
    "StoreTaken",
    "StoreUnusable",
    "nearest",
    "one_of",
]


@final
@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        where: The place: a file and key path, an argument, a step of a run.
        got: What stood there, quoted as the user wrote it.
        expected: What would have been right.
        fix: The likely remedy as a clause, such as "did you mean 'speed'?"; empty if there is none.
    """

    where: str
    got: str
    expected: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.where}: got {self.got}, expected {self.expected}"
        return f"{line}; {self.fix}" if self.fix else line


class RewardLabError(Exception):
    """Base of every error that rewardlab raises on purpose."""

    exit_code: ClassVar[int] = 1


@final
class BadInput(RewardLabError, ValueError):
    """Input refused at the border, with all its problems at once.

    Attributes:
        problems: Every problem found, in the order of the input. At least one.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise TypeError("BadInput needs at least one problem")
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[BadInput], tuple[Problem, ...]]:
        # The default would rebuild it from the message, and errors cross process borders here.
        return (BadInput, self.problems)


@final
class StoreTaken(RewardLabError):
    """Results that belong to another experiment, or that another living process holds. Nothing was changed.

    Attributes:
        problem: Where, by whom, and the remedy.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

    def __reduce__(self) -> tuple[type[StoreTaken], tuple[Problem]]:
        return (StoreTaken, (self.problem,))


@final
class StoreUnusable(RewardLabError):
    """No place to keep results: a full disk, a folder that cannot be written, a file that is damaged or no store.

    Attributes:
        problem: Where, why, and the remedy.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

    def __reduce__(self) -> tuple[type[StoreUnusable], tuple[Problem]]:
        return (StoreUnusable, (self.problem,))


@final
class ClusterLost(RewardLabError):
    """The machines that do the runs went away, or never came. What is finished is kept."""

    exit_code: ClassVar[int] = 4


class RunFailed(RewardLabError, RuntimeError):
    """A run that had started could not go on."""


@final
class InvalidReward(RunFailed, ValueError):
    """A reward that no learner may see: NaN, an infinity, or not a number at all."""


@final
class Diverged(RunFailed):
    """A training in which a number became NaN, infinite or absurdly large; what it has learned is no result.

    Attributes:
        report: JSON data: ``step``, ``environment`` (None where it is no single one's), ``layer`` (a line of the
            ledger, ``observation``, ``gradient``, ``weight``, ``loss``, ``table`` or ``evaluation``), ``value`` as
            text, and ``last_steps``, see `rewardlab.agents.guards`.
    """

    def __init__(self, what: str, report: Mapping[str, Any]) -> None:
        super().__init__(f"diverged: {what}")
        self.what, self.report = what, report

    def __reduce__(self) -> tuple[type[Diverged], tuple[str, Mapping[str, Any]]]:
        return (Diverged, (self.what, self.report))


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that was probably meant.

    Args:
        word: What the user wrote.
        known: The words that would have been accepted.

    Returns:
        "did you mean 'x'?", or "" where nothing is close.
    """
    options = list(known)
    # Case slips are the commonest of all and score badly in an edit-distance ratio.
    by_lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.5)
    return f"did you mean {by_lower[close[0]]!r}?" if close else ""


def one_of(where: str, word: str, known: Iterable[str], what: str) -> Problem:
    """The problem of a name that is not in a closed list.

    Args:
        where: The place of the name.
        word: The unknown name.
        known: The names that exist.
        what: What they are names of, such as "reward".
    """
    options = sorted(known)
    listed = ", ".join(options) if options else "(there is none)"
    return Problem(where, repr(word), f"a known {what}: {listed}", nearest(word, options))
