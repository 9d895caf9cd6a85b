"""Clients: a request happens once, and whoever asked is told what became of it (§8)."""

from ...core import Superseded
from ...protocols.machine import KeyValue
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import broken_by, raft_with, stuck

# -- executed once --------------------------------------------------------------------------


def execute_once(total, sessions, client, serial, amount):
    """(total, sessions, result) after a client's request number `serial`, to add `amount`."""
    last, result = sessions.get(client, (0, None))
    if serial == last:
        return total, sessions, result
    if serial < last:
        return total, sessions, None
    total += amount
    return total, {**sessions, client: (serial, total)}, total


def every_time(total, sessions, client, serial, amount):
    total += amount
    return total, {**sessions, client: (serial, total)}, total


def answers_nothing(total, sessions, client, serial, amount):
    if serial <= sessions.get(client, (0, None))[0]:
        return total, sessions, None
    return execute_once(total, sessions, client, serial, amount)


def answers_the_total(total, sessions, client, serial, amount):
    if serial <= sessions.get(client, (0, None))[0]:
        return total, sessions, total
    return execute_once(total, sessions, client, serial, amount)


def one_for_all(total, sessions, client, serial, amount):
    last, result = max(sessions.values(), default=(0, None))
    if serial <= last:
        return total, sessions, result if serial == last else None
    return execute_once(total, sessions, client, serial, amount)


def any_other_serial(total, sessions, client, serial, amount):
    last, result = sessions.get(client, (0, None))
    if serial == last:
        return total, sessions, result
    total += amount
    return total, {**sessions, client: (serial, total)}, total


def the_others_go(total, sessions, client, serial, amount):
    last, result = sessions.get(client, (0, None))
    if serial <= last:
        return total, sessions, result if serial == last else None
    return total + amount, {client: (serial, total + amount)}, total + amount


def _first_times(luck):
    total, amount = luck.below(50), luck.between(1, 9)
    return [
        (total, {}, "C1", 1, amount), (total, {"C1": (1, total)}, "C1", 2, amount),
        (total, {"C1": (4, total)}, "C2", 1, amount), (0, {"C2": (3, 7)}, "C1", 5, -1),
    ]  # fmt: skip


def _repeats(luck):
    total = luck.between(10, 50)
    return [(total, {"C1": (1, total)}, "C1", 1, 5), (total, {"C1": (2, 9)}, "C1", 2, 5),
            (total, {"C1": (3, 4), "C2": (1, total)}, "C1", 3, 1)]  # fmt: skip


def _older(luck):
    total, last = luck.between(10, 50), luck.between(3, 9)
    return [
        (total, {"C1": (last, total)}, "C1", last - 1, 5),
        (total, {"C1": (last, 1)}, "C1", 1, 5),
    ]


def plugged_execute_once(given):
    class Theirs(KeyValue):
        """A store whose additions are the learner's."""

        __slots__ = ()

        def _executed(self, entry):
            match entry.command:
                case ("add", key, amount) if entry.client is not None:
                    total, sessions, result = given(
                        self.data.get(key, 0), dict(self.sessions), entry.client, entry.serial,
                        amount,
                    )  # fmt: skip
                    return Theirs({**self.data, key: total}, sessions), result
            after, result = super()._executed(entry)
            return Theirs(after.data, after.sessions), result

        def __reduce__(self):
            return Theirs, (self.data, self.sessions)

    class Plugged:
        machine = Theirs({}, {})

    return Plugged


def replicas_that_execute_so(arguments, given):
    return broken_by(plugged_execute_once(given), "ignores-sessions")


