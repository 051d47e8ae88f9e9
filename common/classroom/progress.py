"""Tells what runs now: in a terminal with a moving line, elsewhere with a few lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.text import Text

from common.classroom.startup import IN_NOTEBOOK
from common.classroom.terminal import moves, say, terminal

PLAIN_SECONDS = 2.0  # the shortest time between two lines that go into a pipe
PER_SECOND = 4  # how often the moving line is drawn, also while Keras traces a model


class Progress:
    """The line of one section; `lab.runs` and `lab.each` tell it what begins."""

    def __init__(self):
        self.start = self.last = time.perf_counter()
        self.text = ""
        self.live = False

    def __rich__(self) -> Text:
        """The line as rich draws it again and again."""
        seconds = time.perf_counter() - self.start
        clock = "◐◓◑◒"[int(2 * seconds) % 4]
        return Text(f"{clock} {self.line(seconds)}", "dim", no_wrap=True)

    def line(self, seconds: float) -> str:
        """What runs, and for how many seconds."""
        return f"{self.text or 'koşuyor'} · {seconds:.0f} s"

    def tell(self, text: str) -> None:
        """Say what begins now, e.g. "aktivasyon ReLU, tohum 42 (3/9)"."""
        self.text = text
        now = time.perf_counter()
        if not self.live and now - self.last >= PLAIN_SECONDS:
            self.last = now
            say("  " + self.line(now - self.start), "dim")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the moving line while this lasts; what is printed stays above it."""
        screen = terminal()
        if IN_NOTEBOOK or not moves(screen):
            yield
            return
        self.live = True
        try:
            with Live(
                self, console=screen, refresh_per_second=PER_SECOND, transient=True
            ):
                yield
        finally:
            self.live = False
