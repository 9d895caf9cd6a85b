"""Real servers as one thing: named as in the model, and treated with the model's verbs."""

from ..core import Impossible
from .process import patience


class Servers:
    """Processes by name. Used with `with`, or ended by `stop()`; and by itself when Python ends."""

    def __init__(self):
        self.processes = {}
        self.inner = set()  # the names of those that are no servers: links

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        self.stop()

    def add(self, process, inner=False):
        self.processes[process.name] = process
        if inner:
            self.inner.add(process.name)

    @property
    def names(self):
        return [name for name in self.processes if name not in self.inner]

    def process(self, name):
        """The `Process` of that name: its pid, port, folder and log."""
        if name not in self.names:
            if not self.processes:
                again = f"Make new ones first, as in rl.real.{type(self).__name__}()."
                raise Impossible(f"no server {name}: they were stopped. {again}")
            raise Impossible(f"no server {name}; there are {', '.join(self.names)}")
        return self.processes[name]

    def kill(self, name):
        """End a server at once, as the loss of power would (kill -9)."""
        self.process(name).kill()

    def restart(self, name):
        """Start a killed server again, at its port, with what its disk holds."""
        self.process(name).start()

    def pause(self, name):
        """Let a server stand still (SIGSTOP) with everything as it is."""
        self.process(name).pause()

    def resume(self, name):
        """Let a paused server go on (SIGCONT)."""
        self.process(name).resume()

    def log(self, name, lines=10):
        """The last lines that a server wrote."""
        return self.process(name).tail(lines)

    def stop(self):
        """End all of them and remove what they have written; to stop twice does no harm."""
        for process in reversed(list(self.processes.values())):
            process.stop()
        self.processes.clear()

    @staticmethod
    def wait(holds, what, within=20):
        """Wait until `holds()`; raises Impossible after `within` s, saying `what` did not come."""
        if not any(holds() for _ in patience(within)):
            raise Impossible(f"waited {within} s in vain until {what}")

    def __repr__(self):
        states = [f"{name} {_state(self.processes[name])}" for name in self.names]
        return f"<{type(self).__name__}: {', '.join(states) or 'stopped'}>"


def _state(process):
    if not process.is_running():
        return "down"
    return "paused" if process.is_paused() else f"on port {process.port}"
