"""The units of a notebook put together: a whole Raft that goes by the learner's own rules.

Each unit was judged alone. Here they stand in the place of ours all at once, and what is asked is
what a cluster is for: that it goes on, and that nothing is lost. The other rules are ours.
"""

from ..exercise import Exercise, Part, Wrong
from ..judging import Trouble, called, raised, within
from ..plugged import first, in_scenario, raft_with, refusals, searched, stuck
from . import clients, elections, elections_terms, logs, logs_backing, logs_leader

ELECTIONS = {
    "restarts_timer": elections.plugged_restarts_timer,
    "answer_vote": elections.plugged_answer_vote,
    "heard_term": elections_terms.plugged_heard_term,
    "has_won": elections_terms.plugged_has_won,
    "is_up_to_date": elections.plugged_is_up_to_date,
}
LOGS = {
    "conflict": logs_backing.plugged_conflict,
    "follows_from": logs.plugged_follows_from,
    "merged": logs.plugged_merged,
    "commit_index_from": logs.plugged_commit_index_from,
    "leader_commit": logs_leader.plugged_leader_commit,
    "matched": logs_leader.plugged_matched,
    "backed_up": logs_backing.plugged_backed_up,
}
CLIENTS = {
    "execute_once": clients.plugged_execute_once,
    "to_execute": clients.plugged_to_execute,
    "answer": clients.plugged_answer,
}


def plugged_together(rules, plugs):
    """A mixin of several: `plugs` says how each function in `rules` is plugged in, in the order in
    which one calls the next."""
    return type("Theirs", tuple(plug(rules[name]) for name, plug in plugs.items()), {})


def _judge(plugs, *demands):
    """A judge of such dicts: each demand is (name, points, section, what gives a run and what is
    seen there of a mixin, or None if nothing is wrong)."""

    def judge(given, seed):
        rules = called(given)
        told = _incomplete(rules, plugs)
        parts = [Part("all of them are there", 1, told)]
        mixin = None if told else plugged_together(rules, plugs)
        for name, points, section, looks in demands:
            seen, run = ("not looked at while one is missing", None)
            if mixin:
                run, seen = _seen(looks, mixin)
            parts.append(Part(name, points, seen, run, section))
        return parts

    return judge


def _incomplete(rules, plugs):
    if not isinstance(rules, dict):
        return "give a dict, {name: function}"
    lacking = [name for name in plugs if not callable(rules.get(name))]
    return f"{', '.join(lacking)} {'are' if lacking[1:] else 'is'} missing" if lacking else ""


def _seen(looks, mixin):
    try:
        return within(lambda: looks(mixin)) or (None, "")
    except Trouble as trouble:
        return None, str(trouble)
    except Exception as error:
        return None, f"a rule raises {raised(error)}"


# -- elections ------------------------------------------------------------------------------


def my_elections():
    """The functions of this notebook of which a Raft can be made: {name: function}."""
    return {
        "is_up_to_date": is_up_to_date,
        "answer_vote": answer_vote,
        "restarts_timer": restarts_timer,
        "heard_term": heard_term,
        "has_won": has_won,
    }


is_up_to_date, answer_vote = elections.is_up_to_date, elections.answer_vote
restarts_timer = elections.restarts_timer
heard_term, has_won = elections_terms.heard_term, elections_terms.has_won


def _but(whole, **others):
    """The answer `whole` with other functions in the place of some."""

    def answer():
        return {**whole(), **others}

    answer.__name__ = whole.__name__
    return answer


def goes_on(mixin):
    kind = raft_with(mixin)
    return stuck(kind) or first(
        in_scenario(f"breaks/{name}", kind, "progress")
        for name in ("stands-once", "waits-for-any-candidate", "waits-for-old-leaders")
    )


def one_leader(mixin):
    """Also after a crash, which costs whatever was not written."""
    safe = {"against": ("election_safety", "vote_never_changes"), "cut": False, "requests": 0}
    kind = raft_with(mixin)
    return searched(kind, terms=2, **safe) or searched(kind, terms=1, crashes=1, **safe)


def nothing_lost(mixin):
    kind = raft_with(mixin)
    return in_scenario("breaks/compares-length-only", kind) or searched(
        kind, terms=2, requests=0, cut=False, against="leader_completeness"
    )


Exercise(
    id="wholes/elections",
    asks="Put your rules of elections together: does a cluster go by them?",
    starter='''
        def my_elections():
            """The functions of this notebook of which a Raft can be made: {name: function}.

            is_up_to_date, answer_vote, restarts_timer, heard_term and has_won; all else is ours.
            """
            ...
    ''',
    hints=(
        "A dict: the name as a text, and the function itself, without brackets behind it.",
        'return {"is_up_to_date": is_up_to_date, …}',
        "If a run goes wrong, check the single rules again: one of them was not right yet.",
    ),
    reference=my_elections,
    names=my_elections(),
    wrong={
        "length": Wrong(_but(my_elections, is_up_to_date=elections.longest_wins),
                        "your is_up_to_date lets the longest log win"),
        "again": Wrong(_but(my_elections, answer_vote=elections.votes_again),
                       "your answer_vote gives its vote twice in a term"),
        "once": Wrong(_but(my_elections, restarts_timer=elections.stands_once),
                      "your restarts_timer leaves a candidate without a timer"),
        "role": Wrong(_but(my_elections, heard_term=elections_terms.keeps_role),
                      "your heard_term lets a leader go on in a term that it was not elected in"),
        "answered": Wrong(_but(my_elections, has_won=elections_terms.of_those_who_answer),
                          "your has_won counts a majority of those who answered"),
        "called": Wrong(lambda: {**my_elections(), "has_won": True},
                        "hand over the functions themselves: has_won, and not has_won(…)"),
    },
    judge=_judge(
        ELECTIONS,
        ("it goes on when one is down", 2, "§5.2", goes_on),
        ("at most one leader in a term", 2, "§5.2", one_leader),
        ("what is committed is not lost", 2, "§5.4", nothing_lost),
    ),
    why="five short rules, and a cluster elects: whom one may vote for, when one votes, when one "
        "waits, what a term changes and what is enough",
    read="41-logs-and-commit",
    minutes=10,
)  # fmt: skip


