"""What can have influenced what: Lamport's happened-before on the steps of a run.

Leslie Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System" (1978): one
event happened before another if the same node did both, in that order, or if the one sent what
the other received, or if a chain of such pairs joins them. Everything else is concurrent: it
cannot have mattered.
"""

from ..core import Delay, Deliver, Drop, Duplicate
from .network import find
from .story import actor, begun


def causal_past(steps, position):
    """The positions of all steps that happened before the one at `position`, in order.

    The boot (0) is every node's first event. What happens to a message and not to a node (it is
    lost, doubled or put off) comes after its sending; what happens to the whole network (a
    partition, a dial) comes after nothing, and nothing comes after it. A node that restarts is
    still the same node, also where its disk brings back less than it knew.
    """
    past, nodes, wanted = [], set(), {position}
    for at in range(position, -1, -1):
        who = actor(steps[at].action)
        if at in wanted or who in nodes or (at == 0 and nodes):
            past.append(at)
            sending = sent_at(steps, at)
            if who is not None:
                nodes.add(who)
            if sending is not None:
                wanted.add(sending)
    return tuple(past[:0:-1])


def sent_at(steps, position):
    """The position of the step that sent the message which the step at `position` receives,
    loses, doubles or puts off; None if it is about no message, or sent before `steps` begin."""
    action = begun(steps[position].action)
    if type(action) not in (Deliver, Drop, Duplicate, Delay):
        return None
    network = steps[position - 1].state.network
    sending = network[find(network, action)].sent_step - steps[0].state.step_no
    if sending > 0 and type(steps[sending].action) is Duplicate:
        return sent_at(steps, sending)  # a copy says what its original said
    return sending if sending >= 0 else None
