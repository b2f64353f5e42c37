"""The table of opcodes holds each once."""

from synth.formats.opcodes import ALIASES, OFFICIAL, UNOFFICIAL, all_opcodes

OFFICIAL_OPCODES = sorted(opcode for modes in OFFICIAL.values() for opcode in modes.values())


def test_the_table_holds_every_opcode_once() -> None:
    """All 151 documented opcodes and the undocumented ones stand in the table, but for the jams."""
    assert len(OFFICIAL_OPCODES) == len(set(OFFICIAL_OPCODES)) == 151
    n_unofficial = sum(len(modes) for modes in UNOFFICIAL.values())
    n_aliases = sum(len(opcodes) for _, _, opcodes in ALIASES)
    assert len(all_opcodes()) == 151 + n_unofficial + n_aliases == 256 - 12
