"""A configuration: the servers whose majority decides, and how it stands in the log.

Hold beside it: §6 of the extended Raft paper, and chapter 4 of D. Ongaro, "Consensus: Bridging
Theory and Practice" (2014). This file knows what a configuration decides; when a server takes one
up, and which may follow which, is said in `raft_membership.py` and `raft_learners.py`.

In the log a configuration is an entry with one of these commands, tuples of ids in tuples:

    ("members", voters)    ("members", voters, learners)
    ("joint", old voters, new voters)    ("joint", old voters, new voters, learners)

`core/commands.py` says how a person reads and writes them.
"""

from ..core import committed_index, is_majority, value


@value
class Configuration:
    """`voters` decide by majority. While `old_voters` is not empty the configuration is joint
    (C_old,new), and decisions need a majority of both. `learners` only listen."""

    voters: tuple
    learners: tuple = ()
    old_voters: tuple = ()

    @property
    def is_joint(self):
        return bool(self.old_voters)

    @property
    def groups(self):
        """The sets of servers each of which must give a majority: one of them, or two."""
        return (self.old_voters, self.voters) if self.old_voters else (self.voters,)

    @property
    def members(self):
        """Every server that votes."""
        return in_order((*self.old_voters, *self.voters))

    @property
    def everyone(self):
        """Every server that is sent the log."""
        return (*self.members, *self.learners)

    def is_quorum(self, ids):
        """Whether `ids` hold a majority of each group; whoever is no voter does not count."""
        return all(is_majority(ids, group) for group in self.groups)

    def stored_by_quorum(self, stored):
        """The highest index that a majority of each group has stored; `stored`: id → index."""
        return min(committed_index([stored.get(id, 0) for id in group]) for group in self.groups)

    def command(self):
        """The command of the entry that puts this configuration into the log."""
        learners = (self.learners,) if self.learners else ()
        if self.is_joint:
            return ("joint", self.old_voters, self.voters, *learners)
        return ("members", self.voters, *learners)

    def __str__(self):
        told = " and ".join(" ".join(group) for group in self.groups)
        return f"{told} learners {' '.join(self.learners)}" if self.learners else told


def configuration_of(command):
    """The Configuration that an entry's command stands for, or None for any other command."""
    if type(command) is not tuple or not command or command[0] not in ("members", "joint"):
        return None
    kind, *sets = command
    if not all(map(_is_set_of_ids, sets)):
        return None
    match kind, *sets:
        case ("members", voters) | ("members", voters, _) if voters:
            return Configuration(in_order(voters), in_order(*sets[1:]))
        case ("joint", old, new) | ("joint", old, new, _) if old and new:
            return Configuration(in_order(new), in_order(*sets[2:]), in_order(old))
    return None


def in_order(ids=()):
    """Ids without repeats, S2 before S10: equal sets of servers are then equal tuples."""
    return tuple(sorted(set(ids), key=lambda id: (len(id), id)))


def _is_set_of_ids(held):
    return type(held) is tuple and all(type(id) is str for id in held)
