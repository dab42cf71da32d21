#!/usr/bin/env python3
"""Records a command on a terminal and writes it as an animated SVG, with the times at which each piece came.

    docs/images/record.py docs/images/demo.svg ./holdfast demo

No player, script or font is needed to show it. Where less motion is asked for, all of it is there at once.
"""

import fcntl
import html
import os
import pty
import re
import struct
import sys
import termios
import time

COLUMNS, LINE, CHARACTER = 80, 18, 8.4
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 36: "#79c0ff"}
PLAIN = "#d1d7e0"


def record(command):
    """All that the command printed, as pairs of seconds since its first byte and text."""
    child, terminal = pty.fork()
    if child == 0:
        environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8")
        environment.pop("LC_ALL", None)
        environment.pop("NO_COLOR", None)
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    pieces, first, rest = [], None, b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        now = time.monotonic()
        first = first or now
        # A character or an escape sequence may be cut between two reads.
        data, rest = rest + data, b""
        cut = re.search(rb"(\x1b(\[[0-9;]*)?|[\xc0-\xff][\x80-\xbf]*)$", data)
        if cut:
            try:
                cut.group().decode()
            except UnicodeDecodeError:
                data, rest = data[: cut.start()], cut.group()
            else:
                if cut.group().startswith(b"\x1b"):
                    data, rest = data[: cut.start()], cut.group()
        pieces.append((now - first, data.decode()))
    status = os.waitpid(child, 0)[1]
    if status:
        sys.exit(f"the command ended with {os.waitstatus_to_exitcode(status)}")
    return pieces


def runs(pieces):
    """The text as rows: lists of (time, column, text, style)."""
    rows, column, style = [[]], 0, ()
    for when, piece in pieces:
        for part in re.split(r"(\x1b\[[0-9;]*m|\n|\r)", piece):
            if part == "\n":
                rows.append([])
                column = 0
            elif part.startswith("\x1b["):
                for code in part[2:-1].split(";"):
                    style = () if code in ("", "0") else (*style, int(code))
            elif part and part != "\r":
                rows[-1].append((when, column, part, style))
                column += len(part)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def svg(rows, title):
    width, height = round(COLUMNS * CHARACTER + 32), len(rows) * LINE + 56
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{html.escape(title)}">',
        "<style>",
        f"text{{font:14px/{LINE}px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:{PLAIN};white-space:pre}}",
        "text text,text tspan{white-space:pre}",
        *(f".c{code}{{fill:{colour}}}" for code, colour in COLOURS.items()),
        ".b{font-weight:bold}.d{opacity:.65}",
        "g{visibility:hidden;animation:s 0s linear forwards}@keyframes s{to{visibility:visible}}",
        "@media (prefers-reduced-motion:reduce){g{visibility:visible;animation:none}}",
        "</style>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
        f'<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6"'
        f' fill="#28c840"/><text x="{width / 2:.0f}" y="24" text-anchor="middle" class="d">{html.escape(title)}</text>',
    ]
    groups = {}
    for row, parts in enumerate(rows):
        for when, column, text, style in parts:
            names = [f"c{code}" for code in style if code in COLOURS] + ["b"] * (1 in style) + ["d"] * (2 in style)
            # The width is given, so that another font keeps the columns.
            groups.setdefault(round(when, 2), []).append(
                f'<text x="{16 + column * CHARACTER:.1f}" y="{54 + row * LINE}" textLength="{len(text) * CHARACTER:.1f}"'
                f' lengthAdjust="spacingAndGlyphs" xml:space="preserve"'
                + (f' class="{" ".join(names)}"' if names else "")
                + f">{html.escape(text, quote=False)}</text>"
            )
    for when in sorted(groups):
        out.append(f'<g style="animation-delay:{when + 0.5:.2f}s">{"".join(groups[when])}</g>')
    return "\n".join([*out, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    shown = " ".join(sys.argv[2:])
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(svg(runs(record(sys.argv[2:])), os.environ.get("TITLE", shown)))
