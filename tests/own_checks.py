"""What the tests of a Raft of one's own share: all that is asked of it, by its name."""

from raftlab.lessons import raft_skeleton as own
from raftlab.lessons.grading import asking

# The id of a check → (its stage, the check).
CHECKS = {check.id: (stage, check) for stage in own.STAGES for check in asking(stage)}
