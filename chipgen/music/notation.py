"""Reads and writes notation through music21: ABC and MusicXML, and MuseScore files by its program.

music21 turns notation into MIDI, repeats and all, and MIDI is read as any other. It is part of the
extra ``scores``.
"""

import codecs
import contextlib
import io
import os
import re
import shutil
import subprocess
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.music.midi.read import score_from_midi
from chipgen.music.score import Score
from synth.extras import needs_extra
from synth.formats.chipfile import Track
from synth.temporary_files import temporary_folder

MAX_UNPACKED_BYTES: Final = 50_000_000
_MOST_BEATS: Final = 128
_MOST_GUESSED: Final = 32
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_GRACE_BEATS: Final = 1 / 12  # each grace note, taken from the time before the note that it adorns
_ABC_METER: Final = re.compile(r"(?:^|\[)M:([^\]]*)")
_ABC_PLAIN_METER: Final = re.compile(r"none|C\|?|(?P<beats>[\d+() ]{1,24})/\s*\d{1,3}|", re.ASCII)
_ABC_TEXT: Final = re.compile(r"[A-KNORSTWXZwr]:|%")  # lines that are words
_MUSESCORE: Final = ("mscore", "musescore", "mscore4", "MuseScore4", "musescore4", "musescore3")
_MUSESCORE_S: Final = 120.0


def read_abc(data: bytes, *, name: str, song: int = 1, keep_silence: bool = False) -> Score:
    """Read ABC notation; a file of several tunes (``X:``) holds several songs.

    Parameters
    ----------
    data
        The file.
    name
        Name of the file in messages.
    song
        Which tune, counted from 1.
    keep_silence
        As for MIDI.

    Raises
    ------
    ChipgenError
        If it is no ABC, has no such tune, or music21 is not installed.
    """
    tunes = _tunes(data, name)
    if song > len(tunes):
        count = f"{len(tunes)} songs" if len(tunes) > 1 else "one song"
        raise ChipgenError(f"{name} holds {count}, and track {song} was asked for")
    return _through_midi(tunes[song - 1], name, keep_silence=keep_silence)


def list_tunes(data: bytes, name: str) -> tuple[Track, ...]:
    """Return the number and title of each tune of an ABC file; errors as `read_abc`."""
    found = []
    for number, tune in enumerate(_tunes(data, name), start=1):
        title = tune.metadata.title if tune.metadata is not None else ""
        found.append(Track(number, title=title or ""))
    return tuple(found)


def read_musicxml(data: bytes, *, name: str, song: int = 1, keep_silence: bool = False) -> Score:
    """Read MusicXML, packed (``.mxl``) or not; parameters and errors as `read_abc`."""
    if song > 1:
        raise ChipgenError(f"{name} holds one song, and track {song} was asked for")
    text = _unpack_musicxml(data, name) if data.startswith(b"PK") else data
    return _through_midi(_parse(text, "musicxml", name), name, keep_silence=keep_silence)


def read_musescore(data: bytes, *, name: str, song: int = 1, keep_silence: bool = False) -> Score:
    """Read a file of MuseScore's by having it write MIDI; parameters as `read_abc`.

    Raises
    ------
    ChipgenError
        If MuseScore is not installed, or cannot read the file.
    """
    if song > 1:
        raise ChipgenError(f"{name} holds one song, and track {song} was asked for")
    program = next(filter(None, map(shutil.which, _MUSESCORE)), None)
    if program is None:
        raise ChipgenError(
            f"{name} is read by MuseScore itself, which is not installed; "
            "export the score as MusicXML or MIDI"
        )
    with temporary_folder() as folder:
        source = folder / ("score.mscz" if data.startswith(b"PK") else "score.mscx")
        target = folder / "score.mid"
        source.write_bytes(data)
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        try:
            subprocess.run(
                [program, "-o", str(target), str(source)],
                check=True, capture_output=True, timeout=_MUSESCORE_S, env=environment,
            )  # fmt: skip
            midi = target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise ChipgenError(f"{name} cannot be read by {program}; export it as MIDI") from error
    return score_from_midi(midi, name=name, keep_silence=keep_silence)


def _tunes(data: bytes, name: str) -> list[Any]:
    parsed = _parse(data, "abc", name)
    tunes = list(getattr(parsed, "scores", ()) or [parsed])
    if not any(list(tune.recurse().notes) for tune in tunes):
        raise ChipgenError(f"{name} has no notes that can be read as ABC")
    return tunes


def _parse(data: bytes, kind: str, name: str) -> Any:
    """Parse notation; report any error of the library in one line."""
    with needs_extra("scores", f"{name}: reading {kind} files"):
        from music21 import converter
    try:
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if kind == "abc":
        _check_abc(text, name)
    try:
        with warnings.catch_warnings(), _quick_meters():
            warnings.simplefilter("ignore")
            return converter.parseData(text, format=kind)
    except Exception as error:  # the library raises errors of many kinds
        raise ChipgenError(f"{name} cannot be read as {kind} ({_reason(error)})") from error


