"""`rewardlab audit`."""

from __future__ import annotations

import argparse
import json
import shutil

__all__ = ["audit", "setting"]


def audit(options: argparse.Namespace) -> int:
    """Say whether a reward still asks for what was meant."""
    from rewardlab.audit.auditing import audit as audited
    from rewardlab.audit.finding import LEVELS
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.reports.audit_text import audit_lines
    from rewardlab.rewards.returns import check_gamma

    gamma = check_gamma(options.gamma, "--gamma")
    settings = dict(options.set)
    env = checked_environment(options.environment, settings, "ENV", "--set", allowed_modules=options.allow_code)
    found = audited(
        env,
        None if options.reward is None else parse_reward(options.reward),
        against=None if options.against is None else parse_reward(options.against),
        shaping=options.shaping,
        gamma=gamma,
        horizon=options.horizon,
    )
    env.close()
    if options.json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        print(*audit_lines(found, min(120, shutil.get_terminal_size().columns)), sep="\n")
    if options.fail_on == "never":
        return 0
    return int(LEVELS.index(found.level) <= LEVELS.index(options.fail_on))


def setting(text: str) -> tuple[str, object]:
    """One setting of the environment, ``KEY=VALUE``; a value that is no JSON is text."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
