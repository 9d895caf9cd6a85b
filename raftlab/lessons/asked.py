"""How whatever asks something is shown in a notebook: first as words and a picture, for pages
without a kernel, then as a live card, whose style sheet hides those while it lives."""

from importlib import import_module


def publish(asked, module, name):
    """Show `asked`, which has `text` and `html()`; its live card is the class `name` in `module`,
    imported only now, because widgets take their time."""
    from IPython.display import publish_display_data

    html = f'<div class="raftlab-asked">{asked.html()}</div>'
    publish_display_data({"text/plain": asked.text, "text/html": html})
    try:
        card = getattr(import_module(f".{module}", __package__), name)
    except ImportError:  # without widgets the words remain, and what takes an answer in a cell
        return
    publish_display_data(card(asked).bundle())
