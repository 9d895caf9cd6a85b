"""The world around the nodes: network, timers, faults, time, memory. Imports core only."""

from ..core import Client
from .causality import causal_past
from .clients import operations
from .cluster import advance, boot, crashes_during, step
from .history import Branch, History, Step
from .network import DIALS, Dials
from .record import dump, load
from .schedule import WEIGHTS, random_walk
from .state import DOWN, NEVER, PAUSED, SOUND, UP, Host, State, loss_of, next_action, rank
from .story import (
    actor,
    begun,
    canonical,
    headline,
    is_interesting,
    message_name,
    speed,
    timing_warnings,
    why,
)
from .verbs import latest_crash

__all__ = [name for name in dir() if not name.startswith("_")]
