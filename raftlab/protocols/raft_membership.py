"""Cluster membership: a server goes by a configuration that is an entry in its log.

Hold beside it: §6 of the extended Raft paper, and for the details chapter 4 of D. Ongaro,
"Consensus: Bridging Theory and Practice" (2014). What a configuration is and decides stands in
`raft_configuration.py`; here is which one a server goes by and how a leader puts another one into
the log. Which may follow which is said by the parts: `raft_changes.py`, `raft_learners.py`.

A cluster is made with every host that there will ever be, and `initial_members` says with which of
them it begins. The others are empty and wait: whoever is no member stands for no election, and
nobody writes to it, until a leader whose configuration names it sends it the log.

Two things are easily got wrong. A server goes by the latest configuration in its log, committed or
not: if it waited until it knew the entry to be committed, nobody could tell when enough servers
go by it. And it is the *caller's* configuration that counts: a server answers whoever asks, also
a leader or candidate that its own configuration does not name. Otherwise a new server, which knows
no configuration yet, could not be told of one.
"""

from ..core import Impossible, Refused, rule, write_command
from .raft import CANDIDATE, LEADER
from .raft_configuration import Configuration, configuration_of, in_order
from .raft_log import Entry

_REQUESTS = ("members", "joint", "learner", "forget")

SAYS = {
    "refuses-change": "refuses to change the members: {0}",
    "changes-members": "puts the configuration {1} into its log, entry {0}, and goes by it from"
    " now on (§6)",
    "goes-by": "goes by another configuration now, the latest in its log: {1}, entry {0} (§6)",
    "ignores-stranger": "ignores an answer of {0}, which is no longer sent the log (§6)",
    "leaves": "steps down: entry {0} is committed and does not name it (§6, dissertation §4.2.2)",
}


