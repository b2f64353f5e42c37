"""Samples of an NSF travel with its log."""

from synth.formats.assembler import assemble
from synth.formats.nsf_header import header_bytes
from synth.formats.nsf_read import read_nsf
from tests.synth.formats.nsf_files import PLAIN


def test_samples_are_carried_with_the_log() -> None:
    """When the DMC is started, the bytes it will play come with the log."""
    source = """
    init:   LDA #2
            STA $4012           ; $C080
            LDA #1
            STA $4013           ; 17 bytes
            LDA #$1F
            STA $4015
            RTS
    play:   LDA $4015           ; does it still play?
            AND #$10
            STA $4011
            RTS
    """
    code = assemble(f".org $8000\n JMP init\n JMP play\n{source}").code
    sample = bytes(range(100, 117))
    image = code.ljust(0x4080, b"\0") + sample
    file = read_nsf(header_bytes(PLAIN) + image, "dmc.nsf", seconds=0.2)
    assert file.log.memory == ((0xC080, sample),)
    answers = file.log.value[file.log.address == 0x4011].tolist()
    # 17 * 8 bits at 428 cycles are 58,208 cycles: not quite two frames.
    assert answers[:3] == [0x10, 0, 0]
