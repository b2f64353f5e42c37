"""Plays samples on the DMC live: chooses which one sounds, and its writes in each frame."""

from dataclasses import dataclass

from synth.instrument.dmc_writes import STOP_STORES, find_bass_sample, start_stores
from synth.instrument.frame_context import Setup
from synth.instrument.macro_sequence import NOT_RELEASED

Placed = dict[str, tuple[int, bytes]]
NEVER = -1


@dataclass(slots=True)
class LiveSamples:
    """The sample that sounds; all of it plain numbers and texts, so that it can be saved.

    Attributes
    ----------
    name, rate
        Of the preset's samples the one that was struck last, and the index of its rate.
    start, stop
        Frames at which it begins, and at which it is stopped if it still sounds.
    rank
        Priority and volume of a drum; empty for a note of the bass.
    """

    name: str = ""
    rate: int = 0
    start: int = NEVER
    stop: int = NEVER
    rank: tuple[int, ...] = ()

    def strike(
        self, name: str, rank: tuple[int, int], frames: int, tick: int, setup: Setup,
        protected_frames: float,
    ) -> bool:  # fmt: skip
        """Play a drum's sample; return whether it is heard.

        Of two drums in one frame a sample that is named after both is played, if there is one. The
        attack of a more important drum is not cut.

        Parameters
        ----------
        name
            Of the sample.
        rank
            Priority and volume.
        frames
            How long it sounds.
        tick, setup
            Frame in which it is struck, and the preset.
        protected_frames
            How long an attack lasts.
        """
        if self.rank and tick == self.start:
            pair = "+".join(sorted((self.name, name)))
            if pair in setup.preset.samples or name == self.name:
                self.name = pair if name != self.name else name
                self.rate = setup.preset.sample(self.name).played_rate
                self.stop = max(self.stop, tick + frames)
                self.rank = max(self.rank, rank)
                return True
        if self.rank > rank and tick - self.start < protected_frames:
            return False
        self.name, self.rate = name, setup.preset.sample(name).played_rate
        self.start, self.stop, self.rank = tick, tick + max(frames, 1), rank
        return True

    def hold_bass(self, pitch: int, tick: int, setup: Setup) -> bool:
        """Play a note of the bass until it is released; return whether a sample can."""
        found = None
        if setup.preset.bass_samples and not (self.rank and self.is_sounding(tick)):
            found = find_bass_sample(pitch, setup.preset, setup.region)
        if found is None:
            return False
        self.name, self.rate = found
        self.start, self.stop, self.rank = tick, NOT_RELEASED, ()
        return True

    def let_bass_go(self, tick: int) -> None:
        """Stop a note of the bass, which sounds in one frame at least."""
        if not self.rank:
            self.stop = min(self.stop, max(tick, self.start + 1))

    def cut(self, tick: int) -> None:
        """Stop whatever sounds."""
        self.stop = min(self.stop, tick)

    def is_sounding(self, tick: int) -> bool:
        """Return whether a sample plays in this frame."""
        return self.start <= tick < self.stop

    def stores(self, tick: int, setup: Setup, placed: Placed) -> tuple[tuple[int, int], ...]:
        """Return the register writes of a frame, in order: (address, value)."""
        if self.start == tick and self.stop > tick:
            return start_stores(setup.preset.sample(self.name), self.rate, *placed[self.name])
        return STOP_STORES if self.stop == tick else ()