Exercise(
    id="clients/once",
    asks="Execute each client's request once, however often it comes.",
    starter='''
        def execute_once(total, sessions, client, serial, amount):
            """What becomes of a counter when an entry is executed: (total, sessions, result).

            `client` wants `amount` added to `total`, as its request number `serial`; its result is
            the new total. `sessions` has {client: (serial, result)} of each client's last request.
            A client numbers its requests 1, 2, 3 …, and asks again until it is answered. What is
            older than its last request has been answered and gets None. Give new values.
            """
            ...
    ''',
    hints=(
        "Look the client up: has it a last request? What if its serial is this one, or a later "
        "one?",
        "The same again: nothing changes, and the answer is that of the first time.",
        "{**sessions, client: (serial, total)} is a new dict with the session of one client "
        "renewed.",
    ),
    reference=execute_once,
    wrong={
        "every-time": Wrong(every_time, "a client that hears nothing asks again, and its request "
                                        "is in the log twice: then you add twice"),
        "nothing": Wrong(answers_nothing, "nothing changes, but it still waits for its answer: "
                                          "keep the result, and give it again"),
        "total": Wrong(answers_the_total, "it must hear what it would have heard the first time, "
                                          "not what others have made of it since"),
        "one-for-all": Wrong(one_for_all, "each client counts for itself; C2's first request is "
                                          "not old because C1 has asked four times"),
        "older": Wrong(any_other_serial, "what comes late may also be older than the last one: "
                                         "it was executed, too"),
        "others": Wrong(the_others_go, "the sessions of the other clients are lost: their "
                                       "repeats would be executed"),
    },
    judge=by_cases(
        execute_once,
        ("what comes for the first time", 1, "§8", _first_times),
        ("a repeat", 2, "§8", _repeats),
        ("older than its last one", 1, "§8", _older),
        shows=replicas_that_execute_so,
    ),
    why="the table is part of the replicated state, so that all servers recognise the same "
        "repeats, whoever leads; and it goes into the snapshot, or a repeat is executed after that",
    read="13-raft-in-practice",
    minutes=15,
    misconceptions=("M6",),
)  # fmt: skip


# -- in order, each once --------------------------------------------------------------------


def to_execute(last_applied, commit_index):
    """The indexes that a server executes now, in order."""
    return list(range(last_applied + 1, commit_index + 1))


def once_more(last_applied, commit_index):
    return list(range(max(1, last_applied), commit_index + 1))


def not_the_last(last_applied, commit_index):
    return list(range(last_applied + 1, commit_index))


def newest_first(last_applied, commit_index):
    return list(range(commit_index, last_applied, -1))


def the_newest_only(last_applied, commit_index):
    return [commit_index] if commit_index > last_applied else []


def all_again(last_applied, commit_index):
    return list(range(1, commit_index + 1))


def _some(luck):
    at = luck.between(1, 9)
    return [(at, at + 3), (0, 2), (at, at + 1), (0, 1)]


def _none(luck):
    at = luck.between(1, 9)
    return [(at, at), (0, 0)]


def plugged_to_execute(given):
    class Theirs:
        def apply_committed(self):
            for index in given(self.last_applied, self.commit_index):
                if not 1 <= index <= self.log.last_index:
                    continue
                entry = self.log[index]
                self.machine, result = self.machine.apply(entry)
                if index in self.waiting:
                    self.answer(index, entry.term, result)
            self.last_applied = self.commit_index

    return Theirs


def servers_that_execute_so(arguments, given):
    theirs = plugged_to_execute(given)
    return stuck(raft_with(theirs)) or broken_by(theirs, "applies-twice", "applies-out-of-order")


Exercise(
    id="clients/in-order",
    asks="Which entries does a server execute now?",
    starter='''
        def to_execute(last_applied, commit_index):
            """A list of the indexes that a server executes now, in the order in which it does so.

            It has executed everything up to last_applied, and knows that everything up to
            commit_index is committed.
            """
            ...
    ''',
    hints=(
        "Each entry once, in the order of the log, and none that is not committed.",
        "The first is the one behind last_applied, the last is that at commit_index.",
        "range(first, last) stops *before* last.",
    ),
    reference=to_execute,
    wrong={
        "once-more": Wrong(once_more, "the entry at last_applied has been executed already"),
        "not-last": Wrong(not_the_last, "the entry at commit_index is committed, too; range "
                                        "stops before its end"),
        "newest-first": Wrong(newest_first, "in the order of the log: all replicas must come to "
                                            "the same state, and the client expects it"),
        "newest": Wrong(the_newest_only, "commit_index may go up by more than one, and what lies "
                                         "between must be executed first"),
        "all": Wrong(all_again, "whoever begins at 1 each time executes everything again"),
    },
    judge=by_cases(
        to_execute,
        ("there are some", 2, "§5.3", _some),
        ("there is none", 1, "§5.3", _none),
        shows=servers_that_execute_so,
    ),
    why="from one place only, in order, each once: state machines that execute the same entries "
        "in the same order are in the same state",
    read="11-raft-log-replication",
    minutes=5,
)  # fmt: skip


