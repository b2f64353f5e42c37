"""Chords are drawn in a key, come again with their bars, and come home where they are to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chipgen.composing.form import draw_phrases, plan_bars
from chipgen.composing.progression import draw_chords, sample_path
from chipgen.labels.chord_names import chord_classes, chord_number
from chipgen.music.key_detection import nearest_key
from chipgen.music.key_names import Key
from chipgen.music.phrase_letters import read_form
from chipgen.rows.plan_features import CHORDS, CLOSE, QUALITIES

MAJOR, MINOR = 0, 1


def draw(seed: int, key: Key, bars: int = 16, *, cadence: bool = True):
    """Draw a form of some bars behind four of the tonic, and its chords."""
    rng = np.random.default_rng(seed)
    planned = list(plan_bars(draw_phrases(rng, -(-bars // 4)), 4, bars, rng))
    home = chord_number(key.tonic, MINOR if key.mode == "minor" else MAJOR)
    heard = np.full(8, home)
    return planned, draw_chords(planned, key, heard, rng, first_bar=4, cadence=cadence)


@given(
    seed=st.integers(0, 1000), tonic=st.integers(0, 11), mode=st.sampled_from(["major", "minor"])
)
def test_a_cadence_ends_on_the_tonic(seed: int, tonic: int, mode: str) -> None:
    """The last bar's chord is the key's own, and what comes before it leads there."""
    _, chords = draw(seed, Key(tonic, mode))
    assert chords.shape == (32,)
    assert ((chords >= 0) & (chords < CHORDS)).all()
    home = chord_number(tonic, MINOR if mode == "minor" else MAJOR)
    assert chords[-1] == chords[-2] == home
    root = (int(chords[-3]) - 1) // QUALITIES
    assert (root - tonic) % 12 in (2, 5, 7, 10, 11), "it is no other chord of the tonic's tones"


def test_bars_that_come_again_bring_their_chords() -> None:
    """A close repeat within the form has the chords of the bar that it repeats."""
    found = 0
    for seed in range(30):
        planned, chords = draw(seed, Key(0, "major"), cadence=False)
        for index, bar in enumerate(planned):
            source = bar.source - 4
            if bar.tune == CLOSE and source >= 0:
                found += 1
                assert chords[2 * index : 2 * index + 2].tolist() == (
                    chords[2 * source : 2 * source + 2].tolist()
                )
    assert found > 50


def test_a_round_has_its_chords_again() -> None:
    """A new phrase over a round has its chords, unless one chord stood there."""
    found, stand = 0, []
    for seed in range(30):
        planned, chords = draw(seed, Key(0, "major"), cadence=False)
        if planned[0].round >= 0:
            stand.append(len(np.unique(chords[:8])) < 2)
        for index, bar in enumerate(planned):
            source = bar.round - 4
            phrase = 2 * (source - bar.place)
            if source >= 0 and len(np.unique(chords[phrase : phrase + 8])) > 1:
                found += 1
                assert chords[2 * index : 2 * index + 2].tolist() == (
                    chords[2 * source : 2 * source + 2].tolist()
                )
    assert found > 20
    assert np.mean(stand) < 0.2


def test_most_chords_are_the_keys_own() -> None:
    """In C major nearly all drawn triads have only white keys, in A minor too; they change."""
    white = {0, 2, 4, 5, 7, 9, 11}
    tones = {0: (0, 4, 7), 1: (0, 3, 7), 2: (0, 4, 7, 10), 3: (0, 5, 7), 4: (0, 3, 6)}
    inside, changes = [], []
    for seed in range(40):
        _, chords = draw(seed, Key(0, "major") if seed % 2 else Key(9, "minor"), cadence=False)
        for chord in chords[chords > 0].tolist():
            root, quality = divmod(chord - 1, QUALITIES)
            inside.append({(root + step) % 12 for step in tones[quality]} <= white)
        changes.append(np.mean(chords[2::2] != chords[:-2:2]))
    assert np.mean(inside) > 0.75
    assert np.mean(changes) > 0.4


def test_what_is_given_stays_and_what_fits_it_is_drawn() -> None:
    """Known chords are kept; weights decide among the rest."""
    key = Key(7, "major")
    given_chords = np.array([-1, -1, chord_number(0, MAJOR), -1])
    weights = np.ones((4, CHORDS))
    weights[0] = 0.0
    weights[0, chord_number(4, MINOR)] = 1.0
    path = sample_path(given_chords, weights, key, -1, np.random.default_rng(0))
    assert path[0] == chord_number(4, MINOR)
    assert path[2] == chord_number(0, MAJOR)


def test_the_same_number_draws_the_same() -> None:
    """Chords are drawn from their generator alone."""
    assert np.array_equal(draw(5, Key(2, "minor"))[1], draw(5, Key(2, "minor"))[1])


def test_impossible_weights_still_give_a_path() -> None:
    """Where nothing is likely some chord is taken, not none."""
    path = sample_path(
        np.full(4, -1), np.zeros((4, CHORDS)), Key(0, "major"), 3, np.random.default_rng(1)
    )
    assert path.shape == (4,)
    assert ((path >= 0) & (path < CHORDS)).all()


def test_a_major_key_has_no_minor_tonic() -> None:
    """Chords of other keys are seldom drawn, and this one hardly ever."""
    drawn = [chord for seed in range(60) for chord in draw(seed, Key(0, "major"))[1]]
    assert drawn.count(chord_number(0, MINOR)) <= len(drawn) // 300


def test_no_phrase_goes_on_with_one_chord_of_the_phrase_before() -> None:
    """A round that stands on one chord, taken over from the seed, is not gone on with."""
    standing = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        bars = list(plan_bars(iter(read_form("A B")), 4, 8, rng))
        heard = np.full(8, chord_number(0, MAJOR))
        chords = draw_chords(bars, Key(0, "major"), heard, rng, first_bar=4, cadence=False)
        assert (chords[:8] == heard).all()
        standing += len(np.unique(chords[8:])) < 2
    assert standing <= 10


def test_the_seeds_changes_go_on() -> None:
    """After a round of four chords, new ones change with each bar, and mostly as the round does."""
    steps = ((9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR))
    own = np.repeat([chord_number(*step) for step in steps] * 2, 2)
    round_ = set(zip(own[1:-1:2].tolist(), own[2::2].tolist(), strict=True))
    shares = {}
    for name, seed in (("taken up", own), ("of songs", None)):
        changes, same = [], []
        for number in range(60):
            rng = np.random.default_rng(number)
            bars = list(plan_bars(iter(read_form("B C D")), 8, 12, rng))
            chords = draw_chords(
                bars, Key(0, "major"), own, rng, first_bar=8, cadence=False, own=seed
            )
            pairs = list(zip(chords[1:-1:2].tolist(), chords[2::2].tolist(), strict=True))
            changes += [before != after for before, after in pairs]
            same += [pair in round_ for pair in pairs]
        shares[name] = np.mean(changes), np.mean(same)
    assert shares["taken up"][0] > 0.85
    assert shares["taken up"][1] > shares["of songs"][1] + 0.2


def test_chords_tell_their_key() -> None:
    """Of pieces from nothing, nearly all have chords whose tones are nearest to their own key's."""
    told = []
    for seed in range(40):
        key = Key(seed % 12, "minor" if seed % 2 else "major")
        rng = np.random.default_rng(seed)
        bars = list(plan_bars(draw_phrases(rng, 4), 0, 16, rng))
        nothing = np.zeros(0, dtype=np.int64)
        chords = draw_chords(bars, key, nothing, rng, first_bar=0, cadence=True, tells_key=True)
        tones = [tone for chord in chords.tolist() for tone in chord_classes(chord)]
        told.append(nearest_key(np.bincount(tones, minlength=12) / len(tones)) == key)
    assert np.mean(told) >= 0.9


def test_chords_are_no_poorer_than_the_seeds() -> None:
    """After rounds of four chords hardly a progression stands, alternates, or leaves the key."""
    steps = ((0, MAJOR), (9, MINOR), (5, MAJOR), (7, MAJOR))
    key, poor = Key(0, "major"), []
    for number in range(60):
        own = np.repeat([chord_number(*steps[(number + k) % 4]) for k in range(8)], 2)
        rng = np.random.default_rng(number)
        bars = list(plan_bars(iter(read_form("B B' C C'")), 8, 16, rng))
        chords = draw_chords(bars, key, own, rng, first_bar=8, cadence=True, own=own)
        stays = np.mean(chords[1:-1:2] == chords[2::2])
        roots = np.unique((chords[:-4] - 1) // QUALITIES)
        foreign = [not set(chord_classes(c)) <= key.scale for c in chords.tolist()]
        poor.append(stays > 0.2 or len(roots) < 3 or np.mean(foreign) > 0.2)
    assert np.mean(poor) <= 0.1
