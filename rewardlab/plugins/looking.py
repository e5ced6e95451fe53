"""What the process does in which a plugin is looked at: `python -m rewardlab.plugins.looking MODULE FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rewardlab.plugins.declared import told

__all__ = ["main"]


def main(module: str, report: Path) -> None:
    """Import a plugin, make its environments, and write what they offer into a file.

    Args:
        module: What to import.
        report: Where to, as JSON: ``fault`` and ``environments``, see `LookedAt`.
    """
    from rewardlab.plugins.loading import load_plugin

    fault, environments = "", {}
    try:
        plugin = load_plugin(module)
        fault = plugin.fault
        environments = {name: _offered(name) for name in plugin.environment_ids}
    except BaseException as raised:  # an interrupt is the module's own here
        fault = told(raised)
    written = json.dumps({"fault": fault, "environments": environments})
    report.with_suffix(".half").write_text(written, encoding="utf-8")
    report.with_suffix(".half").rename(report)


def _offered(environment_id: str) -> dict[str, Any]:
    import gymnasium as gym

    try:
        catalogue = getattr(gym.make(environment_id).unwrapped, "catalogue", None)
        return {} if catalogue is None else _catalogue(catalogue)
    except BaseException as raised:
        return {"fault": told(raised)}


def _catalogue(catalogue: Any) -> dict[str, Any]:
    rewards = {}
    for name, reward in catalogue.rewards.items():
        gamed = f" Exploit {reward.exploit.name}: {reward.exploit.summary}" if reward.exploit else ""
        rewards[str(name)] = f"{reward.summary}{gamed}"
    return {
        "objective": str(catalogue.objective),
        "rewards": rewards,
        "potentials": {str(name): str(potential.summary) for name, potential in catalogue.potentials.items()},
        "events": [str(event) for event in catalogue.events],
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
