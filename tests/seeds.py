"""Seeds that tests go on from: a band of ordinary MIDI and a piece of the chip's voices."""

from chipgen.music.score import Control, Note, Score, Tempo, Track


def line(pitches: list[int], length: float = 0.5, times: int = 1) -> tuple[Note, ...]:
    """Return notes one after the other."""
    return tuple(
        Note(k * length, length * 0.9, pitch, 90) for k, pitch in enumerate(pitches * times)
    )


def band(bars: int = 4, drums: bool = True) -> Score:
    """Return a seed of melody, chords, bass and drums in C, 4/4 at 132."""
    chords = tuple(
        Note(bar * 4.0 + beat, 0.9, 55 + step, 70)
        for bar in range(bars)
        for beat in range(4)
        for step in ((0, 5, 9) if bar % 2 else (0, 4, 7))
    )
    kit = tuple(
        Note(bar * 4 + beat / 2, 0.2, 38 if beat in (2, 6) else 42, 100)
        for bar in range(bars)
        for beat in range(8)
    )
    tracks = [
        Track("flute", 0, 73, line([72, 74, 76, 77, 79, 77, 76, 74], 0.5, bars)),
        Track("chords", 1, 24, chords),
        Track("double bass", 2, 32, line([36, 43, 36, 43], 1.0, bars)),
        Track("kit", 9, 0, kit),
    ]
    return Score(
        tracks=tuple(tracks if drums else tracks[:3]),
        tempos=(Tempo(0.0, 132.0),),
        end_beats=4.0 * bars,
        key="C",
    )


def chip(seconds: int = 12) -> Score:
    """Return a seed of the chip's four voices, as NES-MDB has them: no bars of its own."""
    beats = seconds * 2
    roles = {
        "p1": line([72, 76, 79, 76], 0.25, beats),
        "p2": line([64, 67], 0.5, beats),
        "tr": line([48, 43], 1.0, beats // 2),
        "no": tuple(Note(float(k), 0.1, 12, 90) for k in range(beats)),
    }
    tracks = tuple(
        Track(
            role,
            channel,
            80,
            notes,
            (Control(0.0, 11, 100), Control(beats - 0.5, 11, 8)) if role != "tr" else (),
            role=role,
        )
        for channel, (role, notes) in enumerate(roles.items())
    )
    return Score(tracks, end_beats=float(beats), dialect="nesmdb")
