"""What must hold of those who use a cluster: of holders of a lease, and of what they do.

Looked at like everything else: by observations. A node that carries out deeds for others lists
them in its field `done`, each as "x=1@A/3": what, and by which lease it was done. One that follows
a configuration has its `version`. Who believes that it holds an office shows a role of OFFICES,
with the number of its lease as its term.
"""

from ..core import lease_of

ONE_HOLDER = "one_holder"
OFFICES = ("holder", "primary", "scheduler")
TITLES = {
    ONE_HOLDER: "One Holder: at no time do two believe that they hold the lease",
    "no_stale_deed": "No Stale Deed: where one of a newer lease was, none of an older one is done",
    "each_job_once": "Each Job Once: no job runs twice, wherever it runs",
    "versions_in_order": "Versions in Order: who has seen a version never goes back to an older",
}


def in_office(state):
    """[(its observation) …] of all that believe to hold an office; those that are down do not."""
    seen = [state.observe(id) for id in state.config.clients if state.host(id).mode != "down"]
    return [one for one in seen if one.role in OFFICES]


def both(one, other):
    """(sentence, evidence) of two that believe to hold the same office."""
    told = f"{one.id} and {other.id} both believe to be the {one.role}, by leases"
    return f"{told} {one.term} and {other.term}", (one.id, other.id)


def violations(properties, state, old, new):
    """[(property, sentence, id …)] of what a step did to the node that was `old` and is `new`."""
    found = []
    if ONE_HOLDER in properties and new.role in OFFICES and old.role not in OFFICES:
        others = [one for one in in_office(state) if one.id != new.id]
        for other in others:
            told, evidence = both(other, new)
            found.append((ONE_HOLDER, told, *evidence))
    for name, judge in _ON_FIELDS.items():
        if name in properties:
            found += judge(state, old.fields, new.fields, new.id)
    return found


def _stale_deeds(state, was, now, id):
    fresh = _fresh(was, now)
    if not fresh:
        return []
    newest = max((deed for _, deed in _all(state)), key=lambda deed: deed[2])
    return [("no_stale_deed", f"{id} does {what} of {who}, by lease {number}, after {newest[0]} of"
             f" {newest[1]}, by lease {newest[2]}", id, who)
            for what, who, number in fresh if number < newest[2]]  # fmt: skip


def _repeated_jobs(state, was, now, id):
    found = []
    for deed in _fresh(was, now):
        what, who, number = deed
        runs = [(other, its) for other, its in _all(state) if its[0] == what]
        runs.remove((id, deed))
        for other, (_, its, its_number) in runs:
            told = f"{id} runs {what} for {who}, by lease {number}; {other} has run it for {its},"
            found.append(("each_job_once", f"{told} by lease {its_number}", other, id))
    return found


def _steps_back(state, was, now, id):
    old, new = was.get("version", 0), now.get("version", 0)
    if type(old) is not int or new >= old:
        return []
    return [("versions_in_order", f"{id} goes back from version {old} to {new}", id)]


def _fresh(was, now):
    """What a step has done, as [(what, who, number of the lease) …]."""
    return [_deed(text) for text in now.get("done", ())[len(was.get("done", ())) :]]


def _all(state):
    """[(where, deed) …] of all that has been done."""
    return [(id, _deed(text)) for id in state.config.clients
            for text in state.observe(id).fields.get("done", ())]  # fmt: skip


def _deed(text):
    what, _, lease = text.rpartition("@")
    return what, *lease_of(lease)


_ON_FIELDS = {
    "no_stale_deed": _stale_deeds,
    "each_job_once": _repeated_jobs,
    "versions_in_order": _steps_back,
}
_FIELDS = ("done", "version")


def deeds(seen):
    """What of a node's fields the properties look at: so much a search must tell apart."""
    return tuple([seen.fields.get(name) for name in _FIELDS]) if seen.fields else ()
