"""Tests, and notebooks that nbval runs, are no learner: their answers are not kept."""

import os

os.environ["RAFTLAB_PROGRESS"] = "off"
