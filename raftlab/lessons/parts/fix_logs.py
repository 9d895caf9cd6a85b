"""Mend one method of a broken Raft: what a follower makes of a message, and what is executed."""

from ..exercise import Wrong
from ..fixing import fix

# -- a leader's entries in our log ----------------------------------------------------------


def merged(self, append):
    """Our log with the leader's entries in it."""
    log, index = self.log, append.prev_log_index
    for offset, entry in enumerate(append.entries):
        held = log.term_at(index + offset + 1)
        if held is None:
            return log.extend(append.entries[offset:])
        if held != entry.term:
            return log.truncate(index + offset).extend(append.entries[offset:])
    return log


def only_adds(self, append):
    new = append.entries[self.log.last_index - append.prev_log_index :]
    return self.log.extend(new) if append.prev_log_index <= self.log.last_index else self.log


def unless_empty(self, append):
    if not append.entries:
        return self.log
    return self.log.truncate(append.prev_log_index).extend(append.entries)


def keeps_what_is_committed(self, append):
    kept = max(self.commit_index, append.prev_log_index)
    return self.log.truncate(kept).extend(append.entries[kept - append.prev_log_index :])


def if_longer(self, append):
    if append.prev_log_index + len(append.entries) <= self.log.last_index:
        return self.log
    return self.log.truncate(append.prev_log_index).extend(append.entries)


fix(
    "always-truncates",
    merged,
    alike=("figure-7", "rejoining-leader", "late-message", "late-term-gives-way"),
    asks="A follower cuts its log at every message and puts the new entries there. Mend it.",
    hints=(
        "A message may be old, and shorter than what came since. When may an entry go at all?",
        "Only where the leader has an entry of another term at the same index: a conflict.",
        "Go through append.entries: self.log.term_at(index) is None behind the end (append the "
        "rest there), equal (go on), or another (truncate before it and append the rest).",
    ),
    wrong={
        "only-adds": Wrong(only_adds, "entries of an old leader must go when they conflict, or two "
                                      "logs differ for ever"),
        "unless-empty": Wrong(unless_empty, "a heartbeat does no harm now, but a late message with "
                                            "one entry still cuts off the second"),
        "committed": Wrong(keeps_what_is_committed, "also what is not committed here yet may have "
                           "been counted by the leader: an old message must not cut it off"),
        "if-longer": Wrong(if_longer, "a shorter message may conflict as well, and then what "
                                      "stands there must go"),
    },
    why="only a conflict removes anything: whatever else is behind may have been acknowledged, and "
        "counted (§5.3)",
    read="11-raft-log-replication",
    minutes=15,
)  # fmt: skip


# -- how far a follower may commit ------------------------------------------------------------


def commit_index_from(self, append):
    """How far a follower may take its log for committed, after this message."""
    return min(append.leader_commit, append.prev_log_index + len(append.entries))


def only_what_came(self, append):
    return min(append.leader_commit, len(append.entries))


def what_was_checked(self, append):
    return append.prev_log_index + len(append.entries)


def without_the_new_ones(self, append):
    return min(append.leader_commit, append.prev_log_index)


def one_at_a_time(self, append):
    return min(append.leader_commit, self.commit_index + 1, self.log.last_index)


fix(
    "trusts-leader-commit",
    commit_index_from,
    alike=("basic-agreement", "follower-failure"),
    asks="A follower commits as far as its leader, whatever stands in its own log there. Mend it.",
    hints=(
        "What of its log has a follower compared with its leader's by this message?",
        "All up to the entry before the new ones, and the new ones: no further.",
        "The smaller of append.leader_commit and append.prev_log_index + len(append.entries).",
    ),
    wrong={
        "came": Wrong(only_what_came, "the entries before the new ones were checked too: with an "
                                      "empty message this commits nothing at all"),
        "checked": Wrong(what_was_checked, "that it matches does not mean that it is committed: "
                                           "leader_commit says how far that is"),
        "late": Wrong(without_the_new_ones, "safe, but the entries that this message brought are "
                                            "checked too: so you hear of a commit too late"),
        "step": Wrong(one_at_a_time, "the next entry may be one that was not checked, too"),
    },
    why="what lies behind the entries just checked may be an old leader's. It is not committed "
        "because something is committed at that index elsewhere (§5.3)",
    read="11-raft-log-replication",
    misconceptions=("M11",),
)  # fmt: skip


# -- executing what is committed --------------------------------------------------------------


def apply_committed(self):
    """Execute what is committed, and answer who waits for it."""
    while self.last_applied < self.commit_index:
        self.last_applied += 1
        entry = self.log[self.last_applied]
        self.machine, result = self.machine.apply(entry)
        if self.last_applied in self.waiting:
            self.answer(self.last_applied, entry.term, result)


def again_from_the_last(self):
    for index in range(max(self.last_applied, 1), self.commit_index + 1):
        entry = self.log[index]
        self.machine, result = self.machine.apply(entry)
        if index in self.waiting:
            self.answer(index, entry.term, result)
    self.last_applied = self.commit_index


def all_that_is_there(self):
    for index in range(self.last_applied + 1, self.log.last_index + 1):
        entry = self.log[index]
        self.machine, result = self.machine.apply(entry)
        if index in self.waiting:
            self.answer(index, entry.term, result)
    self.last_applied = self.commit_index


def one_short(self):
    while self.last_applied < self.commit_index - 1:
        self.last_applied += 1
        entry = self.log[self.last_applied]
        self.machine, result = self.machine.apply(entry)
        if self.last_applied in self.waiting:
            self.answer(self.last_applied, entry.term, result)


def asked_for_only(self):
    while self.last_applied < self.commit_index:
        self.last_applied += 1
        entry = self.log[self.last_applied]
        if self.last_applied in self.waiting:
            self.machine, result = self.machine.apply(entry)
            self.answer(self.last_applied, entry.term, result)


def never_answers(self):
    while self.last_applied < self.commit_index:
        self.last_applied += 1
        self.machine, _ = self.machine.apply(self.log[self.last_applied])


fix(
    "applies-out-of-order",
    apply_committed,
    alike=("each-entry-once", "basic-agreement", "asked-twice"),
    asks="A server executes what has become committed beginning with the newest entry. Mend it.",
    hints=(
        "All servers must come to the same data. What must they have in common besides the log?",
        "The order: from last_applied + 1 up to commit_index, each once, on leaders and followers.",
        "Count self.last_applied up by one, apply self.log[self.last_applied], answer who waits at "
        "that index, and so on while it is below self.commit_index.",
    ),
    wrong={
        "again": Wrong(again_from_the_last, "last_applied has been executed already: begin behind "
                                            "it"),
        "beyond": Wrong(all_that_is_there, "what stands behind commit_index is not committed yet, "
                                           "and may still be overwritten"),
        "short": Wrong(one_short, "commit_index itself is committed too, and whoever asked for it "
                                  "waits"),
        "asked": Wrong(asked_for_only, "followers execute too, though nobody waits there: or their "
                                       "data is not there when they lead"),
        "answers": Wrong(never_answers, "it is executed, and nobody is told: whoever waits at an "
                                        "index is answered with the result"),
    },
    why="the same entries in the same order, each once, on every server: that alone makes copies "
        "of one machine (§5.3)",
    read="11-raft-log-replication",
    minutes=15,
)  # fmt: skip
