; The 6502 player: replays a register log, one call of `play` a video frame.
;
; Assembled twice: with NES = 0 into bank 0 of an NSF, which calls `init` and `play` itself, and
; with NES = 1 into the fixed bank of a cartridge, where reset and vertical blank call them.
; ORIGIN, FIRST_BANK and WINDOW are given from outside, and so is what follows this text: the
; tables `shape_low`, `shape_high` and `shapes`, and on a cartridge `banks`, `palette`, `font` and
; `screen`.
;
; The song is a stream of tokens, read through a window of WINDOW onto one bank at a time:
;
;   $00-$7F v v v       a frame: the values for the registers that shape number $00-$7F lists
;   $80-$BF             the end of a frame, and as many frames of silence as the low six bits say
;   $C0-$D7 v           a write to register $4000-$4017; the frame goes on
;   $F8 n lo hi bank    a phrase: play n frame tokens from that place, then go on here
;   $F9 lo hi bank      go on at that place

BANK_REGISTER = $5FF9           ; an NSF maps 4 KB at $9000 by writing here

PPU_CONTROL  = $2000
PPU_MASK     = $2001
PPU_STATUS   = $2002
PPU_SCROLL   = $2005
PPU_ADDRESS  = $2006
PPU_DATA     = $2007
APU          = $4000
DMC_CONTROL  = $4010
APU_STATUS   = $4015
APU_SEQUENCE = $4017

pointer     = $00               ; where the next token is
shape       = $02               ; where the shape's next register number is
wait        = $04               ; frames of silence left
phrase      = $05               ; frame tokens of the phrase left, or 0
bank        = $06               ; what the window shows
back        = $07               ; where to go on after the phrase
back_bank   = $09

        .org ORIGIN

.if NES
reset:
        SEI
        CLD
        LDX #$40
        STX APU_SEQUENCE        ; no interrupts from the frame sequencer
        LDX #$FF
        TXS
        INX                     ; 0
        STX PPU_CONTROL         ; no interrupt at vertical blank
        STX PPU_MASK            ; nothing drawn
        STX DMC_CONTROL         ; no interrupts from the DMC
        BIT PPU_STATUS
warm_up_1:
        BIT PPU_STATUS          ; the PPU is ready after two vertical blanks
        BPL warm_up_1
        TXA
clear_ram:
        STA $00,X
        STA $0200,X
        STA $0300,X
        STA $0400,X
        STA $0500,X
        STA $0600,X
        STA $0700,X
        INX
        BNE clear_ram
        LDX #$13
clear_apu:
        STA APU,X               ; as at power-up, which a reset button does not give
        DEX
        BPL clear_apu
        STA APU_STATUS
        LDA #$0F
        STA APU_STATUS          ; the four channels enabled, as an NSF finds them
warm_up_2:
        BIT PPU_STATUS
        BPL warm_up_2

        LDA #$3F                ; four colours
        LDX #$00
        JSR set_ppu_address
copy_palette:
        LDA palette,X
        STA PPU_DATA
        INX
        CPX #$04
        BNE copy_palette

        LDA #$00                ; the font: 64 tiles of 8 rows, the second bit plane empty
        TAX
        JSR set_ppu_address
        LDA #<font
        STA pointer
        LDA #>font
        STA pointer+1
copy_tile:
        LDY #$00
copy_plane:
        LDA (pointer),Y
        STA PPU_DATA
        INY
        CPY #$08
        BNE copy_plane
        LDA #$00
empty_plane:
        STA PPU_DATA
        DEY
        BNE empty_plane
        LDA pointer
        CLC
        ADC #$08
        STA pointer
        BCC same_page
        INC pointer+1
same_page:
        INX
        CPX #64
        BNE copy_tile

        LDA #$20                ; the name table and its attributes, blank: 1024 bytes
        LDX #$00
        JSR set_ppu_address
        LDA #$00
        LDY #$04
clear_screen:
        STA PPU_DATA
        INX
        BNE clear_screen
        DEY
        BNE clear_screen

        LDA #$21                ; the text: eight rows from the eighth on
        LDX #$00
        JSR set_ppu_address
copy_text:
        LDA screen,X
        STA PPU_DATA
        INX
        BNE copy_text

        JSR start
        LDX #$00
        BIT PPU_STATUS
        STX PPU_SCROLL
        STX PPU_SCROLL
wait_blank:
        BIT PPU_STATUS
        BPL wait_blank
        LDA #%00001010          ; the background, its left column too
        STA PPU_MASK
        LDA #%10000000          ; from now on an interrupt at each vertical blank
        STA PPU_CONTROL
forever:
        JMP forever

set_ppu_address:
        STA PPU_ADDRESS
        STX PPU_ADDRESS
        RTS

vertical_blank:
        PHA
        TXA
        PHA
        TYA
        PHA
        JSR play
        PLA
        TAY
        PLA
        TAX
        PLA
unused_interrupt:
        RTI
.else
init:                           ; frame 0 is played here, so that `play` has frames 1, 2, ...
        JSR start
        JMP frame
.endif

start:                          ; go to the song's beginning
        LDA #$00
        STA wait
        STA phrase
        STA pointer
        LDA #>WINDOW
        STA pointer+1
        LDA #FIRST_BANK
        JMP set_bank

play:
        LDA wait
        BEQ frame
        DEC wait
        RTS

frame:
        LDY #$00                ; stays 0 while a frame is played
token:
        LDA (pointer),Y
        INC pointer
        BNE decode
        INC pointer+1
decode:
        TAX
        BPL play_shape
        CMP #$C0
        BCC rest
        CMP #$F8
        BCS go
        AND #$1F                ; one write
        TAX
        LDA (pointer),Y
        STA APU,X
        INC pointer
        BNE token
        INC pointer+1
        BNE token               ; always: the window is not on page 0

rest:
        AND #$3F
        STA wait
        BPL end_frame           ; always

play_shape:
        LDA shape_low,X
        STA shape
        LDA shape_high,X
        STA shape+1
next_register:
        LDA (shape),Y
        BMI end_frame           ; the list ends with $FF
        TAX
        LDA (pointer),Y
        STA APU,X
        INC pointer
        BNE step_shape
        INC pointer+1
step_shape:
        INC shape
        BNE next_register
        INC shape+1
        BNE next_register       ; always

end_frame:
        LDA phrase
        BEQ done
        DEC phrase
        BNE done
        LDA back                ; the phrase is over
        STA pointer
        LDA back+1
        STA pointer+1
        LDA back_bank
set_bank:
        STA bank
.if NES
        TAX
        STA banks,X             ; a place in ROM that holds the same byte: the bus agrees
.else
        STA BANK_REGISTER
.endif
done:
        RTS

go:
        LSR A                   ; carry: $F9 goes for good, $F8 comes back
        BCS jump
        LDA (pointer),Y
        STA phrase
        INY
        LDA pointer             ; carry is clear
        ADC #$04
        STA back
        LDA pointer+1
        ADC #$00
        STA back+1
        LDA bank
        STA back_bank
jump:
        LDA (pointer),Y
        TAX
        INY
        LDA (pointer),Y
        PHA
        INY
        LDA (pointer),Y
        STX pointer
        TAX
        PLA
        STA pointer+1
        TXA
        JSR set_bank
        JMP frame
