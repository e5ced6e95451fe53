"""`docs/losses.md` names whatever there is to call."""

from __future__ import annotations

from rewardlab import losses
from rewardlab.losses import modules
from tests.house.project import ROOT


def test_the_page_names_every_loss_and_no_other() -> None:
    page = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    table = page[page.index("## By name") :]
    listed = set(table.replace("`", "|").split("|")) - {"rewardlab.losses", "rewardlab.losses.modules"}
    listed = {word for word in listed if word.isidentifier()} - {"for", "reduction", "check"}
    functions = {name for name in losses.__all__ if name.islower()}
    functions -= {name for name in functions if name.endswith(("_gradient", "_proximal"))} - {"linear_gradient"}
    classes = {name for name in modules.__all__ if not name.startswith("Abstract")}
    assert listed == functions | classes
