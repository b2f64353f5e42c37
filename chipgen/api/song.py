"""A song: what was opened, composed or arranged, to be heard, seen and written."""

import difflib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from chipgen.api.errors import in_python, speaks_python
from chipgen.api.html import song_html
from chipgen.api.options import HEARD, WRITTEN, Options, make_request, takes_options
from chipgen.api.sources import DataFolder, SourceFile
from chipgen.app import pipeline, stage_settings
from chipgen.app.sound import Sound, audio_blocks, write_sound
from chipgen.composing import Composition
from chipgen.errors import ChipgenError, RequestError
from chipgen.music import formats
from chipgen.music.score import Score
from chipgen.request import Request, check_request, fit_request
from chipgen.request.targets import target_of
from chipgen.request.values import read_bars
from synth.chip.register_log import RegisterLog
from synth.fileformat import formats_by_suffix

if TYPE_CHECKING:
    import pretty_midi
    from matplotlib.figure import Figure

    from chipgen.arranging import Arrangement

Target = TypeVar("Target", bound="str | os.PathLike[str] | BinaryIO")


class Song:
    """Music on the four voices of the 2A03.

    Songs are made by `chipgen.open`, `chipgen.compose`, `chipgen.arrange` and `chipgen.render`. In
    a notebook a song shows itself: a player and its roll.

    Attributes
    ----------
    takes : tuple of Song
        All takes that were asked for; the first is this song.
    """

    takes: tuple["Song", ...]
    _request: Request
    _source: SourceFile | None
    _take: Composition | None
    _given: Sound | None
    _comment: str

    def __init__(self) -> None:
        raise TypeError("songs are made by chipgen.open, compose, arrange and render")

    @property
    def audio(self) -> NDArray[np.float32]:
        """Its sound: float32, shape (frames, channels), full scale ±1.

        This is the shape of all sound here, and of soundfile; only a plug-in host's call of
        `synth.Synth` has channels first. The chip is mono: there is one channel. It is sampled at
        `rate_hz`, from the first note to the end; `save` adds what files can have: loops, fades,
        levels, stems.
        """
        return self._audio

    @cached_property
    @speaks_python
    def _audio(self) -> NDArray[np.float32]:
        blocks = list(audio_blocks(self._sound, self.rate_hz))
        return np.concatenate(blocks) if blocks else np.zeros((0, 1), dtype=np.float32)

    @property
    def rate_hz(self) -> int:
        """Sample rate of `audio` in Hz."""
        return stage_settings.rate_of(self._request)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self._sound.log.duration_s

    @property
    def score(self) -> Score | None:
        """The notes as they were composed or read; None for a chip file, which holds none."""
        return None if self._take is None else self._take.score

    @property
    def arrangement(self) -> "Arrangement | None":
        """What became of each note on the four voices, and why; None for a chip file."""
        return self._sound.arrangement

    @property
    def registers(self) -> RegisterLog:
        """The timed register writes that the chip receives."""
        return self._sound.log

    @property
    def remarks(self) -> tuple[str, ...]:
        """What one should know about it, a line each; the command line prints these as notes."""
        return tuple(in_python(remark) for remark in self._sound.remarks)

    @property
    def generated_bars(self) -> int:
        """How many bars a model composed."""
        return 0 if self._take is None else self._take.generated_bars

    @speaks_python
    def to_pretty_midi(self) -> "pretty_midi.PrettyMIDI":
        """Return its notes as a ``pretty_midi.PrettyMIDI``.

        Raises
        ------
        ChipgenError
            If it is a chip file's, which holds register writes and no notes.
        """
        from chipgen.music.midi.to_pretty_midi import to_pretty_midi

        return to_pretty_midi(self._taken().score)

    @takes_options(*HEARD, *WRITTEN, also=("seconds",))
    def save(self, path: Target, *, force: bool = False, **options: Unpack[Options]) -> Target:
        """Write it as `format` or the suffix of `path` says: as sound, score, chip file or text.

        Parameters
        ----------
        path
            The file: a path, or a binary file that is open for writing, such as a ``BytesIO``; one
            without a name needs `format`.
        force
            Replace a file that exists.
        **options
            How it sounds and is written; what is not given is as the song was made.

        Returns
        -------
        path
            What was given.

        Raises
        ------
        RequestError
            If an option does not apply to this format, or would compose anew.
        SynthError
            If the file cannot be written.
        """
        if isinstance(path, str | os.PathLike):
            self._save(Path(path), options, force=force)
            return path
        stream: Any = path
        check_stream(stream)
        key = options.get("format", self._request.file_format)
        folder = DataFolder("the file")
        target = folder.path / f"{self._stem}{_suffix_of(stream, key)}"
        self._save(target, options, force=True)
        if len([*folder.path.iterdir()]) > 1:
            raise RequestError("path: an open file takes one file; give a path for several")
        stream.write(target.read_bytes())
        return path

    @speaks_python
    def plot(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        lower: Literal["spectrogram", "waveform", "labels"] = "spectrogram",
        show: str | int | tuple[int, int] | range | None = None,
        title: str | None = None,
        force: bool = False,
    ) -> "Figure":
        """Draw it: a piano roll by voice above its sound (needs ``chipgen[plot]``).

        Parameters
        ----------
        path
            A .png, .svg or .pdf to write too.
        lower
            What to draw below the roll: the sound, or chords, keys and form that are heard.
        show
            Bars to show, such as ``"1-8"`` or ``(1, 8)``; all if None.
        title
            Stands above; the source's name and the preset if None.
        force
            Replace a file that exists.

        Returns
        -------
        matplotlib.figure.Figure
            The picture; a notebook shows it.

        Raises
        ------
        RequestError
            If there is no such picture, or the bars are not there.
        ChipgenError
            If it holds register writes and no notes.
        """
        if path is not None and not isinstance(path, str | os.PathLike):
            raise RequestError(f"path {path!r} is no file; give a path")
        from chipgen.plot.picture import LOWER_PANELS, draw, picture_of, write_picture

        if lower not in LOWER_PANELS:
            near = difflib.get_close_matches(str(lower), LOWER_PANELS, 1)
            likely = f"; did you mean {near[0]}?" if near else ""
            raise RequestError(
                f"lower {lower!r} is not allowed; give one of {', '.join(LOWER_PANELS)}{likely}"
            )
        take, sound = self._taken(), self._sound
        assert sound.arrangement is not None  # a take always has one
        assert sound.preset is not None
        bars = len(take.score.bar_starts_beats())
        try:
            span = None if show is None else read_bars(show)
        except ValueError as error:
            raise RequestError(f"show: {error}") from None
        if span is not None and span.last > bars:
            raise RequestError(f"show {span}: there are {bars} bars; give some of these")
        picture = picture_of(
            take, sound.arrangement, self.audio[:, 0], self.rate_hz,
            title=f"{self._stem} · preset {sound.preset.name}" if title is None else title,
            lower=lower, show=span,
        )  # fmt: skip
        if path is not None:
            write_picture(Path(path), picture, overwrite=force)
        return draw(picture)

    @speaks_python
    def play(self, device: int | str | None = None) -> None:
        """Play it through the speakers; Ctrl-C stops.

        Parameters
        ----------
        device
            Number or part of the name of a device (`chipgen.list_devices`); None is the usual one.

        Raises
        ------
        RequestError
            If there is no such device.
        SynthError
            If nothing can be played.
        """
        from synth.output.playback import play

        play(audio_blocks(self._sound, self.rate_hz), self.rate_hz, device)

    def __repr__(self) -> str:
        bars = ""
        if self._take is not None and self.generated_bars:
            noun = "bar" if self.generated_bars == 1 else "bars"
            bars = f", {self.generated_bars} {noun} composed (seed {self._take.rng_seed})"
        return f"<chipgen.Song {self._name}: {self.duration_s:.1f} s{bars}>"

    def _repr_html_(self) -> str:
        """Show a player and the roll in a notebook."""
        title = repr(self).removeprefix("<chipgen.Song ").removesuffix(">")
        return song_html(title, self.audio, self.rate_hz, self._sound.chip_score)

    @property
    def _name(self) -> str:
        if self._source is None:
            return "from scratch"
        return "song" if self._source.folder is not None else self._source.path.name

    @property
    def _stem(self) -> str:
        return Path(self._name).stem.replace(" ", "-")

    @cached_property
    @speaks_python
    def _sound(self) -> Sound:
        if self._given is not None:
            return self._given
        return pipeline.voice_take(self._taken(), self._request)

    @property
    def _path(self) -> Path | None:
        return None if self._source is None else self._source.path

    def _taken(self) -> Composition:
        if self._take is None:
            raise ChipgenError(f"{self._name} holds register writes, not notes")
        return self._take

    def _asked(self, target: Path, options: Any) -> tuple[Request, Sound]:
        """Return what is asked for of a file, and the sound that it asks for."""
        key = make_request(options).file_format or self._own_format(target)
        row = formats.target_format(target, *formats.ANYTHING, key=key)
        holds = target_of(row)
        kind = "nothing" if self._source is None else formats.source_format(self._source.path).reads
        own = fit_request(self._request, holds, kind).model_copy(update={"file_format": key})
        request = make_request(options, own)
        check_request(request, holds, kind, self._name)
        if not options or row.writes == "score":
            return request, self._sound
        if self._take is not None:
            return request, pipeline.voice_take(self._take, request)
        return request, pipeline.make_sound(self._path, request)

    def _own_format(self, target: Path) -> str:
        """Return the format that the song was made with, where a file's name says no other."""
        key = self._request.file_format
        named = formats_by_suffix(target, formats.all_formats())
        return key if not named or key in [row.key for row in named] else ""

    def _save(self, target: Path, options: Any, *, force: bool) -> None:
        request, sound = self._asked(target, options)
        row = formats.target_format(target, *formats.ANYTHING, key=request.file_format)
        wanted = stage_settings.delivery_of(request, target)
        if row.writes == "score":
            self._save_score(target, request, force=force)
        else:
            write_sound(target, sound, wanted, overwrite=force)

    def _save_score(self, target: Path, request: Request, *, force: bool) -> None:
        take, marks, key = self._taken(), request.loop_marks, request.file_format
        if self._comment:
            formats.write_score(
                take.score, target,
                overwrite=force, comment=self._comment, loop_marks=marks, file_format=key,
            )  # fmt: skip
            return
        pipeline.write_score(
            target, take, self._path, overwrite=force, loop_marks=marks, file_format=key
        )


