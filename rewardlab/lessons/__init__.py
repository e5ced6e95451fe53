"""The demos of the tutorial that rewardlab began with, computed anew: what is true of each loss and reward, and why.

``rewardlab lesson`` lists and runs them. A lesson computes every number that it shows.
"""

from rewardlab.lessons.catalogue import CHAPTERS, lesson, lessons
from rewardlab.lessons.lesson import Lesson

__all__ = ["CHAPTERS", "Lesson", "lesson", "lessons"]
