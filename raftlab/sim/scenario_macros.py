"""A scenario under way, and the verbs that stand for many actions.

What a macro does next depends on what came of the last thing, so it acts by itself. `MACROS`
maps each to how it is written and what does it.
"""

from ..core import Crash, Cut, Deliver, Drop, Fire, Impossible, Partition, Restart, nearest
from .scenario_claims import claimed, reached
from .scenario_verbs import ACTIONS, links, read_actions
from .scenario_words import is_link, node, number, parts, read_value
from .state import PAUSED, loss_of, rank
from .story import message_name, stable
from .unelected import reasons_against

# So many deliveries in one breath are taken for endless.
_ENDLESS = 10_000
_LAP = 200  # so many steps back one looks for a state that has come again
SHOWS = ("all", "time", "flight", "next", "data")


class Endless(Impossible):
    """More has happened than a run may be long; a monitor that counts raises it."""


class Play:
    """A scenario under way: its history, and what its lines have said so far.

    `expecting` is False if what is expected does not matter (of another protocol, say). `begin`
    is the position where a lab should start, `counted_from` the last step that is not
    counted, `shows` what the present block asks to see beside the servers. `judges` say of a
    history whether a property holds that no monitor watches.
    """

    def __init__(self, run, expecting=True, judges=None):
        self.run = run
        self.expecting = expecting
        self.judges = judges or {}
        self.begin = None
        self.counted_from = -1
        self.shows = set()

    def do(self, text):
        """Do what one verb with its words says."""
        verb, *words = parts(text)
        if verb in MACROS and (verb not in ACTIONS or words[:1] == ["all"]):
            MACROS[verb][1](self, words)
        elif verb in ACTIONS:
            for action in read_actions(self.run.state, text):
                self.run.take(action)
        else:
            known = tuple(dict.fromkeys((*ACTIONS, *MACROS)))
            near = ", ".join(nearest(verb, known))
            there = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise Impossible(f"there is no verb {verb!r}; {there}")

    def pass_on(self, envelope):
        """Let a message come to what awaits it: arrival, or the loss that is its fate."""
        state = self.run.state
        kind = Drop if loss_of(state, envelope) else Deliver
        nth = rank(state.network, envelope)
        self.run.take(kind(envelope.src, envelope.dst, envelope.message, nth))

    def settle(self, among=None):
        """Pass on what is in flight, and what follows from it, until nothing moves any more."""
        first = self.run.position
        for _ in range(_ENDLESS):
            state = self.run.state
            for envelope in state.network:
                inside = among is None or {envelope.src, envelope.dst} <= set(among)
                if inside and state.host(envelope.dst).mode != PAUSED:
                    break
            else:
                return
            try:
                self.pass_on(envelope)
            except Endless as error:
                raise Endless(f"{error}{_round(self.run, first, among)}") from None
        told = f"after {_ENDLESS} deliveries there are still messages in flight"
        raise Impossible(f"{told}{_round(self.run, first, among)}")


def _round(run, first, among):
    """What is said of messages that go round: since step `first` servers and messages have been
    once before as they are now. "" if they have not, for then they might still come to rest."""
    now = _passing(run.state)
    for step in reversed(run.steps[max(first, run.position - _LAP) : run.position]):
        if step.state.network and _passing(step.state) == now:
            flying = [{e.src, e.dst} for e in run.state.network]
            there = sorted(set().union(*(ends for ends in flying if ends <= set(among or ends))))
            told = "one by one, with deliver, and not with settle"
            return f". {' and '.join(there)} never fall silent here: pass messages on {told}"
    return ""


def _passing(state):
    """What settling goes by: what the servers hold and what is in flight, without the times."""
    flying = [(envelope.src, envelope.dst, envelope.message) for envelope in state.network]
    return stable((flying, [(host.mode, host.node.fields()) for host in state.hosts]))


def usages():
    """Every verb as it is written."""
    return [written for written, _ in (*ACTIONS.values(), *MACROS.values())]


def _matching(state, words):
    """Whether an envelope is one of those that words such as "replies to S1" mean."""
    words, wanted = list(words), []
    while words:
        wanted.append(_criterion(state, words.pop(0), words))
    return lambda envelope: all(fits(envelope) for fits in wanted)


def _criterion(state, word, more):
    """What the first word asks of an envelope; "from" and "to" take one of `more` as well."""
    if word in ("from", "to") and more:
        end, id = "src" if word == "from" else "dst", node(state, more.pop(0))
        return lambda envelope: getattr(envelope, end) == id
    if is_link(word):
        ends = links(state, word)
        return lambda envelope: (envelope.src, envelope.dst) in ends
    if word in ("replies", "requests"):
        is_reply = word == "replies"
        return lambda envelope: message_name(envelope.message).endswith("Reply") == is_reply
    return lambda envelope: message_name(envelope.message) == word


def _all(play, words):
    """The envelopes in flight that "all …" means, first due first."""
    if words[:1] != ["all"]:
        raise Impossible("say of all what: all, all RequestVote, all replies to S1, all S1<->S2")
    fits = _matching(play.run.state, words[1:])
    found = [envelope for envelope in play.run.state.network if fits(envelope)]
    if words[1:] and not found:
        there = ", ".join(
            f"{message_name(e.message)} {e.src}->{e.dst}" for e in play.run.state.network
        )
        raise Impossible(f"nothing in flight is that; in flight: {there or 'nothing'}")
    return found