class Membership:
    """What the parts about membership share; not a part itself.

    `members` are the servers that vote and `peers` those that are sent the log, both by the
    configuration in use; `initial_members` a number of hosts, or their ids, None for all.
    """

    settings = ("initial_members",)
    derived = ("configuration", "configured_at")
    says = SAYS
    symmetric = False  # hosts differ by more than their names: some are members, some wait

    initial_members = None
    configuration = None  # the Configuration in use
    configured_at = 0  # the index of its entry; 0 for the one that the cluster began with

    def __init__(self, id, members, **fields):
        super().__init__(id, members, **fields)
        self.initial_members = _checked(self.initial_members, self.members)
        self.read_configuration()

    def start(self):
        if type(self.initial_members) is not tuple:  # a setting given to a server built by hand
            self.initial_members = _checked(self.initial_members, self.members)
        self.read_configuration()
        super().start()

    def reborn(self, disk=None):
        node = super().reborn(disk)
        node.read_configuration()
        return node

    # -- Rules --

    @rule("6")
    def governing_index(self):
        """Up to which entry a configuration counts: the end of the log, committed or not."""
        return self.log.last_index

    @rule("6")
    def falls_back(self, held):
        """Whether entries of the log `held` are gone: their configurations are gone with them, and
        the latest of those before counts again (dissertation §4.1)."""
        return not self.log.starts_with(held)

    @rule("6")
    def is_quorum(self, ids):
        return self.configuration.is_quorum(ids)

    @rule("6")
    def stored_by_majority(self):
        """As in §5.3, but only voters count: a leader outside the configuration not even itself."""
        stored = {**self.match_index, self.id: self.log.last_index}
        return self.configuration.stored_by_quorum(stored)

    @rule("6")
    def configuration_is_committed(self):
        """Only then may another follow, and only then can the servers left out be spared."""
        return self.configured_at <= self.commit_index

    @rule("dissertation 4.2.2")
    def may_start_election(self):
        """Members stand; so do those who were members before a change not known to be committed.

        They may be needed until then: of two servers, one removes itself, and the other, which
        has not got the entry, cannot be elected without it. A server that was removed but has
        not got the entry goes by an older configuration that names it. It will hear no heartbeats
        and stand again and again, with ever higher terms, and depose a leader each time: pre-vote
        does not prevent that, since its log may be good enough; a sticky leader does
        (dissertation §4.2.3).
        """
        if not super().may_start_election():
            return False
        if self.id in self.members or self.configuration_is_committed():
            return self.id in self.members
        _, before = self.latest_configuration(self.configured_at - 1)
        return self.id in before.members

    def may_change_to(self, target):
        """Whether one request may lead there; who votes is changed by `raft_changes.py` only."""
        return target.voters == self.configuration.voters

    # -- Which configuration is in use --

    def configuration_before_log(self):
        """(index, Configuration) in force where the log begins.

        A part that lets the beginning of a log go (§7) has to answer here with the configuration
        that its snapshot holds, and call `read_configuration` when it takes up a snapshot.
        """
        return 0, Configuration(self.initial_members)

    def latest_configuration(self, index, since=0):
        """(index, Configuration) of the last one among entries since + 1 … index, or None.

        With since=0 there always is one, that of `configuration_before_log` if no other.
        """
        base = self.log.base_index
        for at in range(index, max(since, base), -1):
            found = configuration_of(self.log[at].command)
            if found is not None:
                return at, found
        return self.configuration_before_log() if since <= base else None

    def read_configuration(self, since=0):
        """Take up the latest configuration; entries up to `since` are known to bring none."""
        found = self.latest_configuration(self.governing_index(), since)
        if found is not None:
            self.use_configuration(*found)

    def use_configuration(self, index, configuration):
        self.configured_at, self.configuration = index, configuration
        self.members = configuration.members
        self.peers = tuple(id for id in configuration.everyone if id != self.id)
        if self.role == LEADER:
            self.next_index = {**self.expected_next_index(), **_of(self.peers, self.next_index)}
            self.match_index = {**dict.fromkeys(self.peers, 0), **_of(self.peers, self.match_index)}

    # -- Changing it --

    def on_request(self, request):
        if self.role != LEADER or not _asks_for_members(request.command):
            super().on_request(request)
            return
        target = self.target_of(request.command)
        why = self.objection_to(target, request.command)
        if why is not None:
            self.note("refuses-change", why)
            self.respond(request, Refused(why))
        else:
            self.append_configuration(self.step_toward(target), request)

    def target_of(self, command):
        """The Configuration that a client asks for, or None if it asks for nonsense."""
        asked = configuration_of(command)
        if asked is None or command != ("members", command[1]):
            return None
        learners = in_order(id for id in self.configuration.learners if id not in asked.voters)
        return Configuration(asked.voters, learners)

    def objection_to(self, target, command):
        """Why the change is refused, in words, or None. Whoever asks may ask again later."""
        if target is None:
            return f"{write_command(command)!r} is no change that can be asked for here"
        if not self.configuration_is_committed():
            return f"the change in entry {self.configured_at} is not committed yet (§6)"
        if not self.may_change_to(target):
            return f"no one step leads from {self.configuration} to {target} (dissertation §4.1)"
        return None

    def step_toward(self, target):
        """The configuration to put into the log next, on the way to `target`."""
        return target

    def append_configuration(self, configuration, request=None):
        """Like any other entry, but it counts at once, also for whom it is sent to."""
        named = (request.client, request.serial) if request else ()
        self.log = self.log.append(Entry(self.current_term, configuration.command(), *named))
        index = self.log.last_index
        if request:
            self.waiting = {**self.waiting, index: (self.current_term, request)}
        self.note("changes-members", index, configuration)
        self.read_configuration(index - 1)
        self.replicate()
        self.advance_commit_index()

    def advance_commit_index(self):
        known = self.governing_index()
        super().advance_commit_index()
        self.read_configuration(known)  # finds nothing, unless the rule made it wait for this
        if self.role == LEADER and self.configuration_is_committed():
            self.finish_change()

    def finish_change(self):
        """A leader outside the configuration has led on until that was committed, since without
        it there might have been no leader; now the others can do without it."""
        if self.id not in self.members:
            self.note("leaves", self.configured_at)
            self.step_down()

    # -- What a changed configuration changes elsewhere --

    def start_election(self):
        """A candidate outside its own configuration does not count its vote (§4.2.2)."""
        super().start_election()
        if self.role == CANDIDATE and self.id not in self.members:
            self.votes_granted = frozenset()

    def on_append_entries(self, src, append):
        held, known, before = self.log, self.governing_index(), self.configuration
        super().on_append_entries(src, append)
        self.read_configuration(0 if self.falls_back(held) else known)
        if self.configuration != before:
            self.note("goes-by", self.configured_at, self.configuration)

    def on_append_entries_reply(self, src, reply):
        if self.role == LEADER and src not in self.match_index:
            self.note("ignores-stranger", src)
        else:
            super().on_append_entries_reply(src, reply)

    def observe(self):
        seen = super().observe()
        seen.members = self.configuration.groups
        seen.fields = {**seen.fields, "members": str(self.configuration)}
        return seen


def _asks_for_members(command):
    return type(command) is tuple and len(command) > 1 and command[0] in _REQUESTS


def _of(ids, held):
    """What the mapping `held` has for any of `ids`."""
    return {id: held[id] for id in ids if id in held}


def _checked(initial, hosts):
    """The ids of the initial members: all `hosts`, the first so many, or those named."""
    if initial is None:
        return tuple(hosts)
    if type(initial) is int and 1 <= initial <= len(hosts):
        return tuple(hosts[:initial])
    if isinstance(initial, (tuple, list)) and initial and all(id in hosts for id in initial):
        return in_order(initial)
    raise Impossible(
        f"initial_members must be a number from 1 to {len(hosts)} or some of "
        f"{', '.join(hosts)}, not {initial!r}"
    )
