"""`--goster`: one window in a process of its own, which repaints while Keras trains.

Run as a file it is that process: it reads a line [title, path of the PNG] a figure.
Closed by its user, it comes back with the next figure.
"""

import contextlib
import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading

SHARE = 0.6  # of the screen, at the most
POLL_MS = 100

_process: list[subprocess.Popen] = []  # at most one


def open_window() -> str:
    """Open the window; returns why that cannot be, or an empty string."""
    linux = sys.platform.startswith("linux")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if linux and not screen:
        return "ekran yok"
    if importlib.util.find_spec("tkinter") is None:
        return "bu Python'da tkinter yok"
    command = [sys.executable, "-P", __file__]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    _process.append(subprocess.Popen(command, **pipes))
    return ""


def show(path: os.PathLike, title: str) -> None:
    """Show a saved figure, if the window is open."""
    if _process:
        with contextlib.suppress(OSError):  # it was killed; the figure is in its file
            line = json.dumps([title, str(path)]) + "\n"
            _process[0].stdin.write(line.encode())
            _process[0].stdin.flush()


def close_window() -> None:
    """Close the window, if there is one."""
    while _process:
        process = _process.pop()
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.wait()


def main() -> None:
    """Show what is asked for until the standard input ends."""
    import tkinter

    from PIL import Image, ImageTk

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C stops the lesson, not this
    lines: queue.Queue = queue.Queue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    root = tkinter.Tk()
    root.withdraw()
    root.focusmodel("passive")
    root.protocol("WM_DELETE_WINDOW", root.withdraw)
    label = tkinter.Label(root)
    label.pack()
    width = int(root.winfo_screenwidth() * SHARE)
    height = int(root.winfo_screenheight() * SHARE)

    def poll() -> None:
        while not lines.empty():
            line = lines.get()
            if line is None:
                root.destroy()
                return
            title, path = json.loads(line)
            with Image.open(path) as picture:
                picture.thumbnail((width, height))
                label.image = ImageTk.PhotoImage(picture)  # Tk does not keep it
            label.configure(image=label.image)
            root.title(title)
            if root.state() == "withdrawn":
                root.deiconify()
        root.after(POLL_MS, poll)

    poll()
    root.mainloop()


if __name__ == "__main__":
    main()
