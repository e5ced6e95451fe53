"""What a repair proposes for the known loopholes: safe by another audit, said plainly, and as a spec that runs."""

from __future__ import annotations

import tomllib
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.audit.auditing import audit
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.repair import Proposal, Repair, repair
from rewardlab.audit.repair.amended import amended_case
from rewardlab.audit.repair.bench import Bench
from rewardlab.audit.repair.payment import Amendments
from rewardlab.audit.subject import audited_subject
from rewardlab.errors import BadInput
from rewardlab.lab.plan import plan_experiment
from rewardlab.lab.spec import parse_spec
from rewardlab.mdp import FiniteTask, FiniteVectorEnv, dense_model
from rewardlab.reports.repair_text import repair_lines
from rewardlab.reports.spec_text import spec_text
from rewardlab.rewards import Potential
from rewardlab.wrappers import wrap_vector
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.tomatoes import tomato_garden_task
from tests.mdp.tiny_models import random_model

GAMMA = 0.97
HACKED: dict[str, tuple[FiniteTask, str, str, dict[str, Any]]] = {
    "speed": (delivery_task(1), "speed", "Delivery-v0", {"orders": 1}),
    "speed, two orders": (delivery_task(2), "speed", "Delivery-v0", {}),
    "pickup_bonus": (delivery_task(1), "pickup_bonus", "Delivery-v0", {"orders": 1}),
    "progress_bonus": (delivery_task(1), "progress_bonus", "Delivery-v0", {"orders": 1}),
    "arrows": (boat_race_task(), "arrows", "BoatRace-v0", {}),
    "seen_watered": (tomato_garden_task(), "seen_watered", "TomatoGarden-v0", {}),
    "any_exit": (gridworld_task("two_exits"), "any_exit", "Gridworld-v0", {"map": "two_exits"}),
    "to_and_fro": (gridworld_task("two_exits"), "progress_bonus", "Gridworld-v0", {"map": "two_exits"}),
    "weights": (boat_race_task(), "steps", "BoatRace-v0", {}),
}
REPAIRED: dict[str, Repair] = {}


