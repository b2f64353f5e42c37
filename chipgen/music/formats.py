"""Looks up all file formats, and lists those of scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chipgen.errors import ChipgenError
from synth.atomic_write import write_bytes
from synth.errors import SynthError
from synth.fileformat import (
    Content,
    FileFormat,
    call_reader,
    format_named,
    format_of_file,
    format_to_write,
    load_function,
    read_limited,
    suffixes_of,
)
from synth.formats import chip_formats
from synth.formats.chipfile import Track
from synth.output import audioformats

if TYPE_CHECKING:
    from chipgen.music.score import Score
    from synth.instrument.chip_score import ChipScore
    from synth.instrument.preset_loader import Preset

# The reader of a score is called as ``reader(data, name=..., song=..., keep_silence=...)``, as
# `read_score` explains them, and returns a `Score`; a writer as
# ``writer(score, comment=..., loop_marks=...)``, as `write_score` explains them, and returns the
# file's bytes. The reader of a chip score is called as ``reader(data, name, track)`` and returns a
# `ChipScore` and the preset that the file brings, or None; a writer as
# ``writer(chip_score, preset, titles, beat_rows=...)`` and returns the bytes and one line for each
# thing that the format could not keep. For logs see `synth.formats.chip_formats`.
MIDI: Final = FileFormat(
    key="mid", name="MIDI", suffixes=(".mid", ".midi", ".kar", ".smf"), first_bytes=rb"MThd",
    media_type="audio/midi",
    reads="score", reader="chipgen.music.midi.read:score_from_midi",
    writes="score", writer="chipgen.music.midi.write:midi_bytes",
    lister="chipgen.music.midi.format2:list_songs", most_songs=10_000,
    max_bytes=50_000_000, fuzz_seeds="chipgen.music.midi.fuzz_seeds:midi",
)  # fmt: skip
FORMATS: tuple[FileFormat, ...] = (
    MIDI,
    FileFormat(
        key="rmi", name="RIFF MIDI", suffixes=(".rmi",), first_bytes=rb"RIFF....RMID",
        media_type="audio/midi",
        reads="score", reader="chipgen.music.midi.read:score_from_midi",
        lister="chipgen.music.midi.format2:list_songs", most_songs=10_000,
        max_bytes=50_000_000, fuzz_seeds="chipgen.music.midi.fuzz_seeds:riff_midi",
    ),
    FileFormat(
        key="abc", name="ABC", suffixes=(".abc",), media_type="text/vnd.abc",
        first_bytes=rb"(\xef\xbb\xbf)?(%[^\n]*\n|\s)*X:[ \t]*\d",
        reads="score", reader="chipgen.music.notation:read_abc",
        lister="chipgen.music.notation:list_tunes", most_songs=10_000,
        max_bytes=5_000_000, fuzz_seeds="chipgen.music.notation_fuzz_seeds:abc",
    ),
    FileFormat(
        key="musicxml", name="MusicXML", suffixes=(".musicxml", ".mxl"),
        media_type="application/vnd.recordare.musicxml",
        first_bytes=rb".{0,400}<score-(part|time)wise|PK\x03\x04.{26}META-INF/container\.xml",
        reads="score", reader="chipgen.music.notation:read_musicxml",
        max_bytes=20_000_000, fuzz_seeds="chipgen.music.notation_fuzz_seeds:musicxml",
    ),
    FileFormat(
        key="mscz", name="MuseScore", suffixes=(".mscz", ".mscx"),
        media_type="application/x-musescore",
        first_bytes=rb".{0,100}<museScore |PK\x03\x04.{26}[^/\x00]{1,200}\.mscx",
        reads="score", reader="chipgen.music.notation:read_musescore",
        max_bytes=50_000_000, fuzz_seeds="chipgen.music.notation_fuzz_seeds:musescore",
    ),
    FileFormat(
        key="famistudio", name="FamiStudio text", suffixes=(".famistudio.txt",),
        first_bytes=rb"(\xef\xbb\xbf)?\s*Project\s+\w+\s*=\s*\"", media_type="text/plain",
        reads="chip score", reader="synth.tracker.famistudio_read:read_famistudio",
        writes="chip score", writer="synth.tracker.famistudio:write_famistudio",
        lister="synth.tracker.famistudio_read:list_famistudio", most_songs=256,
        max_bytes=20_000_000, fuzz_seeds="synth.tracker.fuzz_seeds:famistudio",
    ),
    FileFormat(
        key="famitracker", name="FamiTracker text", suffixes=(".famitracker.txt",),
        first_bytes=rb"(\xef\xbb\xbf)?\s*#\s*[\w.-]*FamiTracker[\w -]* text export ",
        media_type="text/plain",
        reads="chip score", reader="synth.tracker.famitracker_read:read_famitracker",
        writes="chip score", writer="synth.tracker.famitracker:write_famitracker",
        lister="synth.tracker.famitracker_read:list_famitracker", most_songs=64,
        max_bytes=20_000_000, fuzz_seeds="synth.tracker.fuzz_seeds:famitracker",
    ),
    FileFormat(
        key="chipgen", name="chipgen work", suffixes=(".chipgen",),
        first_bytes=rb"PK\x03\x04.{26}work\.json", media_type="application/x-chipgen",
        reads="chip score", reader="chipgen.app.work_file:read_voices", marks_loop=True,
        max_bytes=64_000_000, fuzz_seeds="chipgen.app.work_file:fuzz_seeds",
    ),
)  # fmt: skip

SCORE: Final[tuple[Content, ...]] = ("score",)
CHIP: Final[tuple[Content, ...]] = ("log", "chip score", "playlist")
SOUND: Final[tuple[Content, ...]] = ("samples", *CHIP)
ANYTHING: Final[tuple[Content, ...]] = (*SCORE, *SOUND)


def all_formats() -> tuple[FileFormat, ...]:
    """Return every format's row: scores, then sound, then chip files."""
    return (*FORMATS, *audioformats.FORMATS, *chip_formats.FORMATS)


