"""From events of a search to a history of the real cluster, and to a shorter one.

A search leaves out time and network; here its counterexample happens in a `History`, action by
action, under the same monitor as any other run. Only what breaks there is told to anybody.
"""

from collections import Counter

from ..core import Deliver, Duplicate, Impossible


def actions_of(engine, trail):
    """The actions of [(place of a host, event) …], as a list."""
    return [action for at, event in trail for action in engine.actions(at, event)]


def played(run, actions):
    """A copy of `run` on which `actions` have happened behind its cursor.

    In a search a message may arrive more than once, or be one of several equal ones. Where there
    is no copy left to deliver, an earlier arrival is doubled first.
    """
    doubled = Counter()
    while True:
        twin = run.copy()
        arrivals = {}
        for number, action in enumerate(actions):
            key = _key(action)
            if key is not None:
                arrivals.setdefault(key, []).append(number)
            try:
                for _ in range(doubled[number]):
                    twin.take(Duplicate(action.src, action.dst, action.message))
                twin.take(action)
            except Impossible:
                earlier = arrivals.get(key, ())[:-1]
                if not earlier:
                    raise
                doubled[earlier[-1]] += 1
                break
        else:
            return twin


def _key(action):
    return (action.src, action.dst, action.message) if type(action) is Deliver else None


def shortened(run, actions, still_there):
    """A history of as few of `actions` behind the cursor of `run` as it takes for
    `still_there(history)`, or None if it takes all of them.

    Whole stretches are left out first, then single actions. What has become impossible because
    an earlier action is gone goes with it.
    """
    history, size = None, max(1, len(actions) // 2)
    while size:
        start, smaller = 0, False
        while start < len(actions):
            twin, done = _tried(run, actions[:start] + actions[start + size :], still_there)
            if twin and len(done) < len(actions):
                actions, history, smaller = done, twin, True
            else:
                start += size
        size = size if smaller and size == 1 else size // 2
    return history


def _tried(run, actions, still_there):
    """(a copy of `run` on which those of `actions` happened that can, up to where it is there;
    these actions), or (None, …) if it never is."""
    twin, done = run.copy(), []
    for action in actions:
        try:
            twin.take(action)
        except Impossible:
            continue
        done.append(action)
    return (twin, done) if still_there(twin) else (None, done)