@pytest.fixture(params=HACKED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def repaired(name: str) -> Repair:
    if name not in REPAIRED:
        task, reward, _, _ = HACKED[name]
        chosen: Any = {"arrows": 3.0, "steps": -1.0} if reward == "steps" else reward
        REPAIRED[name] = repair(task, chosen, gamma=GAMMA)
    return REPAIRED[name]


def test_every_proposal_passes_the_audit(name: str) -> None:
    found = repaired(name)
    assert not found.already_safe
    assert len(found.proposals) >= 2
    for proposal in found.proposals:
        assert optimal_set(amended_case(found.case, proposal.proxy)).safe
        assert proposal.gap > 0
    # Nothing that leaves a bonus in place is proposed beside shaping, unless right actions are further ahead with it.
    lead = max((proposal.gap_share for proposal in found.proposals if proposal.kind == "shaping"), default=0.0)
    rest = [proposal for proposal in found.proposals if proposal.kind in ("condition", "weights")]
    assert all(proposal.gap_share >= lead for proposal in rest)


def test_what_a_spec_says_is_what_was_audited(name: str) -> None:
    # Built as a training run builds it, stepped at random, and compared with the audited table step by step.
    task, _, _, _ = HACKED[name]
    found = repaired(name)
    for proposal in found.proposals:
        assert proposal.payment is not None
        assert_paid_as_audited(task, found, proposal)


def assert_paid_as_audited(task: FiniteTask, found: Repair, proposal: Proposal) -> None:
    assert proposal.payment is not None
    bare = FiniteVectorEnv(task, 64, proposal.payment.reward, autoreset_mode=AutoresetMode.DISABLED)
    env = wrap_vector(bare, proposal.payment.wrappers, GAMMA)
    rng = np.random.default_rng(0)
    number = np.full(task.model.n_states, -1)
    number[found.case.states] = np.arange(len(found.case.states))
    _, infos = env.reset(seed=0)
    state = infos["state"]
    for _ in range(25):
        actions = np.array([rng.choice(np.flatnonzero(task.model.legal[each])) for each in state])
        _, rewards, terminated, truncated, infos = env.step(actions)
        reached = infos["state"]
        here, ahead = number[state], number[reached]
        outcomes = (found.case.model.successor[here, actions] == ahead[:, None]) & (
            found.case.model.feasible[here, actions]
        )
        # Where two outcomes lead to the same state they are paid alike in all of these tasks.
        expected = proposal.proxy[here, actions, outcomes.argmax(axis=1)]
        np.testing.assert_allclose(rewards, expected, atol=1e-5, err_msg=proposal.summary)
        state = reached
        ended = terminated | truncated
        if ended.any():
            _, again = env.reset(options={"reset_mask": ended})
            state = np.where(ended, again["state"], state)


def test_the_spec_is_one_that_the_lab_accepts(name: str) -> None:
    _, _, environment, settings = HACKED[name]
    spec = repaired(name).spec(f"rewardlab_envs:rewardlab/{environment}", settings, seeds=2, budget_steps=100)
    assert spec is not None
    text = spec_text(spec)
    assert tomllib.loads(text) == spec
    plan = plan_experiment(parse_spec(tomllib.loads(text), "repair"), "repair")
    assert len(plan.runs) == 2 * (1 + len(repaired(name).proposals))
    assert {run.training.algorithm_settings["gamma"] for run in plan.runs} == {GAMMA}


def test_the_mildest_proposal_of_each() -> None:
    best = {name: repaired(name).best for name in HACKED}
    summaries = {name: proposal.summary for name, proposal in best.items() if proposal is not None}
    assert summaries["speed"] == summaries["speed, two orders"] == "pay 'speed' only when 'delivered'"
    assert summaries["seen_watered"] == "pay 'seen_watered' never when 'in_bucket'"
    assert summaries["pickup_bonus"].startswith("pay 'picked_up' as a potential")
    assert summaries["progress_bonus"].startswith("pay 'approach' as a potential")
    assert summaries["to_and_fro"].startswith("pay 'approach' as a potential")
    said = {name: proposal.payment for name, proposal in best.items() if proposal is not None}
    assert said["speed"] is not None
    assert said["speed"].reward == "fixed_speed"
    assert said["speed"].wrappers == ()
    assert said["progress_bonus"] is not None
    assert said["progress_bonus"].wrappers == ({"kind": "potential_shaping", "potential": "distance", "weight": 2.0},)


def test_what_the_objective_has_too_is_the_last_to_be_called_an_addition() -> None:
    # Among coins, paying for steps, coins and the way to the exit would do without the exit's worth. But that is meant.
    found = repair(gridworld_task("coins"), "fair_progress", gamma=GAMMA)
    assert "what was added: approach, retreat" in found.statements[1]
    assert found.best is not None
    assert found.best.payment is not None
    assert found.best.payment.reward == "goal"


def test_where_the_fault_is_is_said_plainly() -> None:
    said = {name: " ".join(repaired(name).statements) for name in HACKED}
    for text in said.values():
        assert "No shaping can help" in text
    assert "what was added: picked_up" in said["pickup_bonus"]
    assert "it has one term only" in said["speed"]
    assert "no part of its terms is safe by itself" in said["arrows"]
    for name in ("speed", "arrows", "seen_watered", "any_exit"):
        assert "No weights of" in said[name]
        assert "proven" in said[name]
        weights = repaired(name).weights
        assert weights is not None
        assert (weights.factors, weights.decided) == (None, True)
    for name in ("pickup_bonus", "progress_bonus", "to_and_fro"):
        assert "No weights of" not in said[name]


def test_the_bucket_is_charged_for_and_the_hidden_objective_left_alone() -> None:
    weights = repaired("seen_watered").proposal("weights")
    assert weights is not None
    assert weights.payment is not None
    reward = weights.payment.reward
    assert isinstance(reward, dict)
    assert set(reward) == {"seen_watered", "in_bucket"}
    assert reward["in_bucket"] < 0
    # The catalogue's own repair takes 1; it takes far less.
    assert reward["in_bucket"] > -1


def test_the_boat_is_charged_for_what_it_undoes() -> None:
    for name in ("arrows", "weights"):
        weights = repaired(name).proposal("weights")
        assert weights is not None
        assert weights.payment is not None
        assert weights.payment.reward == {"arrows": 3.0, "steps": -1.0, "arrows_undone": -0.04}


@pytest.mark.parametrize(
    ("task", "reward"),
    [(delivery_task(1), "on_time"), (delivery_task(1), "fixed_speed"), (boat_race_task(), "fair_arrows")],
    ids=["the objective", "fixed_speed", "fair_arrows"],
)
def test_what_needs_nothing_is_left_alone(task: FiniteTask, reward: str) -> None:
    found = repair(task, reward, gamma=GAMMA)
    assert found.already_safe
    assert found.proposals == ()
    assert "needs no repair" in found.statements[0]
    assert found.spec("rewardlab_envs:rewardlab/Delivery-v0") is None


def test_paying_nothing_at_all() -> None:
    task = boat_race_task()
    found = repair(task, np.zeros((8, 4)), gamma=GAMMA)
    assert [proposal.kind for proposal in found.proposals] == ["weights", "objective"]
    assert "No weights of reward help" in " ".join(found.statements)
    # What came as an array no spec can say, unless it comes to something that has a name.
    assert found.present is None


def test_arrays_are_repaired_by_what_is_nearest_to_the_objective() -> None:
    # Meant: the switch from state 0, worth 1. Paid as well: 0.6 for staying in state 1, which then is best.
    model = dense_model([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    meant, paid = [[0, 1], [0, 0]], [[0, 1], [0.6, 0]]
    found = repair(model, paid, against=meant, gamma=0.9)
    assert not found.already_safe
    assert found.best is not None
    assert found.best.kind == "objective"
    assert found.best.payment is None
    assert found.spec("whatever") is None
    assert any("no spec can say it" in line for line in repair_lines(found))
    assert audit(model, found.best.proxy, against=meant, gamma=0.9).safe


def test_shaping_that_is_there_stays_and_is_one_potential_with_what_comes() -> None:
    task = delivery_task(1)
    found = repair(task, "pickup_bonus", shaping="distance", gamma=GAMMA)
    best = found.best
    assert best is not None
    assert best.payment is not None
    kinds = [wrapper["kind"] for wrapper in best.payment.wrappers]
    assert kinds == ["potential_shaping"]
    assert_paid_as_audited(task, found, best)
    hacked = repair(task, "speed", shaping="distance", gamma=GAMMA)
    weights = hacked.proposal("weights")
    assert weights is not None
    assert weights.payment is not None
    assert [wrapper["kind"] for wrapper in weights.payment.wrappers] == ["terms", "bonus", "potential_shaping"]
    assert weights.payment.wrappers[-1] == {"kind": "potential_shaping", "potential": "distance"}
    assert_paid_as_audited(task, hacked, weights)
    own = Potential.from_table(np.arange(task.model.n_states) * 0.001)
    other = repair(task, "speed", shaping=own, gamma=GAMMA).best
    assert other is not None
    assert_paid_as_audited(task, found, other)


def test_under_a_horizon_no_shaping_is_proposed() -> None:
    found = repair(gridworld_task("two_exits"), "progress_bonus", gamma=GAMMA, horizon=25)
    assert {proposal.kind for proposal in found.proposals} <= {"condition", "weights"}
    assert found.proposals
    assert "not proposed under a horizon" in " ".join(found.statements)
    for proposal in found.proposals:
        assert optimal_set(amended_case(found.case, proposal.proxy)).safe


def test_on_random_models_nothing_unsafe_is_ever_proposed() -> None:
    kinds: set[str] = set()
    for seed in range(10):
        rng = np.random.default_rng(seed)
        model = random_model(rng, states=5, actions=3, outcomes=2)
        paid, meant = model.events["paid"] + 0.05 * rng.normal(size=model.successor.shape), model.events["meant"]
        found = repair(model, paid * model.feasible, against=meant * model.feasible, gamma=0.9)
        assert found.already_safe == audit(model, paid * model.feasible, against=meant * model.feasible, gamma=0.9).safe
        for proposal in found.proposals:
            kinds.add(proposal.kind)
            assert optimal_set(amended_case(found.case, proposal.proxy)).safe, seed
        assert found.already_safe or found.proposals, seed
    assert {"objective", "weights"} <= kinds


def test_what_fails_the_audit_is_not_proposed() -> None:
    found = repaired("speed")
    subject = audited_subject(HACKED["speed"][0])
    assert subject is not None
    bench = Bench(subject, found.case, "speed", None, "uniform", 0.01, frozenset())
    assert bench.proposal("weights", "half of it", Amendments(factors={"speed": 0.5}), 0.5 * found.case.proxy) is None
    assert bench.proposal("objective", "itself", Amendments(factors={"speed": 0.0}), found.case.objective) is not None


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadInput, match="margin: got 0"):
        repair(delivery_task(1), "speed", margin=0)
    with pytest.raises(BadInput, match="expected a known reward"):
        repair(delivery_task(1), "sped")
    with pytest.raises(BadInput, match="occupation"):
        repair(delivery_task(1), "speed", occupation="some")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="finite model"):
        repair(gym.make("CartPole-v1"))


def test_the_text_says_it_all() -> None:
    text = "\n".join(repair_lines(repaired("pickup_bonus"), 100))
    assert max(len(line) for line in text.splitlines()) <= 100
    for part in ("1. SHAPING", "audited again: SAFE", 'reward = "fixed_speed"', "4092 numbers"):
        assert part in text
    data = repaired("pickup_bonus").as_dict()
    assert data["proposals"][0]["variant"]["reward"] == "fixed_speed"
