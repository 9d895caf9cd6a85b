"""Why was it not elected? What kept a server that stood for election from winning it.

Read off the steps since its timer ran out: who refused it its vote and why, as the notes of that
step say it, whom it did not reach, and what ended its candidacy. So it holds for any protocol
whose candidates ask by a message that has Vote in its name.
"""

from ..core import Deliver, Drop, Note, Send
from .state import PAUSED
from .story import begun, message_name, why


def reasons_against(run, before, id):
    """(sentences without a full stop, whether `id` lacks a higher term): what has kept it from
    leading since the position `before`, where its election timer had not yet run out."""
    steps = run.steps[before + 1 : run.position + 1]
    asks = [step for step in steps if _passes(step.action, id, is_reply=False)]
    waiting = [envelope for envelope in run.state.network if _is_vote(envelope, id, False)]
    told, is_late = [], False
    for voter in run.state.config.servers:
        heard = [step for step in asks if begun(step.action).dst == voter]
        if not heard:
            continue
        step = heard[-1]
        if type(step.action) is Drop:
            told.append(why(step)[0])
        elif not _grants(step, voter, id):
            told.append(_refusal(step, voter, id))
            is_late = is_late or _is_late(step, voter, id)
        else:
            told += [
                f"{voter} votes for {id}, but {why(lost)[0]}"
                for lost in steps
                if type(lost.action) is Drop
                and _passes(lost.action, voter, is_reply=True)
                and lost.action.dst == id
            ]
    for envelope in waiting:
        if run.state.host(envelope.dst).mode == PAUSED:
            told.append(f"{envelope.dst} is paused and hears nothing")
    if not asks and not waiting:
        told += why(steps[0])
    told += _given_up(run, before, id)
    told = told or _left_out(waiting)
    return list(dict.fromkeys(told)), is_late


def _passes(action, src, is_reply):
    """Whether an action brings, or loses, a request of `src` for a vote, or its reply to one."""
    action = begun(action)
    return type(action) in (Deliver, Drop) and _is_vote(action, src, is_reply)


def _is_vote(carrier, src, is_reply):
    name = message_name(carrier.message)
    return carrier.src == src and "Vote" in name and name.endswith("Reply") == is_reply


def _grants(step, voter, id):
    """Whether in this step the voter said yes: its reply shows that, or else its vote does."""
    for effect in step.effects:
        if type(effect) is Send and effect.dst == id and hasattr(effect.message, "vote_granted"):
            return effect.message.vote_granted
    return step.state.observe(voter).voted_for == id


def _refusal(step, voter, id):
    """Its last note is on the vote; before it there may be one on the term."""
    if any(type(effect) is Note for effect in step.effects):
        return why(step)[-1]
    seen = step.state.observe(voter)
    given = f": in term {seen.term} it has voted for {seen.voted_for}" if seen.voted_for else ""
    return f"{voter} gives {id} no vote{given}"


def _is_late(step, voter, id):
    """Whether the voter's term is past the one asked for, or its vote in that one is given."""
    seen = step.state.observe(voter)
    asked = getattr(begun(step.action).message, "term", None)
    if asked is None or seen.term is None:
        return False
    return seen.term > asked or (seen.term == asked and seen.voted_for not in (None, id))


def _given_up(run, before, id):
    """What ended its candidacy, or its leading, if it was not the reply of a voter."""
    for at in range(run.position, before + 1, -1):
        step = run.steps[at]
        role, later = (run.steps[n].state.observe(id).role for n in (at - 1, at))
        if role in ("candidate", "leader") and later not in ("candidate", "leader"):
            if type(step.action) is Deliver and _passes(step.action, step.action.src, True):
                return []
            led = f"{id} was elected, and then " if role == "leader" else ""
            return [f"{led}{why(step)[0]}"]
    return []


def _left_out(waiting):
    """Whom its requests have not reached, because the messages of others only were passed on."""
    ids = [envelope.dst for envelope in waiting]
    return [f"{', '.join(ids)} {'have' if ids[1:] else 'has'} not heard of it"] if ids else []