def read_suffixes(*contents: Content) -> tuple[str, ...]:
    """Return the suffixes of the formats that are read and hold one of `contents`.

    Examples
    --------
    >>> read_suffixes("score")
    ('.mid', '.midi', '.kar', '.smf', '.rmi', '.abc', '.musicxml', '.mxl', '.mscz', '.mscx')
    """
    return suffixes_of(row for row in all_formats() if row.reads in contents)


def written_suffixes(*contents: Content) -> tuple[str, ...]:
    """Return the suffixes of the formats that are written and hold one of `contents`.

    Examples
    --------
    >>> written_suffixes("log")
    ('.vgm', '.vgz', '.nsf', '.nes')
    """
    return suffixes_of(row for row in all_formats() if row.writes in contents)


def most_songs() -> int:
    """Return the most songs that one file of any format holds."""
    return max(row.most_songs for row in all_formats())


def source_format(path: Path, name: str = "") -> FileFormat:
    """Return the format of a file that is to be read, by its first bytes or else by its suffix.

    Parameters
    ----------
    path
        The file.
    name
        Its name, if it is not its path.

    Raises
    ------
    ChipgenError
        If it is of no format here, or of one that is only written.
    """
    row = format_of_file(path, all_formats(), name)
    where, wanted = name or path, ", ".join(read_suffixes(*ANYTHING))
    if row is None:
        raise ChipgenError(
            f"{where}: neither its first bytes nor its suffix are of a format here; give {wanted}"
        )
    if not row.reads:
        raise ChipgenError(f"{where}: {row.name} files are written, not read; give {wanted}")
    return row


def target_format(path: Path, *contents: Content, key: str = "") -> FileFormat:
    """Return the format of a file that is to be written and hold one of `contents`.

    Raises
    ------
    SynthError
        If neither its suffix nor `key` names one.
    """
    return format_to_write(path, [row for row in all_formats() if row.writes in contents], key)


