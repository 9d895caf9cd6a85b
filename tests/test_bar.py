"""The bar of what takes long, as a notebook shows and keeps it."""

import pytest

from raftlab import bar


@pytest.mark.parametrize("total, words", [(20, "20 walks"), (None, "")])
def test_what_a_notebook_keeps_is_what_it_showed_first(monkeypatch, total, words):
    """nbval hears no updates: for it a cell shows what it displayed first."""
    import IPython.display

    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data)

    def display(data, raw, display_id):
        shown.append(data)
        return Handle()

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(bar, "_in_notebook", lambda: True)
    with bar.progress("walks", total) as tick:
        tick(5)
    assert [data["text/plain"] for data in shown[::2]] == [words, words]
    assert shown[1]["text/plain"].startswith("5") and "<progress" in shown[1]["text/html"]
