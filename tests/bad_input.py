"""A spec of which every line is known, and slips in it."""

from __future__ import annotations

from dataclasses import dataclass

SPEC = """\
version = 2
name = "small"
seeds = [0, 1]
budget_steps = 4000
evaluation_episodes = 20
[environment]
id = "rewardlab_envs:rewardlab/Delivery-v0"
settings = { orders = 1, town_map = "DA." }
[algorithm]
name = "ppo"
num_envs = 10
[algorithm.settings]
gamma = 0.97
n_steps = 40
batch_size = 200
n_epochs = 10
[[variants]]
name = "hacked"
reward = "speed"
[[variants]]
name = "shaped"
reward = "fixed_speed"
wrappers = [{ kind = "potential_shaping", potential = "distance" }]
"""

CART_POLE = """\
version = 2
name = "poles"
seeds = 2
budget_steps = 1000
environment = { id = "CartPole-v1" }
[[variants]]
name = "plain"
reward = "environment"
"""


@dataclass(frozen=True, slots=True)
class Slip:
    """One row of the catalogue of bad inputs, or one of its examples.

    Attributes:
        row: Its number there.
        old: What stands in the spec.
        new: What stands there instead.
        told: How what is said begins, after ``rewardlab: FILE:``; one entry for each line. ``...`` stands for anything.
        spec: What is spoilt.
    """

    row: int
    old: str
    new: str
    told: tuple[str, ...]
    spec: str = SPEC

    @property
    def text(self) -> str:
        """The spoilt spec."""
        assert self.spec.count(self.old) == 1, self.old
        return self.spec.replace(self.old, self.new)


def at_gamma(row: int, value: str, told: str) -> Slip:
    """Another discount."""
    return Slip(row, "gamma = 0.97", f"gamma = {value}", (f"13: algorithm.settings.gamma: got {told}",))


def with_wrapper(row: int, wrapper: str, told: str) -> Slip:
    """Another wrapper."""
    return Slip(
        row,
        '[{ kind = "potential_shaping", potential = "distance" }]',
        f"[\n  {wrapper},\n]",
        (f"24: variants[1].wrappers[0]{told}",),
    )


def with_seeds(row: int, seeds: str, *told: str) -> Slip:
    """Other seeds."""
    return Slip(row, "seeds = [0, 1]", f"seeds = {seeds}", tuple(f"3: seeds{line}" for line in told))


def named(row: int, name: str, told: str) -> Slip:
    """Another name of a variant, as TOML writes it."""
    return Slip(row, '"hacked"', name, (f"18: variants[0].name: got {told}",))


UNIT = "expected a number in [0, 1]"
WHOLE = "expected a list of whole numbers, or how many to train, at most 10000"

