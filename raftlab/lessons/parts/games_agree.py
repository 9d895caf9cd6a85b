"""The game of Fischer, Lynch and Paterson: keep five servers from deciding, and lose no message."""

import re

from ...checks.adversary import Position
from ...core import Deliver, Impossible
from ...sim import DOWN
from ..adversary import Game, adversary
from ..exercise import Exercise, Part, Wrong
from ..situation import ids_of

INPUTS, PATIENCE = (1, 1, 1, 0, 0), 60
MOST = 400  # choices that are looked at
GOALS = (10, 30)


def _game():
    return adversary("agree", INPUTS, patience=PATIENCE)


def as_choices(given):
    """The choices of a game that was played, as text; anything else as it is."""
    if not isinstance(given, Game):
        return given
    run, fresh = given.run, _game()
    begun = [step.action for step in run.steps[: given.begins + 1]]
    if begun != [step.action for step in fresh.run.steps] or given.patience != PATIENCE:
        raise Impossible(
            f'this is another game: play rl.adversary("agree", {INPUTS}, patience={PATIENCE})'
        )
    actions = [step.action for step in run.steps[given.begins + 1 : run.position + 1]]
    other = next((one for one in actions if type(one) is not Deliver), None)
    if other is not None:
        raise Impossible(
            f"a choice is a message that is delivered, and one of yours is none: {other!r}"
        )
    return " ".join(f"{one.src}->{one.dst}" for one in actions)


def _played(text):
    """(the game after the choices, what stopped it or "", whether it came back to where it was)."""
    game, seen, again = _game(), set(), False
    words = re.findall(r"\S+", re.sub(r"#.*", "", text))
    if len(words) > MOST:
        raise Impossible(f"{MOST} choices are looked at, and these are {len(words)}")
    for number, word in enumerate(words, 1):
        if game.over:
            break
        again = again or _position(game) in seen
        seen.add(_position(game))
        try:
            game.deliver(word)
        except Impossible as error:
            return game, f"choice {number}, {word}: {error}", again
    return game, "", again or _position(game) in seen


def _position(game):
    state = game.run.state
    nodes = {host.node.id: host.node for host in state.hosts if host.mode != DOWN}
    flying = [
        (e.src, e.dst, e.message, waits)
        for e, waits in zip(state.network, game.waited(), strict=True)
    ]
    return Position(nodes, flying, {}).key


def _judge(given, seed):
    game, stopped, again = _played(given)
    told = game.over or stopped or f"your choices end after {game.score}"
    run = game.run, f"{_sentence(game.over or 'Nobody has decided.')}"
    parts = [
        Part(f"undecided for {goal} choices", 1, "" if _lasts(game, goal) else told, run)
        for goal in GOALS
    ]
    if again and not game.over:
        return [*parts, Part("it comes back to where it was: it can go on for ever", 2)]
    told = told if game.over or stopped else f"{told}, and no position has come back so far"
    return [*parts, Part("it comes back to where it was: it can go on for ever", 2, told, run)]


def _lasts(game, goal):
    """Whether nobody has decided before the choice of this number."""
    return game.score >= goal + bool(game.over)


def _sentence(text):
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _all_from(*senders):
    """The links on which each server in turn is heard by all others, as a person writes them."""
    ids = ids_of(len(INPUTS))
    rows = (" ".join(f"{src}->{dst}" for dst in ids if dst != src) for src in senders)
    return "\n".join(rows) + "\n"


# Reports and then proposals. Who wishes for 1 hears one that wishes for 0 before two more ones.
_HALF = _all_from("S4", "S5", "S1", "S2", "S3")
_ONE_PROPOSES = "S1->S3 S2->S3\n" + _HALF.replace("S1->S3 ", "").replace("S2->S3 ", "")
_ONE_PROPOSES += _all_from("S3", "S4", "S5", "S1", "S2")

Exercise(
    id="games/undecided",
    asks="You are the network of five servers that agree on a bit: deliver every message, and keep "
    "them from deciding for ever.",
    starter="# Which message comes next, and next: S1->S2 is the oldest on that link.",
    hints=(
        "A server waits for three reports, its own included, and proposes what three of five "
        "servers wish. Whom must it hear first, so that it sees no three alike?",
        "S1, S2 and S3 wish for 1, S4 and S5 for 0. Let everybody hear S4 and S5 first.",
        "When all five propose nothing, deliver the rest, and then all proposals: everybody keeps "
        "its bit, and it is the first round again. Do that three times.",
    ),
    reference=_HALF * 2 * 3,
    wrong={
        "in-order": Wrong(_all_from("S1", "S2", "S3", "S4", "S5") * 4, "whoever hears three that "
                          "wish for 1 proposes it: choose who is heard first"),
        "holds-back": Wrong(_all_from("S4", "S5") * 2, "the other messages must arrive as well, "
                            "and on a link there is no more than was sent"),
        "one-round": Wrong(_HALF * 2, "a round without a decision shows that it may take long; for "
                                      "ever it takes a position that comes back"),
        "one-sided": Wrong(_ONE_PROPOSES + _HALF * 2, "S3 heard three that wish for 1 and proposed "
                                                      "it, and whoever sees that takes it over"),
    },
    judge=_judge,
    takes=as_choices,
    why="every message arrives, nobody crashes, and nobody decides: no deterministic protocol "
        "escapes such a network (Fischer, Lynch, Paterson 1985). A coin does, and so do random "
        "timeouts",
    read="01-why-agreement-is-hard",
    minutes=25,
    misconceptions=("M7",),
)  # fmt: skip
