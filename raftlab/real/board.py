"""What goes on among the workers, to be watched: who leads, for how long still, who does what."""

from .clock import now

EVERY = 200  # ms between two pictures
_HEAD = ("", "believes", "lease left", "jobs run", "")
_WIDE = (2, 9, 12, 5, 6)  # em: a column keeps its width, whatever comes and goes in it


def html(run, at):
    """A table of the workers of a `scheduler.Run`. Nothing in it has a colour of its own, so that
    a dark page shows it dark."""
    offices = {
        who: (epoch, until)
        for who, epoch, until in run.store.rows(
            "SELECT who, epoch, until FROM offices WHERE is_held"
        )
    }
    ran = dict(
        run.store.rows(
            "SELECT worker, count(*) FROM assignments WHERE run_at IS NOT NULL GROUP BY worker"
        )
    )
    pace = run.store.first("SELECT count(*) FROM assignments WHERE at > ?", at - 1000)
    rows = [_row(_HEAD, "th")]
    for id in run.names:
        rows.append(_row(_worker(id, run, offices.get(id), ran.get(id, 0))))
    return f"<table>{''.join(rows)}</table><div>{pace:,} assignments in the last second</div>"


def _worker(id, run, office, ran):
    state = "stands still" if id == run.still else "is dead" if id == run.dead else ""
    if office is None:
        return id, "", "", f"{ran:,}", state
    epoch, until = office
    left = max(0, until - now())
    bar = f'<progress max="{run.ttl:g}" value="{left:.0f}" style="width:7em"></progress>'
    bar += f" {left:.0f} ms"
    return f"<b>{id}</b>", f"<b>★ to lead</b>, epoch {epoch}", bar, f"{ran:,}", state


def _row(cells, kind="td"):
    drawn = (
        f'<{kind} style="padding:2px 8px;text-align:left;min-width:{wide}em;white-space:nowrap">'
        f"{cell}</{kind}>"
        for cell, wide in zip(cells, _WIDE, strict=True)
    )
    return f"<tr>{''.join(drawn)}</tr>"
