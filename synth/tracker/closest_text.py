"""Writes a tracker's text in as little detail as keeps what the driver plays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.tracker.detail import DETAILS, Detail
from synth.tracker.from_score import SongWriter, with_titles
from synth.tracker.kept_frames import kept_share
from synth.tracker.song import TrackerSong

ENOUGH: Final = 0.951  # share of frames kept from which no more detail is asked for
ALL: Final = 0.995  # share that needs no word


@dataclass(frozen=True, slots=True)
class Written:
    """A song, its text, what that text reads as, and the share of frames that it keeps."""

    song: TrackerSong
    data: bytes
    again: TrackerSong
    kept: float
    detail: Detail


def write_closest(
    writer: SongWriter,
    titles: Titles,
    text: Callable[[TrackerSong], str],
    read: Callable[[bytes, str], TrackerSong],
    *,
    beat_rows: bool = False,
) -> tuple[Written, tuple[str, ...]]:
    """Write a song with the first of `DETAILS` that keeps enough frames, else the one with most.

    Parameters
    ----------
    writer
        What is written.
    titles
        What the file says of itself.
    text, read
        The tracker's writer, and its reader.
    beat_rows
        Whether to leave out the details with changes on each frame.

    Returns
    -------
    written
        The song.
    remarks
        What the tracker cannot do, how much is kept, and if rows had to be of one frame.

    Raises
    ------
    SynthError
        If the song needs more than the tracker has.
    """
    best: Written | None = None
    failed: SynthError | None = None
    on_beats = 0.0
    for detail in DETAILS:
        if beat_rows and detail.each_frame:
            continue
        try:
            song = with_titles(writer.song(detail), titles)
            data = text(song).encode()
        except SynthError as error:
            failed = failed or error
            continue
        again = read(data, "the text")
        kept = kept_share(again, writer.played)
        if not detail.each_frame:
            on_beats = max(on_beats, kept)
        if best is None or kept > best.kept:
            best = Written(song, data, again, kept, detail)
        if kept >= ENOUGH:
            break
    if best is None:
        assert failed is not None
        raise failed
    return best, (*best.song.remarks, *_remarks(best, on_beats))


def _remarks(written: Written, on_beats: float) -> tuple[str, ...]:
    name, remarks = written.song.rules.name, []
    if written.detail.each_frame:
        what = "rows last one frame" if written.song.rules.row_events else (
            "volume and pitch change on any frame"
        )  # fmt: skip
        remarks.append(
            f"{what}; with --beat-rows {100 * on_beats:.0f} % of frames would be the same"
        )
    if written.kept < ALL:
        remarks.append(f"{name} plays {100 * written.kept:.0f} % of frames as the NSF does")
    return tuple(remarks)
