"""Find the broken rule of a Raft that does not say which it is, and the property that falls."""

from ...checks.invariants import TITLES
from ...core import nearest
from ...protocols import BREAKS, protocol
from ...protocols.composed import replaced
from ..exercise import Exercise, Part, Wrong
from ..plugged import in_scenario
from ..schedules import title
from ..suspects import RULES, culprit, suspect

FIRST = (2, 6, 10)  # one of votes, one of logs, one of counting
# Bounds in this order find every suspect: what the earlier ones leave, a later one has soon.
BOUNDS = (
    "terms=2, requests=1", "terms=3, requests=1, cut=False", "servers=4, terms=1, requests=1",
    "terms=1, requests=1, late=1", "terms=2, requests=0, late=1",
)  # fmt: skip
# What falls in a shortest run and not by the schedule: with two terms and a late message.
_IN_THE_SHORTEST = {"always-truncates": {"leader_completeness"}}
_ORDER = "the method comes first, then what falls"


def _named(text, among):
    """One of `among` that a person means by `text`, or ""."""
    word = str(text).strip().lower().replace(" ", "_").replace("()", "")
    return word if word in among else ""


def _parts(number, answer):
    """What is demanded of the answer for one suspect: the rule, and what falls."""
    name = culprit(number)
    rule, fallen = replaced(BREAKS[name]), _fallen(name)
    asked = f"suspect {number}: the rule", f"suspect {number}: what falls"
    if answer is ...:
        told = f"suspect {number} is still open"
        return [Part(asked[0], 2, told), Part(asked[1], 1, told)]
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        told = f'suspect {number}: write two names, ("may_commit", "leader_completeness")'
        return [Part(asked[0], 2, told), Part(asked[1], 1, told)]
    return [
        Part(asked[0], 2, *_of_rule(number, answer[0], rule)),
        Part(asked[1], 1, *_of_property(number, answer[1], fallen)),
    ]


def _of_rule(number, given, rule):
    if given is ...:
        return (f"suspect {number}: the rule is still open",)
    named = _named(given, RULES)
    if named == rule:
        return ("",)
    if _named(given, TITLES):
        return (f"suspect {number}: {_ORDER}",)
    if not named:
        near = nearest(str(given), RULES)
        return (f"Raft has no rule {given!r}; {_instead(near, RULES)}",)
    told = f"suspect {number}: with {named} as the paper has it, it breaks all the same"
    return told, lambda: _shown(number, f"{named} answers as it should in this run")


def _of_property(number, given, fallen):
    if given is ...:
        return (f"suspect {number}: what falls is still open",)
    named = _named(given, TITLES)
    if named in fallen:
        return ("",)
    if _named(given, RULES):
        return (f"suspect {number}: {_ORDER}",)
    if not named:
        near = nearest(str(given), TITLES)
        return (f"there is no property {given!r}; {_instead(near, TITLES)}",)
    told = f"suspect {number}: in the run that shows what is broken, this holds: {title(named)}"
    return told, lambda: _shown(number, f"this holds: {title(named)}")


def _instead(near, among):
    return f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(among)}"


def _fallen(name):
    """The properties that fall when the schedule of a break is played, or in the shortest run
    that a search finds."""
    run, _ = _played(protocol(f"raft!{name}"), name)
    return {verdict.name for verdict in run.verdicts} | _IN_THE_SHORTEST.get(name, set())


def _shown(number, told):
    """A run of the suspect that goes wrong, without the scenario's title, which would tell all."""
    run, _ = _played(suspect(number), culprit(number))
    run = run.copy()
    run.goto(next(at for at, one in enumerate(run.steps) if one.known.broken))
    return run, f"Suspect {number} goes wrong here, and {told}."


def _played(kind, name):
    run, told = in_scenario(f"breaks/{name}", kind)
    run.goto(len(run))
    return run, told


def _judge(numbers):
    def judge(given, seed):
        missing = [number for number in numbers if number not in given]
        if missing:
            told = f"nothing is said of suspect {missing[0]}: keep its line"
            return [Part("an answer for each", 3 * len(numbers), told)]
        return [part for number in numbers for part in _parts(number, given[number])]

    return judge


