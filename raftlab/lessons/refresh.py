"""Run notebooks from top to bottom and keep their outputs: `python -m raftlab.lessons.refresh`.

Without arguments all of `notebooks/`, with some only those files. What depends on the machine or
the moment is left out, so that a notebook that has not changed is the same file again. What answers
a **Predict** is folded: JupyterLab shows it when the reader has run the cell.
"""

import os
import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def refresh(path):
    """Execute the notebook at `path` in a fresh kernel and write it back, tidied."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", store_widget_state=False,
        record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute(env=os.environ | {"RAFTLAB_PROGRESS": "off"})  # fmt: skip  # no learner answers
    tidy(notebook)
    nbformat.write(notebook, path)


def tidy(notebook):
    """Leave out what differs between two runs or two machines, and fold what answers a question."""
    ours = notebook.metadata.get("raftlab")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    if ours:  # what the map says of it: contents.py
        notebook.metadata["raftlab"] = ours
    asked = False
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
        if cell.cell_type == "code" and asked:
            cell.metadata["jupyter"] = {"outputs_hidden": True}
        # The text between a question and its answer may go on in a cell of its own.
        asked = cell.cell_type == "markdown" and (asked or "**Predict" in cell.source)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            # A widget cannot live without its kernel, and its model's id is another each time.
            data.pop("application/vnd.jupyter.widget-view+json", None)
            data.pop("image/png", None)  # JupyterLab adds one to each Plotly figure on saving
            if "metadata" in output:
                output["metadata"] = {}


def main(arguments):
    paths = [Path(argument).resolve() for argument in arguments]
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        refresh(path)
        print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
