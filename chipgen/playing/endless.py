"""Composes a piece without end, a little ahead of playback."""

import contextlib
import multiprocessing
import pickle
import signal
import threading
import zlib
from multiprocessing.connection import Connection
from typing import Final

from chipgen.composing import Passage, stream
from chipgen.composing.passages import collect
from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from chipgen.music.score_edit import slice_score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.understand.ending import Ending

AHEAD_S: Final = 20.0


class Endless:
    """A piece that another process continues, always some way ahead of playback.

    Composing takes a processor for seconds at a time, and sound that is made in the same process
    would have to wait for it. What was composed is handed over once, by `take`, and kept packed for
    whoever wants the whole at the end.

    Parameters
    ----------
    seed
        Where it begins.
    request
        As for `chipgen.composing.stream`; its bars are None.
    """

    def __init__(self, seed: Score | Prompt, request: ComposeRequest) -> None:
        self.failure: Exception | None = None
        self.version = 0
        self._prompt, self._request = Prompt.of(seed), request
        self._seed, self._ending = self._prompt.seed, self._prompt.ending
        self._fresh: list[Passage] = []
        self._packed: list[bytes] = []
        self._remarks: tuple[str, ...] = ()
        self._made_s = 0.0
        self._heard_s = 0.0
        self._turn = threading.Condition()
        self._closing = False
        self._process: multiprocessing.process.BaseProcess | None = None

    @property
    def ending(self) -> Ending:
        """Where the seed ends and composing begins."""
        return self._ending

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the composer has to say, a line each, once there is a passage."""
        return self._remarks

    @property
    def heard_s(self) -> float:
        """How far it has been heard."""
        return self._heard_s

    def start(self) -> None:
        """Begin to compose."""
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        arguments = (theirs, self._prompt, self._request)
        process = context.Process(target=_compose, args=arguments, daemon=True)
        # Ctrl-C in a terminal is meant for the parent; a child inherits that it is ignored.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()
        self._process = process
        threading.Thread(target=self._gather, args=(ours,), daemon=True, name="gather").start()

    def stop(self) -> None:
        """Stop composing."""
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        if self._process is not None:
            self._process.terminate()
            self._process.join()

    def listen(self, heard_s: float) -> None:
        """Say how far it has been heard, so that composing keeps ahead."""
        with self._turn:
            self._heard_s = max(self._heard_s, heard_s)
            self._turn.notify_all()

    def take(self) -> list[Passage]:
        """Return the passages that have come since this was called last."""
        with self._turn:
            fresh, self._fresh = self._fresh, []
        return fresh

    def score(self) -> Score:
        """Return the whole piece as far as it has come."""
        with self._turn:
            packed = list(self._packed)
        passages = [pickle.loads(zlib.decompress(data)) for data in packed]
        return collect(self._seed, self._ending, passages) if passages else self._seed

    def heard(self) -> tuple[Score, int]:
        """Return the music played, to the end of its last bar, and the number of composed bars."""
        score, heard_s = self.score(), self._heard_s
        bars = [*score.bar_starts_beats(), score.end_beats]
        ends = [beat for beat in bars[1:] if float(score.beats_to_seconds(beat)) >= heard_s - 0.05]
        end_beats = ends[0] if ends else score.end_beats
        composed = sum(self._ending.start_beats - 1e-6 <= beat < end_beats - 1e-6 for beat in bars)
        if end_beats >= score.end_beats:
            return score, composed
        return slice_score(score, 0.0, end_beats), composed

    def _gather(self, connection: Connection) -> None:
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                got = connection.recv()
                with self._turn:
                    if isinstance(got, Passage):
                        self._add(got)
                    else:
                        self.failure = ChipgenError(got)
                    self._turn.notify_all()
                    self._turn.wait_for(lambda: self._closing or self._is_wanted())
                    if self._closing:
                        return
                connection.send(True)
        with self._turn:
            if not self._closing and self.failure is None:
                self.failure = ChipgenError("composing stopped; there may be too little memory")
            self._turn.notify_all()

    def _add(self, passage: Passage) -> None:
        self._fresh.append(passage)
        self._packed.append(zlib.compress(pickle.dumps(passage)))
        self._remarks = self._remarks or passage.remarks
        played_s = float(self._seed.beats_to_seconds(self._ending.start_beats))
        beats = passage.end_beats - self._ending.start_beats
        self._made_s = played_s + beats * 60.0 / passage.tempo.bpm
        self.version += 1

    def _is_wanted(self) -> bool:
        return self._made_s - self._heard_s < AHEAD_S


def _compose(connection: Connection, prompt: Prompt, request: ComposeRequest) -> None:
    """Send passages, each once the one before was taken and more is needed."""
    with connection, contextlib.suppress(EOFError, OSError):
        try:
            for passage in stream(prompt, request):
                connection.send(passage)
                connection.recv()
        except ChipgenError as error:
            connection.send(str(error))
