"""The groups of common opcodes are named after what is in them."""

from synth.formats import cpu_groups
from synth.formats.opcodes import MODES, OFFICIAL, all_opcodes

NAMES = {
    value: name
    for name, value in vars(cpu_groups).items()
    if name.isupper() and isinstance(value, int)
}


def test_a_groups_name_says_its_operation_and_its_mode() -> None:
    """Where a name begins with an operation, each opcode has it, and the mode that it ends in."""
    named = set()
    for opcode, (operation, mode) in all_opcodes().items():
        first, _, last = NAMES[int(cpu_groups.GROUP[opcode])].partition("_")
        if first in OFFICIAL:
            named.add(first)
            assert operation == first, f"${opcode:02X}"
            assert last.lower() in ("", mode) or last.lower() not in MODES, f"${opcode:02X}"
    assert len(named) > 30


def test_no_group_has_an_opcode_that_is_not_documented() -> None:
    """What is not documented, or changes the interrupt flag, is left to the whole set."""
    common = {opcode for opcode in range(256) if cpu_groups.GROUP[opcode] != cpu_groups.REST}
    official = {opcode for modes in OFFICIAL.values() for opcode in modes.values()}
    assert common < official
    apart = {name: modes["imp"] for name, modes in OFFICIAL.items() if name in ("CLI", "PLP")}
    assert not common & set(apart.values())