# -- logs -----------------------------------------------------------------------------------


def my_log():
    """The functions of this notebook of which a Raft can be made: {name: function}."""
    return {
        "follows_from": follows_from,
        "merged": merged,
        "commit_index_from": commit_index_from,
        "leader_commit": leader_commit,
        "matched": matched,
        "conflict": conflict,
        "backed_up": backed_up,
    }


follows_from, merged, commit_index_from = logs.follows_from, logs.merged, logs.commit_index_from
leader_commit, matched = logs_leader.leader_commit, logs_leader.matched
conflict, backed_up = logs_backing.conflict, logs_backing.backed_up


def logs_agree(mixin):
    kind = raft_with(mixin)
    return in_scenario(logs.SHORTER, kind) or searched(kind, terms=3, requests=0, cut=False)


def committed_stays(mixin):
    return first(
        in_scenario(f"breaks/{name}", raft_with(mixin, *needs))
        for name, needs in (
            ("always-truncates", ()),
            ("credits-all-it-sent", ()),
            ("trusts-leader-commit", ("plain-heartbeats",)),
            ("commits-old-terms", ("without-no-op",)),
        )
    )


Exercise(
    id="wholes/logs",
    asks="Put your rules of the log together: does a cluster go by them?",
    starter='''
        def my_log():
            """The functions of this notebook of which a Raft can be made: {name: function}.

            follows_from, merged, commit_index_from, leader_commit, matched, conflict and backed_up;
            all else is ours.
            """
            ...
    ''',
    hints=(
        "A dict: the name as a text, and the function itself, without brackets behind it.",
        'return {"follows_from": follows_from, …}',
        "If a run goes wrong, check the single rules again: one of them was not right yet.",
    ),
    reference=my_log,
    names=my_log(),
    wrong={
        "cuts": Wrong(_but(my_log, merged=logs.cuts_always),
                      "your merged cuts the log off though nothing conflicts"),
        "any-term": Wrong(_but(my_log, leader_commit=logs_leader.of_any_term),
                          "your leader_commit counts copies of an entry of an earlier term"),
        "length": Wrong(_but(my_log, commit_index_from=logs.as_far_as_it_holds),
                        "your commit_index_from goes beyond what the message has checked"),
        "credits": Wrong(_but(my_log, matched=logs_leader.all_it_holds),
                         "your matched believes that a follower stores all that the leader does"),
        "step": Wrong(_but(my_log, backed_up=logs_backing.one_step),
                      "your backed_up makes nothing of what the follower tells it"),
        "missing": Wrong(lambda: {**my_log(), "merged": None},
                         "write merged before you put them together"),
    },
    judge=_judge(
        LOGS,
        ("it goes on when one is down", 1, "§5.3", lambda mixin: stuck(raft_with(mixin))),
        ("logs agree", 2, "§5.3", logs_agree),
        ("what is committed stays", 3, "§5.4", committed_stays),
        ("quickly, too", 1, "§5.3", lambda mixin: refusals(raft_with(mixin))),
    ),
    why="a follower that checks, a leader that counts facts, and a commit rule that looks at the "
        "term: together they are Log Matching and Leader Completeness",
    read="42-clients-snapshots-and-leases",
    minutes=10,
)  # fmt: skip


# -- clients --------------------------------------------------------------------------------


def my_service():
    """The functions of this notebook of which a service can be made: {name: function}."""
    return {"execute_once": execute_once, "to_execute": to_execute, "answer": answer}


execute_once, to_execute, answer = clients.execute_once, clients.to_execute, clients.answer


def once_each(mixin):
    names = ("ignores-sessions", "applies-twice", "answers-by-index", "applies-out-of-order")
    kind = raft_with(mixin)
    return first(in_scenario(f"breaks/{name}", kind, "linearizability") for name in names)


Exercise(
    id="wholes/clients",
    asks="Put your rules of clients together: does the service look like one copy?",
    starter='''
        def my_service():
            """The functions of this notebook of which a service can be made: {name: function}.

            execute_once, to_execute and answer; all else is ours.
            """
            ...
    ''',
    hints=(
        "A dict: the name as a text, and the function itself, without brackets behind it.",
        'return {"execute_once": execute_once, …}',
        "If a run goes wrong, check the single rules again: one of them was not right yet.",
    ),
    reference=my_service,
    names=my_service(),
    wrong={
        "every-time": Wrong(_but(my_service, execute_once=clients.every_time),
                            "your execute_once adds as often as it is asked"),
        "once-more": Wrong(_but(my_service, to_execute=clients.once_more),
                           "your to_execute begins with an entry that was executed already"),
        "index": Wrong(_but(my_service, answer=clients.by_index),
                       "your answer takes an index for a receipt"),
        "not-last": Wrong(_but(my_service, to_execute=clients.not_the_last),
                          "your to_execute stops before the last entry that is committed"),
    },
    judge=_judge(
        CLIENTS,
        ("everybody is answered", 1, "§8", lambda mixin: stuck(raft_with(mixin))),
        ("to its clients it looks like one copy", 3, "§8", once_each),
    ),
    why="what clients see is linearizable: each request happened once, at some moment between "
        "question and answer",
    read="13-raft-in-practice",
    minutes=10,
    misconceptions=("M6", "M14"),
)  # fmt: skip
