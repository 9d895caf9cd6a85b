"""The list of what is asked, as it is published: points, sections, and the names others use."""

from html import escape

from ..question import columns, table

_HEAD = ("points", "what is asked", "section", "elsewhere called")


class Demands:
    """`rows` has a row for each check: (stage, points, name, section, other names)."""

    def __init__(self, stages):
        self.stages = stages
        self.rows = [
            (stage, check.points, check.name, check.section, ", ".join(check.aliases))
            for stage, checks in stages.items() for check in checks
        ]  # fmt: skip

    def __len__(self):
        return len(self.rows)

    def _of(self, stage):
        return [row[1:] for row in self.rows if row[0] == stage]

    def _head(self, stage):
        checks = self.stages[stage]
        return f"{stage}: {sum(c.points for c in checks)} points in {len(checks)} checks"

    def __repr__(self):
        told = []
        for stage in self.stages:
            told += [self._head(stage), *columns(_HEAD[:3], [r[:3] for r in self._of(stage)]), ""]
        return "\n".join(told[:-1])

    def _repr_html_(self):
        return "".join(
            f"<details><summary>{escape(self._head(stage))}</summary>"
            f"{table(_HEAD, self._of(stage))}</details>"
            for stage in self.stages
        )