def _deliver_all(play, words):
    for envelope in _all(play, words):
        if play.run.state.host(envelope.dst).mode != PAUSED:
            play.pass_on(envelope)


def _lose(play, words):
    for envelope in _all(play, words):
        nth = rank(play.run.state.network, envelope)
        play.run.take(Drop(envelope.src, envelope.dst, envelope.message, nth))


def _settle(play, words):
    if words and (words[0] != "among" or not words[1:]):
        raise Impossible("write: settle [among S1 S2 S3]")
    play.settle([node(play.run.state, word) for word in words[1:]] or None)


def _elect(play, words):
    if not words or words[1:2] not in ([], ["with"]):
        raise Impossible("write: elect S1 [with S2 S3]")
    id, *others = [node(play.run.state, word) for word in (words[0], *words[2:])]
    among, before = [id, *others] if others else None, play.run.position
    play.run.take(Fire(id, "election"))
    play.settle(among)
    seen = play.run.state.observe(id)
    if seen.role == "leader":
        return
    settle = f"settle among {' '.join(among)}" if among else "settle"
    told = [f"{id} is not elected: it is a {seen.role} in term {seen.term}"]
    reasons, is_late = reasons_against(play.run, before, id)
    told += ["; ".join(reasons)] if reasons else []
    if is_late:
        told.append(f"{id} needs a higher term{_standing_again(play.run, before, id, among)}")
    told.append(f"If it should fail, write it out: fire {id} ; {settle}")
    raise Impossible(". ".join(told))


def _standing_again(run, before, id, among):
    """What would come of standing in a later term, tried on copies: ", so fire it once more first"
    if that wins, else what is in its way even then, or ""."""
    settle = f"settle among {' '.join(among)}" if among else "settle"
    ways = (
        (f"fire {id}", f", so fire {id} once more first"),
        (f"fire {id} ; {settle}", f", so let it hear of that first: fire {id} ; {settle}"),
    )
    even_then = ""
    for way, told in ways:
        trial = run.copy()
        trial.goto(before)
        trial.fork()
        playing = Play(trial)
        try:
            for verb in parts(way, ";"):
                playing.do(verb)
            again = trial.position
            trial.take(Fire(id, "election"))
            playing.settle(among)
        except Impossible:
            continue
        if trial.state.observe(id).role == "leader":
            return told
        reasons, is_late = reasons_against(trial, again, id)
        even_then = f", and even then: {'; '.join(reasons)}" if reasons and not is_late else ""
    return even_then


def _isolate(play, words):
    """A wall round each; what was cut before stays cut."""
    if not words:
        raise Impossible("write: isolate S1")
    config = play.run.state.config
    for word in words:
        id = node(play.run.state, word)
        everybody = (*config.servers, *(config.clients if id in config.clients else ()))
        others = [other for other in everybody if other != id]
        if not play.run.state.cuts and others:
            play.run.take(Partition(((id,), tuple(others))))
            continue
        for other in others:
            for one in ((id, other), (other, id)):
                if one not in play.run.state.cuts:
                    play.run.take(Cut(*one))


def _run(play, words):
    ms = read_value(words[0]) if len(words) == 1 else None
    if type(ms) not in (int, float):
        raise Impossible("write: run 500 (ms)")
    play.run.run(ms)


def _step(play, words):
    count = number(words[0], 1) if words else 1
    there = play.run.step(count)
    if there != count:
        raise Impossible(f"only {there} of {count} events happen: then nothing ever will")


def _reboot(play, words):
    if not words:
        raise Impossible("write: reboot S1")
    for word in words:
        id = node(play.run.state, word)
        play.run.take(Crash(id))
        play.run.take(Restart(id))


def _repeat(play, words):
    if len(words) != 2 or not words[1].startswith("{"):
        raise Impossible("write: repeat 5 { verb ; verb }")
    for _ in range(number(words[0], 1)):
        for text in parts(words[1][1:-1], ";"):
            play.do(text)


def _begin(play, words):
    if play.begin is not None:
        raise Impossible("the scenario has begun already; one begin is enough")
    play.begin = play.run.position


def _count(play, words):
    play.counted_from = play.run.position


def _show(play, words):
    for word in words or ("",):
        if word not in SHOWS:
            raise Impossible(f"there is no {word!r} to show; there are {', '.join(SHOWS)}")
    play.shows |= set(words)


def _expect(play, words):
    if play.expecting:
        claimed(play, " ".join(words))


def _until(play, words):
    reached(play, words)


MACROS = {
    "deliver": ("deliver all [replies] [RequestVote] [from S1] [to S1] [S1<->S2]", _deliver_all),
    "lose": ("lose all [as with deliver all]", _lose),
    "settle": ("settle [among S1 S2 S3]", _settle),
    "elect": ("elect S1 [with S2 S3]", _elect),
    "isolate": ("isolate S1", _isolate),
    "run": ("run 500", _run),
    "step": ("step 3", _step),
    "until": ("until <what may be expected> [within 500|3 timeouts]", _until),
    "reboot": ("reboot S1", _reboot),
    "repeat": ("repeat 5 { verb ; verb }", _repeat),
    "begin": ("begin", _begin),
    "count": ("count", _count),
    "show": (f"show {'|'.join(SHOWS)}", _show),
    "expect": ("expect <something>", _expect),
}
