"""The assembler makes what py65's makes, and the player's bytes are these."""

from py65.devices.mpu6502 import MPU
from py65.disassembler import Disassembler

from synth.formats.player_build import build_player


def test_the_players_bytes_disassemble_to_its_source() -> None:
    """py65 reads the assembled players back as the instructions that the source says."""
    for cartridge in (False, True):
        data = "banks:\npalette:\nfont:\nscreen:\n" if cartridge else ""
        player = build_player(
            ((0, 2, 3),), origin=0x8000, window=0x9000, first_bank=1, cartridge=cartridge, data=data
        )
        mpu = MPU()
        mpu.memory[0x8000 : 0x8000 + len(player.code)] = list(player.code)
        disassembler = Disassembler(mpu)
        n_instructions = 0
        for address, made, source in player.lines:
            if source.startswith("."):
                continue
            length, text = disassembler.instruction_at(address)
            assert length == len(made)
            assert text[:3] == source[:3].upper()
            assert text.count(",") == source.count(",")
            assert text.count("(") == source.count("(")
            n_instructions += 1
        assert n_instructions > (180 if cartridge else 80)


# The player as an NSF carries it, for shape tables of no shapes: read it beside player.s.
NSF_PLAYER = """
20 06 80           # init: JSR start
4C 1E 80           # JMP frame
A9 00 85 04 85 05  # start: wait = phrase = 0
85 00 A9 90 85 01  # pointer = $9000
A9 01 4C 7D 80     # LDA #FIRST_BANK, JMP set_bank
A5 04 F0 03        # play: wait is 0? then frame
C6 04 60           # DEC wait, RTS
A0 00 B1 00        # frame: LDY #0, token: LDA (pointer),Y
E6 00 D0 02 E6 01  # pointer += 1
AA 10 1E           # decode: TAX, BPL play_shape
C9 C0 90 14        # below $C0: rest
C9 F8 B0 50        # from $F8 on: go
29 1F AA           # AND #$1F, TAX
B1 00 9D 00 40     # LDA (pointer),Y, STA APU,X
E6 00 D0 E1        # pointer += 1, BNE token
E6 01 D0 DD        # BNE token
29 3F 85 04 10 22  # rest: AND #$3F, STA wait, BPL end_frame
BD B2 80 85 02     # play_shape: LDA shape_low,X, STA shape
BD B2 80 85 03     # LDA shape_high,X, STA shape+1
B1 02 30 14 AA     # next_register: LDA (shape),Y, BMI end_frame, TAX
B1 00 9D 00 40     # LDA (pointer),Y, STA APU,X
E6 00 D0 02 E6 01  # pointer += 1
E6 02 D0 EC        # step_shape: shape += 1, BNE next_register
E6 03 D0 E8        # BNE next_register
A5 05 F0 13        # end_frame: LDA phrase, BEQ done
C6 05 D0 0F        # DEC phrase, BNE done
A5 07 85 00        # pointer = back
A5 08 85 01
A5 09              # LDA back_bank
85 06 8D F9 5F 60  # set_bank: STA bank, STA BANK_REGISTER, RTS
"""


def test_the_players_bytes_are_these() -> None:
    """The NSF player's code up to its last routine, byte for byte."""
    player = build_player((), origin=0x8000, window=0x9000, first_bank=1, cartridge=False)
    expected = bytes.fromhex("".join(line.split("#")[0] for line in NSF_PLAYER.splitlines()))
    assert player.code[: len(expected)].hex(" ") == expected.hex(" ")
