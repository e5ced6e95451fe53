"""What happens to the objective as the proxy is optimised harder, and where an angle alone would stop."""

from rewardlab.audit.pressure.early_stopping import angle_between, early_stopping_index
from rewardlab.audit.pressure.under_pressure import GoodhartCurve, UnderPressure, under_pressure_finding

__all__ = ["GoodhartCurve", "UnderPressure", "angle_between", "early_stopping_index", "under_pressure_finding"]
