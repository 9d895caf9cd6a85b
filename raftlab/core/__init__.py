"""What a distributed program is: nodes, effects, actions, quorums. Standard library only."""

from .client import Client
from .commands import FREE, execute, lease_of, read_command, write_command
from .errors import Impossible, nearest
from .events import (
    ACTIONS,
    ON_MESSAGES,
    REFUSALS,
    CancelTimer,
    ClientReply,
    ClientRequest,
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Envelope,
    Fire,
    Heal,
    Note,
    NotLeader,
    Partition,
    Pause,
    Rearm,
    Refused,
    Request,
    Respond,
    Restart,
    Resume,
    Send,
    SetTimer,
    Superseded,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
)
from .node import Node, copied, rule
from .observe import Observation, Op
from .quorum import committed_index, is_majority, majority, tolerated
from .values import replace, value

__all__ = [name for name in dir() if not name.startswith("_")]
