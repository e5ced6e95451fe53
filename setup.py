"""Names the packages; all else stands in pyproject.toml.

The search for packages that pyproject.toml offers cannot give a folder another name, and `experiments/`, which holds
data, is installed as `rewardlab_experiments`.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["rewardlab", "rewardlab.*"]),
        *find_packages("envs"),
        "rewardlab_experiments",
    ],
)
