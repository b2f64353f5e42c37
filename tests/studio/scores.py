"""Scores as a page may send them."""

from hypothesis import strategies as st

words = st.sampled_from(
    ["type", "document", "score", "tracks", "notes", "preset", "values", "play", "from_beat", "id",
     "compose", "request", "bars", "fill", "only", "made", "sound", "key", "note", "on", "room",
     "frames", "loop", "seek", "beat"]
)  # fmt: skip


beats = st.floats(0, 64) | st.integers(0, 64).map(float)


notes = st.tuples(beats, st.floats(1e-6, 8), st.integers(0, 127), st.integers(1, 127))


tracks = st.fixed_dictionaries(
    {
        "name": st.text(max_size=10),
        "role": st.sampled_from(["", "p1", "p2", "tr", "no"]),
        "channel": st.integers(0, 15),
        "program": st.integers(0, 127),
        "notes": st.lists(notes, max_size=12),
        "controls": st.lists(
            st.tuples(beats, st.integers(0, 127), st.integers(0, 127)), max_size=4
        ),
        "bends": st.lists(st.tuples(beats, st.floats(-24, 24)), max_size=4),
    }
)


scores = st.fixed_dictionaries(
    {
        "name": st.text(max_size=20),
        "dialect": st.sampled_from(["gm", "nesmdb"]),
        "end_beats": beats,
        "tempos": st.lists(st.tuples(beats, st.floats(20, 400)), max_size=2).map(
            lambda more: [(0.0, 120.0), *more]
        ),
        "meters": st.lists(
            st.tuples(beats, st.integers(1, 12), st.sampled_from([2, 4, 8])), max_size=2
        ).map(lambda more: [(0.0, 4, 4), *more]),
        "markers": st.lists(
            st.tuples(beats, st.sampled_from(["loopStart", "loopEnd", "verse"])), max_size=3
        ),
        "tracks": st.lists(tracks, max_size=5),
    }
)