# -- whom to answer -------------------------------------------------------------------------


def answer(waiting, index, term, result):
    """Whom to answer when the entry `index`, of `term`, has been executed, and what."""
    if index not in waiting:
        return None
    asked_in, client = waiting[index]
    return client, result if asked_in == term else "superseded"


def by_index(waiting, index, term, result):
    return (waiting[index][1], result) if index in waiting else None


def never_told(waiting, index, term, result):
    if index in waiting and waiting[index][0] == term:
        return waiting[index][1], result
    return None


def by_term(waiting, index, term, result):
    return next(((client, result) for of, client in waiting.values() if of == term), None)


def newer_is_fine(waiting, index, term, result):
    if index not in waiting:
        return None
    asked_in, client = waiting[index]
    return client, result if asked_in <= term else "superseded"


def _its_own(luck):
    index, term = luck.between(1, 9), luck.between(1, 5)
    return [({index: (term, "C1")}, index, term, 7), ({3: (2, "C1"), 4: (2, "C2")}, 4, 2, 5),
            ({1: (1, "C3"), 2: (3, "C1")}, 1, 1, "x")]  # fmt: skip


def _nobody(luck):
    return [({}, luck.between(1, 9), 1, 5), ({2: (1, "C1")}, 1, 1, 5)]


def _another(luck):
    index, term = luck.between(1, 9), luck.between(1, 5)
    return [({index: (term, "C1")}, index, term + 1, 7), ({4: (2, "C2"), 5: (2, "C1")}, 4, 3, 9),
            ({3: (4, "C1")}, 3, 2, 1)]  # fmt: skip


def plugged_answer(given):
    class Theirs:
        def answer(self, index, term, result):
            asked = {at: (of, str(at)) for at, (of, _) in self.waiting.items()}
            told = given(asked, index, term, result)
            if told is None:
                return
            at = int(told[0])
            _, request = self.waiting[at]
            self.waiting = {i: one for i, one in self.waiting.items() if i != at}
            self.respond(request, Superseded(index) if told[1] == "superseded" else told[1])

    return Theirs


def leaders_that_answer_so(arguments, given):
    theirs = plugged_answer(given)
    return stuck(raft_with(theirs)) or broken_by(theirs, "answers-by-index")


Exercise(
    id="clients/answer",
    asks="Whom does a server answer when it has executed an entry, and what?",
    starter='''
        def answer(waiting, index, term, result):
            """(client, what it is told) when the entry `index`, of `term`, has been executed.

            `waiting` has {index: (term, client)} of the requests that this server, when it led, put
            into its log: where, and in which term. Its client gets the result, or "superseded" if
            its request is not what was executed there. None if nobody waits at that index.
            """
            ...
    ''',
    hints=(
        "Is somebody waiting at this index at all?",
        "Two entries at one index are the same if their terms are. What if the terms differ?",
        "Then another leader's entry has taken the place, and this request did not happen there.",
    ),
    reference=answer,
    wrong={
        "index": Wrong(by_index, "an index is no receipt: another leader may have overwritten "
                                 "the request, and this result is of somebody else's"),
        "silent": Wrong(never_told, "who waits must be told that its request will not happen "
                                    "here, or it waits for ever"),
        "term": Wrong(by_term, "in one term a leader takes many requests; the one at this index "
                               "is answered"),
        "newer": Wrong(newer_is_fine, "an entry of a later term at this index is another entry"),
    },
    judge=by_cases(
        answer,
        ("its own request", 1, "§8", _its_own),
        ("nobody waits there", 1, "§8", _nobody),
        ("another entry has taken the place", 2, "§5.3", _another),
        shows=leaders_that_answer_so,
    ),
    why="index and term together name an entry. A leader may be deposed while somebody waits, and "
        "then another request is executed at the same index",
    read="11-raft-log-replication",
    minutes=10,
    misconceptions=("M6", "M12"),
)  # fmt: skip
