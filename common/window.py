"""`--goster` penceresi: kendi sürecinde tek pencere. Her satırda bir [başlık, dosya] okur.

Bir dosya olarak çalıştırılır, Keras yüklemez. Kapatılırsa sonraki şekilde yeniden görünür.
"""

import json
import queue
import signal
import sys
import threading
import tkinter

from PIL import Image, ImageTk

SHARE = 0.6  # ekranın en çok bu kadarı
POLL_MS = 100


def main() -> None:
    """Show what is asked for until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C dersi durdurur, pencereyi değil
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
    size = int(root.winfo_screenwidth() * SHARE), int(root.winfo_screenheight() * SHARE)

    def poll() -> None:
        while not lines.empty():
            line = lines.get()
            if line is None:
                root.destroy()
                return
            title, path = json.loads(line)
            with Image.open(path) as picture:
                picture.thumbnail(size)
                label.image = ImageTk.PhotoImage(picture)  # Tk resmi kendisi tutmaz
            label.configure(image=label.image)
            root.title(title)
            if root.state() == "withdrawn":
                root.deiconify()
        root.after(POLL_MS, poll)

    poll()
    root.mainloop()


if __name__ == "__main__":
    main()
