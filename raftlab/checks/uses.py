"""What must hold of those who use a cluster: of holders of a lease, and of what they do.

Looked at like everything else: by observations. A node that carries out deeds for others lists
them in its field `done`, each as "x=1@A/3": what, and by which lease it was done. Who believes that
it holds an office shows a role of OFFICES, with the number of its lease as its term; a WATCHER, who
goes by a configuration, the number of the version. A server that keeps locks lists in its field
`wronged` what was done to a lock by somebody else than its owner.
"""

from ..core import lease_of

ONE_HOLDER, FREE_AGAIN = "one_holder", "free_again"
OWN_LOCK_ONLY = "own_lock_only"
OFFICES = ("holder", "primary", "scheduler")
WATCHER = "watcher"
ASKED = {
    ONE_HOLDER: "One Holder: at no time do two believe that they hold the lease",
    FREE_AGAIN: "Free Again: a lock that is wanted and that nobody holds is had before long",
}
TITLES = {
    "no_stale_deed": "No Stale Deed: where one of a newer lease was, none of an older one is done",
    "each_job_once": "Each Job Once: no job runs twice, wherever it runs",
    "versions_in_order": "Versions in Order: who has seen a version never goes back to an older",
    "token_once": "Token Once: no two leases have the same fencing token",
    OWN_LOCK_ONLY: "Own Lock Only: nobody ends or renews a lock that is another's",
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
    for name, judge in _JUDGES.items():
        if name in properties:
            found += judge(state, old, new)
    return found


def done_to_locks(properties, old, new):
    """[(property, sentence, id)] of what a step did to the locks that a server keeps."""
    if OWN_LOCK_ONLY not in properties:
        return []
    fresh = new.fields.get("wronged", ())[len(old.fields.get("wronged", ())) :]
    return [(OWN_LOCK_ONLY, f"at {new.id}, {deed}", new.id) for deed in fresh]


def _stale_deeds(state, old, new):
    fresh = _fresh(old, new)
    if not fresh:
        return []
    newest = max((deed for _, deed in _all(state)), key=lambda deed: deed[2])
    before = f"after {newest[0]} of {newest[1]}, by lease {newest[2]}"
    return [("no_stale_deed", f"{new.id} does {what} of {who}, by lease {number}, {before}",
             new.id, who) for what, who, number in fresh if number < newest[2]]  # fmt: skip


def _repeated_jobs(state, old, new):
    found = []
    for deed in _fresh(old, new):
        what, who, number = deed
        runs = [(other, its) for other, its in _all(state) if its[0] == what]
        runs.remove((new.id, deed))
        for other, (_, its, its_number) in runs:
            told = f"{new.id} runs {what} for {who}, by lease {number}; {other} has run it"
            told += f" for {its}, by lease {its_number}"
            found.append(("each_job_once", told, other, new.id))
    return found


def _steps_back(state, old, new):
    before, after = old.term or 0, new.term or 0
    if new.role != WATCHER or after >= before:
        return []
    told = f"{new.id} goes back from version {before} to {after}"
    return [("versions_in_order", told, new.id)]


def _repeated_tokens(state, old, new):
    found = []
    if new.role in OFFICES and (old.role, old.term) != (new.role, new.term):
        for one in in_office(state):
            if one.id != new.id and (one.role, one.term) == (new.role, new.term):
                told = f"{one.id} and {new.id} both have the token {new.term}"
                found.append(("token_once", told, one.id, new.id))
    for what, who, number in _fresh(old, new):
        for _, (before, its, its_number) in _all(state):
            if number == its_number and who != its:
                both_by = f"{before} of {its}, both by token {number}"
                told = f"{new.id} does {what} of {who} and {both_by}"
                found.append(("token_once", told, its, who))
                break
    return found


def _fresh(old, new):
    """What a step has done, as [(what, who, number of the lease) …]."""
    known = len(old.fields.get("done", ()))
    return [_deed(text) for text in new.fields.get("done", ())[known:]]


def _all(state):
    """[(where, deed) …] of all that has been done."""
    return [(id, _deed(text)) for id in state.config.clients
            for text in state.observe(id).fields.get("done", ())]  # fmt: skip


def _deed(text):
    what, _, lease = text.rpartition("@")
    return what, *lease_of(lease)


_JUDGES = {
    "no_stale_deed": _stale_deeds,
    "each_job_once": _repeated_jobs,
    "versions_in_order": _steps_back,
    "token_once": _repeated_tokens,
}


def shown(seen):
    """What of a node the properties here look at: so much a search must tell apart."""
    number = seen.term if seen.role in (*OFFICES, WATCHER) else None
    return number, seen.fields.get("done"), seen.fields.get("wronged")
