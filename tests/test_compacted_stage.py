"""Compacted logs in the lab: how they travel to the browser, and what it draws of them."""

import re

import pytest
from hand import lose_all
from schedules_snapshot import KIND, a_snapshot_comes_late

import raftlab as rl
from raftlab.core import write_command
from raftlab.protocols import protocol
from raftlab.sim import random_walk
from raftlab.widgets.track import Track


def followed(run):
    """The log of every server after every step, made from the rows of a track as track.js does:
    a list of (base, [(term, text) or None …])."""
    patch = Track(run, 0).patch()
    words, logs, found = patch["words"], {}, []
    for row in patch["rows"]:
        for place, changes in row.get("n", ()):
            base, held = logs.get(place, ([0, 0], []))
            if "L" in changes:
                kept, *entries = changes["L"]
                held = (held + [None] * kept)[:kept]
                held = held + [(term, words[word]) for term, word in entries]
            logs[place] = changes.get("B", base), held
        found.append(dict(logs))
    return found


def shows(log, base, held):
    """Whether what the browser has is this log: length, base, and every entry behind it."""
    entries = [(entry.term, write_command(entry.command)) for entry in log]
    return (base, len(held), held[base[0] :]) == (
        [log.base_index, log.base_term], log.last_index, entries,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["raft+snapshots", "raft!installs-old-snapshots"])
@pytest.mark.parametrize("seed", range(4))
def test_every_log_can_be_made_from_its_track(kind, seed):
    """Also where a broken server goes back behind a base that it had reached."""
    run = rl.cluster(kind, servers=3, seed=seed, snapshot_after=1 + seed, loss=0.05)
    if seed == 3:
        a_snapshot_comes_late(run)
    random_walk(run, 700, seed)
    for step, logs in zip(run.steps, followed(run), strict=True):
        for place, (base, held) in logs.items():
            assert shows(step.state.hosts[place].node.log, base, held)


def test_compaction_alone_sends_nothing_but_the_base():
    """Also ten thousand entries that are dropped cost a few bytes."""
    run = rl.cluster(KIND, servers=1, seed=1, snapshot_after=3)
    run.until(lambda run: run.leader)
    for number in range(4):
        run.request(("set", "x", number))
    (changes,) = [dict(row["n"])[0] for row in Track(run, 0).patch()["rows"]
                  if "B" in dict(row.get("n", ())).get(0, ())]  # fmt: skip
    assert changes["B"] == [3, 1] and changes["L"][0] == 3 and len(changes["L"]) == 2


def test_a_cluster_without_snapshots_has_no_sign_for_them():
    plain, compacting = rl.lab("raft", servers=3), rl.lab("raft+snapshots", servers=3)
    assert set(compacting.stage.about["signs"]) - set(plain.stage.about["signs"]) == {"snapshot"}
    assert "snapshot_after" in compacting.controls.dials.sliders


@pytest.mark.browser
def test_the_stage_draws_what_is_gone_as_one_block(open_stage):
    run = rl.cluster(protocol("raft+snapshots"), servers=3, seed=1, snapshot_after=2)
    a_snapshot_comes_late(run)
    lose_all(run)
    run.run(400)
    page = open_stage(rl.lab(run))
    for at in range(0, len(run) + 1, 5):
        page.locator(".rl-scrub input").fill(str(at))
        seen = [run.steps[at].state.observe(id).log for id in ("S1", "S2", "S3")]
        first = max(1, max(log.last_index for log in seen) - 6)
        rows = page.locator(".rl-logs tbody tr")
        for row, log in enumerate(seen):
            shown = rows.nth(row).locator(".rl-cell:not(.rl-compacted)").count()
            assert shown == max(0, log.last_index - max(first - 1, log.base_index))
            blocks = rows.nth(row).locator(".rl-compacted").all_inner_texts()
            if log.base_index < first:
                assert blocks == []
            else:
                assert re.fullmatch(rf"(1)?…{log.base_index}( compacted)?", *blocks)
    node = page.locator(".rl-node[aria-label^='S3,']").get_attribute("aria-label")
    assert f"{run['S3'].log.base_index} of them compacted" in node
    assert page.locator(".rl-key").get_by_text("snapshot", exact=True).count() == 1