def suffix_of(name: str, contents: Sequence[Content]) -> str:
    """Return the suffix of a format that a key, or a suffix without its dot, names.

    Raises
    ------
    UnknownNameError
        If there is none that holds one of `contents`.

    Examples
    --------
    >>> suffix_of("vgz", ("log",)), suffix_of("famistudio", ("chip score",))
    ('.vgz', '.famistudio.txt')
    """
    row = format_named(name, [row for row in all_formats() if row.writes in contents])
    plain = f".{name.lower().lstrip('.')}"
    return plain if plain in row.suffixes else row.suffixes[0]


def read_score(path: Path, name: str = "", *, song: int = 1, keep_silence: bool = False) -> "Score":
    """Read a score of any format that holds one.

    Parameters
    ----------
    path
        The file.
    name
        Its name, if it is not its path.
    song
        Which of a file's songs, counted from 1.
    keep_silence
        Whether long silence at the end, and a wait longer than all the rest, are kept.

    Raises
    ------
    ChipgenError
        If it holds something else, or cannot be read; the message names the file.
    """
    row = source_format(path, name)
    name = name or str(path)
    if row.reads != "score":
        wanted = ", ".join(read_suffixes("score"))
        held = "register writes" if row.reads == "log" else "the chip's own notes"
        raise ChipgenError(f"{name} holds {held}, not a score; give {wanted}")
    score: Score = call_reader(
        row, row.reader, name, read_bytes(path, row),
        name=name, song=song, keep_silence=keep_silence,
    )  # fmt: skip
    return score


def read_chip_score(path: Path, track: int = 1) -> "tuple[ChipScore, Preset | None]":
    """Read the chip's own notes from any format that holds them, and its instruments if it has any.

    Parameters
    ----------
    path
        The file.
    track
        Which of its songs, counted from 1.

    Raises
    ------
    SynthError
        If it cannot be read, or has no such song.
    """
    row = source_format(path)
    read: tuple[ChipScore, Preset | None] = call_reader(
        row, row.reader, str(path), read_bytes(path, row), str(path), track
    )
    return read


def score_songs(path: Path) -> "tuple[Track, ...]":
    """Return the songs of a file that holds scores: one, unless its format holds several.

    Raises
    ------
    ChipgenError
        If it cannot be read.
    """
    row = source_format(path)
    data = read_bytes(path, row)
    if not row.lister:
        return (Track(1),)
    songs: tuple[Track, ...] = call_reader(row, row.lister, str(path), data, str(path))
    return songs


def read_bytes(path: Path, row: FileFormat) -> bytes:
    """Return a file's bytes, at most as many as its format allows.

    Raises
    ------
    ChipgenError
        If it is no file, too large or cannot be read.
    """
    try:
        return read_limited(path, row)
    except SynthError as error:
        raise ChipgenError(str(error)) from error


def write_score(
    score: "Score",
    path: Path,
    *,
    overwrite: bool,
    comment: str = "",
    loop_marks: str = "markers",
    file_format: str = "",
) -> None:
    """Write a score in the format that is asked for or that `path` names, whole or not at all.

    Parameters
    ----------
    score
        What to write.
    path
        The file; its folder must exist.
    overwrite
        Whether an existing file may be replaced.
    comment
        Kept as a text, for instance where the music comes from.
    loop_marks
        How a loop is marked, one of `chipgen.music.midi.loop_marks.LOOP_MARKS`; ignored by formats
        with one way to mark a loop.
    file_format
        Key of the format; empty where the file's name says it.

    Raises
    ------
    SynthError
        If the suffix is no score's, the file cannot be written, or `score` has something that the
        format cannot say.
    """
    row = target_format(path, *SCORE, key=file_format)
    data = load_function(row.writer)(score, comment=comment, loop_marks=loop_marks)
    write_bytes(path, data, overwrite=overwrite)