SLIPS = [
    Slip(5, "gamma =", "gammma =", ("13: algorithm.settings.gammma: got ...; did you mean 'gamma'?",)),
    Slip(5, "n_epochs =", "N_EPOCHS =", ("16: algorithm.settings.N_EPOCHS: got ...; did you mean 'n_epochs'?",)),
    Slip(
        6,
        "[environment]",
        "gamma = 0.9\n[environment]",
        ("6: gamma: got an unknown key, expected one of ...; it belongs at algorithm.settings",),
    ),
    Slip(
        6,
        'reward = "speed"',
        'reward = "speed"\npotential = "distance"',
        ("20: variants[0].potential: got an unknown key, expected one of ...; it belongs at variants.wrappers",),
    ),
    Slip(
        7,
        "batch_size = 200",
        "batch_size = 200\nn_steps = 50",
        (
            "16: got text that is not TOML (Cannot overwrite a value (at line 16, ..., expected each key once; "
            "algorithm.settings.n_steps stands in line 14 and again in line 16",
        ),
    ),
    Slip(
        7,
        '[[variants]]\nname = "shaped"',
        '[algorithm]\nname = "shaped"',
        ("20: got text that is not TOML (Cannot declare ...; algorithm stands in line 9 and again in line 20",),
    ),
    Slip(
        9,
        "seeds = [0, 1]",
        "seeds = 010",
        ("3: got text that is not TOML ...; ambiguous: write 10, or '010' in quotes",),
    ),
    Slip(9, "seeds = [0, 1]", "seeds = 12:30", ("3: got text that is not TOML ...; text stands in quotes: '12:30'",)),
    Slip(9, '"ppo"', "no", ("10: got text that is not TOML ...; ambiguous: write true or false, or put it in quotes",)),
    Slip(9, '"ppo"', "ppo", ("10: got text that is not TOML ...; text stands in quotes: 'ppo'",)),
    at_gamma(10, "99", f"99, {UNIT}; did you mean 0.99?"),
    at_gamma(11, "-1", f"-1, {UNIT}"),
    at_gamma(12, "nan", f"nan, {UNIT}"),
    at_gamma(12, "inf", f"inf, {UNIT}"),
    at_gamma(13, "true", f"True, {UNIT}"),
    at_gamma(14, '"0.9"', f"'0.9', {UNIT}"),
    with_wrapper(
        15,
        '{ kind = "potential_shaping", potential = "distance", gamma = 0.9 }',
        ".gamma: got 0.9, expected the agent's gamma, 0.97 (algorithm.settings.gamma); leave it out: ...",
    ),
    with_wrapper(16, '{ kind = "scale", epsilon = nan }', ".epsilon: got nan, expected a positive number"),
    with_wrapper(16, '{ kind = "scale", epsilon = inf }', ".epsilon: got inf, expected a positive number"),
    with_wrapper(16, '{ kind = "scale", epsilon = 0.0 }', ".epsilon: got 0.0, expected a positive number"),
    with_wrapper(
        17, '{ kind = "clip", min_reward = nan, max_reward = 1 }', ".min_reward: got nan, expected a finite number, ..."
    ),
    with_wrapper(
        18,
        '{ kind = "clip", min_reward = 1, max_reward = -1 }',
        ": got min_reward 1, max_reward -1, expected min_reward below max_reward; did you mean min_reward=-1, ...",
    ),
    with_wrapper(
        18, '{ kind = "clip" }', ": got neither min_reward nor max_reward, expected at least one of them; ..."
    ),
    with_wrapper(
        19,
        '{ kind = "clip", min_reward = 1, max_reward = 1 }',
        ": got min_reward 1, max_reward 1, expected ...; equal bounds would make all rewards alike",
    ),
    Slip(
        20,
        "n_epochs = 10",
        "n_epochs = 0",
        ("16: algorithm.settings.n_epochs: got 0, expected a whole number in [1, 10000000]",),
    ),
    Slip(
        21,
        "n_epochs = 10",
        "clip_range = -0.2\ngae_lambda = 7",
        (
            "16: algorithm.settings.clip_range: got -0.2, expected a finite number above 0",
            f"17: algorithm.settings.gae_lambda: got 7, {UNIT}",
        ),
    ),
    Slip(
        22,
        "batch_size = 200",
        "batch_size = 300",
        (
            "15: algorithm.settings.batch_size: got 300, expected a divisor of the rollout of 400 steps "
            "(num_envs * n_steps); the nearest are 200 or 400",
        ),
    ),
    with_seeds(24, "[]", f": got [], {WHOLE}"),
    with_seeds(24, "[1, 1]", "[1]: got seed '1' again, expected each seed once; it is also at FILE:3: seeds[0]"),
    with_seeds(24, "[-1]", "[0]: got -1, expected greater than or equal to 0"),
    with_seeds(24, '[0, 1.5, "a"]', "[1]: got 1.5, expected a whole number", "[2]: got 'a', expected a whole number"),
    with_seeds(24, "[4294967296]", "[0]: got 4294967296, expected less than or equal to 4294967295"),
    with_seeds(25, "1_000_000", f": got 1000000, {WHOLE}; it would be 2,000,000 runs"),
    with_seeds(
        25,
        "5_000",
        ": got 2 variants with 5,000 seeds: 10,000 runs of 4,000 steps, 40,000,000 in all (at 5,000 to 25,000 steps a "
        "second on each core, ... cores), expected at most 1,000 runs; if it is meant, add --yes",
    ),
    Slip(
        26,
        '"shaped"',
        '"Hacked"',
        (
            "21: variants[1].name: got name 'hacked' again, expected each name once; it is also at "
            "FILE:18: variants[0].name",
        ),
    ),
    named(27, '""', "'', expected at least 1 character"),
    named(27, f'"{"a" * 300}"', "'aaa..., expected at most 100 characters"),
    named(27, '"a\\u0000b"', "'a\\x00b', expected a name without control characters such as '\\x00'"),
    named(27, '"a\\nb"', "'a\\nb', expected a name without control characters such as '\\n'"),
    Slip(
        27,
        '"small"',
        '"../small"',
        ("2: name: got '../small', expected ...",),
    ),
    Slip(
        29,
        "CartPole-v1",
        "CartPoll-v1",
        ("5: environment.id: got 'CartPoll-v1', ...; did you mean 'CartPole-v1'?",),
        CART_POLE,
    ),
    Slip(
        30,
        "CartPole-v1",
        "evil_mod:Foo-v0",
        (
            "5: environment.id: got 'evil_mod:Foo-v0', ...; install it as a plugin, or allow its code to run with "
            "--allow-code evil_mod",
        ),
        CART_POLE,
    ),
    Slip(
        31,
        "CartPole-v1",
        "CartPole-v9",
        ("5: environment.id: got 'CartPole-v9', ...; did you mean 'CartPole-v1'?",),
        CART_POLE,
    ),
    Slip(
        32,
        "orders = 1",
        "oders = 1",
        (
            "8: environment.settings.oders: got 'oders', expected a known setting of this environment: orders, "
            "town_map; did you mean 'orders'?",
        ),
    ),
    Slip(
        33,
        'CartPole-v1" }',
        'Pendulum-v1" }\nalgorithm = { name = "dqn" }',
        ("6: algorithm.name: got 'dqn', expected an algorithm for actions of Box(-2.0, 2.0, (1,), float32): a2c, ppo",),
        CART_POLE,
    ),
    *(
        Slip(
            34,
            "n_steps = 40",
            f'n_steps = "{text}"',
            (f"14: algorithm.settings.n_steps: got '{text}', expected a whole ...",),
        )
        for text in ("eval(1)", "!!python/object:os.system", "${HOME}")
    ),
    Slip(35, '"ppo"', "[" * 50_000, (": got tables or lists nested too deeply, expected at most 20 levels",)),
    Slip(35, '"ppo"', "[" * 30 + "]" * 30, (": got tables or lists nested too deeply, expected at most 20 levels",)),
    Slip(
        35,
        "orders = 1",
        ".".join("o" * 30) + " = 1",
        (": got tables or lists nested too deeply, expected at most ...",),
    ),
    Slip(
        36,
        'reward = "speed"',
        "reward = { delivered = 0 }",
        ("19: variants[0].reward: got {'delivered': 0.0}, expected at least one weight other than 0",),
    ),
    Slip(
        36,
        'reward = "speed"',
        'reward = "speed"\nregularizers = [{ l2 = 0.0 }]',
        ("20: variants[0].regularizers[0]: got only strengths of 0, expected l1 or l2 above 0",),
    ),
    Slip(
        36,
        "[environment]",
        "checkpoint_seconds = -1\n[limits]\nseconds = 0\n[environment]",
        (
            "6: checkpoint_seconds: got -1, expected greater than or equal to 0.1",
            "8: limits.seconds: got 0, expected greater than or equal to 0.1",
        ),
    ),
]