def _judge_one(given, seed):
    """Any suspect that is not among the first."""
    (number, *more) = given or (None,)
    told = ""
    if number is None or more:
        told = f"one suspect at a time, and here are {len(given)}: {{17: (…, …)}}"
    elif type(number) is not int:
        told = f"a suspect is a number, {max(FIRST) + 1} or more, not {number!r}: {{17: (…, …)}}"
    elif number <= max(FIRST):
        told = f"suspect {number} is one of the first {max(FIRST)}: take {max(FIRST) + 1} or more"
    if told:
        return [Part("an answer for one", 3, told)]
    return _parts(number, given[number])


def _right(number):
    name = culprit(number)
    return replaced(BREAKS[name]), BREAKS[name].breaks


def _hints(suspect):
    first, *more = BOUNDS
    return (
        f"{suspect}, servers=3, {first}) searches for the shortest run that goes wrong. That "
        "nothing broke is so within its bounds only, so go on with others, in this order: "
        f"{'; '.join(more)}. Each takes seconds, and one of them finds it.",
        "Open what it finds, rl.lab(found.run), and go through it step by step. At which step does "
        "a server do what the paper forbids, though nothing has fallen yet? Look at its fields: "
        "the sentences say what Raft would mean by the step.",
        "That step was decided by one rule: a vote by has_vote_for or is_up_to_date, a victory by "
        "wins_election or counts_vote, a term by adopt_term or is_stale, a commit by "
        "stored_by_majority or may_commit, a log by merged or follows_from.",
    )


_TWO_NAMES = '# the method, and what falls: ("may_commit", "leader_completeness")'

Exercise(
    id="find/suspects",
    asks="Which rule is broken in suspects 2, 6 and 10, and which property falls by it?",
    starter=f"""
        broken_rules = {{
            {_TWO_NAMES}
            2: ...,
            6: ...,
            10: ...,
        }}
    """,
    hints=_hints("rl.explore(rl.suspect(2)"),
    reference={number: _right(number) for number in FIRST},
    wrong={
        "elections": Wrong(
            {2: ("wins_election", "election_safety"), 6: _right(6), 10: _right(10)},
            "two leaders of one term may have a majority each: count the votes that a server gave, "
            "and not only those that a candidate has",
        ),
        "commit": Wrong(
            {2: _right(2), 6: ("may_commit", "leader_completeness"), 10: _right(10)},
            "what is lost was on a majority and of the leader's own term: it was rightly "
            "committed. Who should not have led without it?",
        ),
        "counting": Wrong(
            {2: _right(2), 6: _right(6), 10: ("may_commit", "leader_completeness")},
            "the entry is of the leader's own term; look at how many servers hold it",
        ),
        "swapped": Wrong(
            {2: _right(2), 6: _right(6), 10: _right(10)[::-1]},
            "the two names are swapped: the method stands first",
        ),
        "property": Wrong(
            {2: ("has_vote_for", "leader_completeness"), 6: _right(6), 10: _right(10)},
            "the rule is right; with two votes a term what falls is about leaders, and not yet "
            "about what they hold",
        ),
    },
    judge=_judge(FIRST),
    why="from a symptom to the rule: the first step that the paper forbids comes before the "
        "first property that falls, and says which rule let it pass. Of several properties that "
        "fall, each is right",
    read="12-raft-safety-and-figure-8",
    minutes=30,
)  # fmt: skip

Exercise(
    id="find/another",
    asks="Find the broken rule of any other suspect, from number 11 on; there is no end of them.",
    starter=f"""
        another = {{
            {_TWO_NAMES}
            17: ...,
        }}
    """,
    hints=_hints("With your number for N: rl.explore(rl.suspect(N)"),
    reference={17: _right(17)},
    wrong={
        "first": Wrong({2: _right(2)}, "that one you know: choose another number, and there is no "
                                       "last one"),
        "rule": Wrong(
            {17: ("may_start_election", _right(17)[1])},
            "who stands too often disturbs, and breaks nothing: no property hangs on it",
        ),
        "names": Wrong({17: "is_up_to_date"}, "two names are wanted: the method, and what falls"),
    },
    judge=_judge_one,
    why="each rule of Raft is there for a run, and you have found one more of them. Change the "
        "number in your cell, and there is another to find: there is no last one",
    minutes=15,
)  # fmt: skip
