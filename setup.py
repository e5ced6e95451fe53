"""Names the packages; all else stands in pyproject.toml.

The search for packages that pyproject.toml offers cannot give a folder another name, and `experiments/`, which holds
data, is installed as `rewardlab_experiments`.
"""

from setuptools import find_namespace_packages, find_packages, setup

setup(
    packages=[
        *find_packages(include=["rewardlab", "rewardlab.*"]),
        *find_packages("envs"),
        "rewardlab_experiments",
        # setuptools takes each folder of data for a package, and warns unless it is named as one.
        *(f"rewardlab_experiments.{name}" for name in find_namespace_packages("experiments")),
    ],
)