@contextlib.contextmanager
def _quick_meters() -> Iterator[None]:
    """Keep music21 from counting for hours at the meters of bars that are longer than any.

    Where a bar is longer than its meter it names one for the rest, which takes the cube of the
    number of its shortest notes. Beyond `_MOST_GUESSED` that rest is called 4/4; meters that are
    written are refused beyond `_MOST_BEATS`.
    """
    from music21.meter import MeterException, TimeSignature
    from music21.stream import Measure

    guess, load = Measure.bestTimeSignature, TimeSignature.load

    def guess_or_leave(bar: Any) -> Any:
        lengths = [float(e.quarterLength) for e in bar.notesAndRests if e.quarterLength]
        long = bool(lengths) and sum(lengths) / min(lengths) > _MOST_GUESSED
        return TimeSignature("4/4") if long else guess(bar)

    def load_or_refuse(meter: Any, value: str, *more: Any) -> Any:
        beats = re.findall(r"\d+", value.rpartition("/")[0])
        if any(len(text) > 4 for text in beats) or sum(map(int, beats)) > _MOST_BEATS:
            raise MeterException(f"{value[:40]} has more than {_MOST_BEATS} beats")
        return load(meter, value, *more)

    Measure.bestTimeSignature, TimeSignature.load = guess_or_leave, load_or_refuse
    try:
        yield
    finally:
        Measure.bestTimeSignature, TimeSignature.load = guess, load


def _check_abc(text: str, name: str) -> None:
    """Refuse meters and lengths that music21 would count for hours."""
    for number, line in enumerate(text.splitlines(), 1):
        for meter in _ABC_METER.findall(line):
            plain = _ABC_PLAIN_METER.fullmatch(meter.partition("%")[0].strip())
            if not plain or sum(map(int, re.findall(r"\d+", plain["beats"] or ""))) > _MOST_BEATS:
                raise ChipgenError(
                    f"{name}:{number}: {meter.strip()[:40]!r} is no meter of up to {_MOST_BEATS} "
                    "beats, such as 3/4"
                )
        if not _ABC_TEXT.match(line) and re.search(r"\d{5}", line):
            raise ChipgenError(f"{name}:{number}: a number has more than 4 digits")


def _through_midi(parsed: Any, name: str, *, keep_silence: bool) -> Score:
    from music21.midi.translate import music21ObjectToMidiFile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expanded, remarks = _expand_repeats(parsed)
            _time_grace_notes(expanded)
            data = music21ObjectToMidiFile(expanded).writestr()
    except Exception as error:  # as in `_parse`
        raise ChipgenError(f"{name} cannot be turned into notes ({_reason(error)})") from error
    score = score_from_midi(data, name=name, keep_silence=keep_silence)
    return replace(score, remarks=(*remarks, *score.remarks))


def _expand_repeats(parsed: Any) -> tuple[Any, tuple[str, ...]]:
    """Write repeats out, or say that they make no sense and are played once."""
    from music21.exceptions21 import StreamException
    from music21.repeat import ExpanderException

    if not list(parsed.recurse().getElementsByClass("RepeatMark")):
        return parsed, ()
    try:
        return parsed.expandRepeats(), ()
    except (ExpanderException, StreamException) as error:
        for mark in list(parsed.recurse().getElementsByClass("RepeatMark")):
            mark.activeSite.remove(mark)  # else they are met again on the way to MIDI
        return parsed, (f"repeats are not followed: {_reason(error)}",)


def _time_grace_notes(parsed: Any) -> None:
    """Give grace notes a length and a place before the beat; what leads to it ends as they begin.

    music21 writes them as notes of no length, which end before they begin and so never end.
    """
    from music21.duration import Duration

    for part in list(getattr(parsed, "parts", ())) or [parsed]:
        adorned: dict[float, float] = {}  # onset of a note, and of its first grace note
        for site in [part, *part.recurse().getElementsByClass("Stream")]:
            first = -site.getOffsetInHierarchy(part) if site is not part else 0.0
            waiting: list[Any] = []
            for element in [*site.notes, None]:
                if element is not None and element.duration.isGrace:
                    waiting.append(element)
                    continue
                for k, grace in enumerate(reversed(waiting), start=1):
                    grace.duration = Duration(_GRACE_BEATS)
                    onset, offset = grace.offset, grace.offset - k * _GRACE_BEATS
                    if offset < first:  # before the piece
                        site.remove(grace)
                    else:
                        site.setElementOffset(grace, offset)
                        adorned[round(onset - first, 3)] = offset - first
                waiting = []
        for note in part.recurse().notes if adorned else ():
            start = note.getOffsetInHierarchy(part)
            end = adorned.get(round(start + note.quarterLength, 3))
            if end is not None and start < end - _GRACE_BEATS / 2:
                note.duration = Duration(end - start)


def _unpack_musicxml(data: bytes, name: str) -> bytes:
    """Return the score in a packed file: the first XML file that is not about the package."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                path = entry.filename.lower()
                if path.startswith("meta-inf/") or not path.endswith((".xml", ".musicxml")):
                    continue
                if entry.file_size > MAX_UNPACKED_BYTES:
                    megabytes = MAX_UNPACKED_BYTES // 10**6
                    raise ChipgenError(f"{name} unpacks to more than {megabytes} MB; split it")
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ChipgenError(
                        f"{name} is packed by other means than Deflate; pack it anew"
                    )
                return archive.read(entry)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError,
            NotImplementedError, RuntimeError, zlib.error) as error:  # fmt: skip
        raise ChipgenError(f"{name} is damaged ({_reason(error)})") from error
    raise ChipgenError(f"{name} is packed, but holds no score")


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 100 else words[:97] + "..."
