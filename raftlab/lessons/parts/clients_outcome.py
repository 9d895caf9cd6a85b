"""Clients: what one knows when no answer comes."""

from ..exercise import Exercise, Wrong, by_cases


def outcome(answers):
    """What a client knows of its request, by what came of each time that it asked."""
    for told in answers:
        if told not in ("timeout", "not leader"):
            return "ok"
    return "unknown" if "timeout" in answers else "fail"


def timeout_is_failure(answers):
    return "ok" if any(told not in ("timeout", "not leader") for told in answers) else "fail"


def the_last_counts(answers):
    last = answers[-1] if answers else "not leader"
    return {"timeout": "unknown", "not leader": "fail"}.get(last, "ok")


def only_all_timeouts(answers):
    if any(told not in ("timeout", "not leader") for told in answers):
        return "ok"
    return "unknown" if answers and all(told == "timeout" for told in answers) else "fail"


def never_sure(answers):
    return "ok" if any(told not in ("timeout", "not leader") for told in answers) else "unknown"


def _done(luck):
    return [(["x=5"],), (["timeout", "x=5"],), (["not leader", "timeout", "x=1"],),
            (["x=1", "timeout"],)]  # fmt: skip


def _surely_not(luck):
    return [(["not leader"],), (["not leader"] * luck.between(2, 4),), ([],)]


def _nobody_knows(luck):
    return [(["timeout"],), (["timeout", "not leader"],), (["not leader", "timeout"],),
            (["timeout", "not leader", "not leader"],)]  # fmt: skip


def written_after_all(arguments, given):
    """A write whose answer is lost, and which is in the log all the same."""
    from ... import scenario

    if given(["timeout"]) != "fail":
        return None
    run = scenario("breaks/ignores-sessions", at=3, protocol="raft")
    return run, "C1 has heard nothing, and its request is in the logs: it will be executed."


Exercise(
    id="clients/outcome",
    asks="Did it happen? What a client knows when it has asked and asked again.",
    starter='''
        def outcome(answers):
            """What a client knows of *one* request: "ok", "fail" (surely not done) or "unknown".

            `answers` lists what came of each time that it asked: "timeout"; "not leader", from a
            server that did not take the request; or a result, such as "x=5".
            """
            ...
    ''',
    hints=(
        "A result is a result, whenever it came.",
        "“not leader” says that *this* server did nothing. What of the one that did not answer?",
        "One timeout is enough to know nothing, whatever another server says later.",
    ),
    reference=outcome,
    wrong={
        "failure": Wrong(timeout_is_failure, "no answer does not say that nothing happened: the "
                                             "request may be in the log, and only the answer lost"),
        "last": Wrong(the_last_counts, "what another server did not take says nothing of the one "
                                       "that kept silent before"),
        "all": Wrong(only_all_timeouts, "one timeout is enough: that server may have taken it"),
        "never": Wrong(never_sure, "if every server it asked has said that it did not take the "
                                   "request, it did not happen"),
    },
    judge=by_cases(
        outcome,
        ("there is a result", 1, "§8", _done),
        ("surely not done", 1, "§8", _surely_not),
        ("nobody knows", 2, "§8", _nobody_knows),
        shows=written_after_all,
    ),
    why="ok, fail and unknown are three things, and a timeout is the third: that is why a client "
        "asks again under the same number, and why a checker of histories must take both for "
        "possible",
    read="13-raft-in-practice",
    minutes=10,
    misconceptions=("M6",),
)  # fmt: skip
