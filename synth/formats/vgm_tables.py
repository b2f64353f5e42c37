"""Tables of the VGM specification: header fields, command lengths, chips."""

from typing import Final

TICKS_HZ: Final = 44_100  # every wait in a VGM counts these
VERSION: Final = 0x171
FIRST_NES_VERSION: Final = 0x161
HEADER_SIZE: Final = 0x100  # 1.71's, reserved fields included

# Clock fields of the header, by offset. The two top bits of a clock are flags.
CLOCK_FIELDS: Final = {
    0x0C: "SN76489", 0x10: "YM2413", 0x2C: "YM2612", 0x30: "YM2151", 0x38: "Sega PCM",
    0x40: "RF5C68", 0x44: "YM2203", 0x48: "YM2608", 0x4C: "YM2610", 0x50: "YM3812",
    0x54: "YM3526", 0x58: "Y8950", 0x5C: "YMF262", 0x60: "YMF278B", 0x64: "YMF271",
    0x68: "YMZ280B", 0x6C: "RF5C164", 0x70: "PWM", 0x74: "AY8910", 0x80: "Game Boy DMG",
    0x84: "NES APU", 0x88: "MultiPCM", 0x8C: "uPD7759", 0x90: "OKIM6258", 0x98: "OKIM6295",
    0x9C: "K051649", 0xA0: "K054539", 0xA4: "HuC6280", 0xA8: "C140", 0xAC: "K053260",
    0xB0: "Pokey", 0xB4: "QSound", 0xB8: "SCSP", 0xC0: "WonderSwan", 0xC4: "VSU",
    0xC8: "SAA1099", 0xCC: "ES5503", 0xD0: "ES5506", 0xD8: "X1-010", 0xDC: "C352", 0xE0: "GA20",
    0xE4: "Mikey", 0xE8: "K007232", 0xEC: "K005289", 0xF0: "MSM5205", 0xF4: "MSM5232",
    0xF8: "BSMT2000", 0xFC: "ICS2115",
}  # fmt: skip
NES_CLOCK: Final = 0x84
# Header fields before 1.70 could hold other data at the same offsets.
EXTRA_HEADER: Final = 0xBC

# Bytes after the command byte, for commands that write to some chip or stream.
OPERANDS: Final = {
    **dict.fromkeys(range(0x30, 0x40), 1),
    **dict.fromkeys(range(0x40, 0x4F), 2),
    **dict.fromkeys((0x4F, 0x50), 1),
    **dict.fromkeys(range(0x51, 0x60), 2),
    0x64: 3, 0x68: 11, 0x90: 4, 0x91: 4, 0x92: 5, 0x93: 10, 0x94: 1, 0x95: 4,
    **dict.fromkeys(range(0xA0, 0xC0), 2),
    **dict.fromkeys(range(0xC0, 0xE0), 3),
    **dict.fromkeys(range(0xE0, 0x100), 4),
}  # fmt: skip

# Which chip a command writes to, for the warning that names it.
COMMAND_CHIPS: Final = {
    0x30: "SN76489", 0x31: "AY8910", 0x32: "MSM5205", 0x3F: "SN76489", 0x40: "Mikey",
    0x41: "K007232", 0x42: "K005289", 0x43: "MSM5232", 0x44: "ICS2115", 0x4F: "SN76489",
    0x50: "SN76489", 0x51: "YM2413", 0x52: "YM2612", 0x53: "YM2612", 0x54: "YM2151",
    0x55: "YM2203",
    0x56: "YM2608", 0x57: "YM2608", 0x58: "YM2610", 0x59: "YM2610", 0x5A: "YM3812",
    0x5B: "YM3526", 0x5C: "Y8950", 0x5D: "YMZ280B", 0x5E: "YMF262", 0x5F: "YMF262",
    0xA0: "AY8910", 0xB0: "RF5C68", 0xB1: "RF5C164", 0xB2: "PWM", 0xB3: "Game Boy DMG",
    0xB5: "MultiPCM", 0xB6: "uPD7759", 0xB7: "OKIM6258", 0xB8: "OKIM6295", 0xB9: "HuC6280",
    0xBA: "K053260", 0xBB: "Pokey", 0xBC: "WonderSwan", 0xBD: "SAA1099", 0xBE: "ES5506",
    0xBF: "GA20", 0xC0: "Sega PCM", 0xC1: "RF5C68", 0xC2: "RF5C164", 0xC3: "MultiPCM",
    0xC4: "QSound", 0xC5: "SCSP", 0xC6: "WonderSwan", 0xC7: "VSU", 0xC8: "X1-010",
    0xC9: "BSMT2000", 0xD0: "YMF278B", 0xD1: "YMF271", 0xD2: "K051649", 0xD3: "K054539",
    0xD4: "C140",
    0xD5: "ES5503", 0xD6: "ES5506", 0xE0: "YM2612", 0xE1: "C352",
}  # fmt: skip