def make_song(
    request: Request,
    source: SourceFile | None,
    take: Composition | None,
    sound: Sound | None = None,
    comment: str = "",
) -> Song:
    """Return a song.

    Parameters
    ----------
    request
        What was asked for.
    source
        The file it came from; None is from nothing.
    take
        The piece; None for a chip file.
    sound
        Its sound, where that is known already.
    comment
        What a MIDI file of it says of its making; empty is what makes it again.
    """
    song = object.__new__(Song)
    song._request = request
    song._source = source
    song._take = take
    song._given = sound
    song._comment = comment
    song.takes = (song,)
    return song


def check_stream(stream: Any) -> None:
    """Refuse what is no binary file that is open for writing.

    Raises
    ------
    RequestError
        If it is none.
    """
    if not hasattr(stream, "write") or hasattr(stream, "encoding"):
        name = type(stream).__name__
        raise RequestError(f"path: {name} cannot be written to; give a path or a binary file")


def _suffix_of(stream: Any, key: str) -> str:
    """Return the suffix of the format that is written to an open file."""
    if key:
        return formats.suffix_of(key, formats.ANYTHING)
    name = getattr(stream, "name", "")
    suffix = Path(name).suffix if isinstance(name, str) else ""
    if not suffix:
        raise RequestError("format: the open file has no name; give its format, such as 'wav'")
    return suffix
