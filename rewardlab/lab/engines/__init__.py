"""Where runs are done: on processes of this machine, or elsewhere. Each engine is one class behind one method."""

from rewardlab.lab.engines.choice import ENGINES, make_engine
from rewardlab.lab.engines.dask_engine import DaskEngine, TlsFiles
from rewardlab.lab.engines.engine import Engine, Event
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.local import LocalEngine, check_workers

__all__ = [
    "ENGINES",
    "DaskEngine",
    "Engine",
    "Event",
    "LocalEngine",
    "RunLimits",
    "TlsFiles",
    "check_workers",
    "make_engine",
]
