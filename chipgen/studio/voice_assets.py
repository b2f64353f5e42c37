"""Writes the table of voices as JavaScript and CSS for the page."""

import json

from synth.chip.voices import SCORED

MODULE = "voice-table.js"
STYLES = "voice-colours.css"


def voice_file(name: str) -> bytes | None:
    """Return the file called `MODULE` or `STYLES`; None for any other name."""
    makers = {MODULE: _module, STYLES: _styles}
    return makers[name]().encode() if name in makers else None


def _module() -> str:
    rows = [
        {
            "name": voice.name,
            "label": voice.label,
            "wave": voice.wave,
            "role": voice.role,
            "part": voice.part,
            "register": voice.register,
            "periodCycles": voice.period_cycles,
        }
        for voice in SCORED
    ]
    table = json.dumps(rows, indent=2)
    return f"/** The voices, from the table of all chips. */\nexport const TABLE = {table};\n"


def _styles() -> str:
    colours = "".join(f"  --{v.name}: light-dark({v.colour}, {v.dark_colour});\n" for v in SCORED)
    classes = "".join(f".{v.name} {{ --voice: var(--{v.name}); }}\n" for v in SCORED)
    return f":root {{\n{colours}}}\n{classes}"
