; The small 6502 player: a song in columns (see columns.py), one call of `play` a video frame.
;
; ORIGIN, FRAMES, LOOP_FRAMES, LOOPS and COLUMNS are given from outside, and so is what follows this
; text: for each column `values` and `rules` (how many it has) and `base` (where they are); the
; register of each after the voices'; `lists` of columns; and if it loops from within, `loop_low` and
; `loop_high`, where each column goes on.
;
; A column has its values, the left symbols of its rules, their right symbols, and its sequence. A
; symbol below `values` stands for a value; any other for two symbols, of which the right one waits
; on the column's stack. A column with no values is one value always, the low byte of its base, if
; the high byte is 0; else it follows the column whose number is its `rules`: its values are at its
; base, by the last symbol of that column.
;
; The values of a voice's column are $00-$7F, the place of a list in `lists`: write the next value of
; each column that it names, the last with bit 7 set; or $80-$FF: nothing now, nor for that many more
; frames.

VOICES     = 4
LEVEL      = 32                 ; columns' symbols that wait, a level of all of them after the other
STACK      = $0300
APU        = $4000
APU_STATUS = $4015

pointer    = $00
base       = $02
rights     = $04
voice      = $06
symbol     = $07
list       = $08
column     = $09
frames     = $0A                ; left to the end or the loop
over       = $0C
wait       = $10
depth      = $20                ; how many symbols wait, times LEVEL
next_low   = $40
next_high  = $60
last       = $80                ; the last symbol of each column

        .org ORIGIN

init:
        LDA #$00
        STA over
        LDX #COLUMNS-1
rewind:
        LDA values,X            ; the sequence begins after the values and twice the rules
        CLC
        ADC base_low,X
        STA next_low,X
        LDA base_high,X
        ADC #$00
        STA next_high,X
        LDY #$02
skip_rules:
        LDA next_low,X
        CLC
        ADC rules,X
        STA next_low,X
        BCC same_page
        INC next_high,X
same_page:
        DEY
        BNE skip_rules
        TYA
        STA depth,X
        DEX
        BPL rewind
        LDA #<FRAMES
        STA frames
        LDA #>FRAMES
        STA frames+1
        LDX #VOICES-1
begin:
        LDA #$00
no_wait:
        STA wait,X
        DEX
        BPL no_wait

play:
        LDA frames
        BNE count
        LDA frames+1
        BEQ end
        DEC frames+1
count:
        DEC frames
        LDX #$00
next_voice:
        STX voice
        LDA wait,X
        BEQ due
        DEC wait,X
        JMP voice_done
due:
        JSR fetch
        TAY
        BMI rest
next_column:
        STY list
        LDA lists,Y
        AND #$7F
        TAX
        JSR fetch
        LDY registers-VOICES,X
        STA APU,Y
        LDY list
        LDA lists,Y
        BMI voice_done
        INY
        BNE next_column         ; always
rest:
        AND #$7F
        LDX voice
        STA wait,X
voice_done:
        LDX voice
        INX
        CPX #VOICES
        BCC next_voice
        RTS

end:
.if LOOPS
        LDA #<LOOP_FRAMES
        STA frames
        LDA #>LOOP_FRAMES
        STA frames+1
.if LOOPS-1
        LDX #COLUMNS-1
go_back:
        LDA loop_low,X
        STA next_low,X
        LDA loop_high,X
        STA next_high,X
        DEX
        BPL go_back
        LDX #VOICES-1
        BNE begin               ; always
.else
        JMP init                ; the loop is the song
.endif
.else
        LDA over                ; silence once, and then nothing
        BNE stay
        STA APU_STATUS
        INC over
stay:
        RTS
.endif

fetch:                          ; the next value of column X into A
        LDA base_low,X
        LDY base_high,X
        BEQ constant
        STA base
        STY base+1
        LDY values,X
        BEQ follow
        STX column
        LDA depth,X
        BEQ from_sequence
        SEC
        SBC #LEVEL
        STA depth,X
        ORA column
        TAY
        LDA STACK,Y
        JMP expand
from_sequence:
        LDA next_low,X
        STA pointer
        LDA next_high,X
        STA pointer+1
        INC next_low,X
        BNE same_page_2
        INC next_high,X
same_page_2:
        LDY #$00
        LDA (pointer),Y
expand:
        CMP values,X
        BCC value
        STA symbol
        LDA base
        CLC
        ADC rules,X
        STA rights
        LDA base+1
        ADC #$00
        STA rights+1
        LDY symbol
        LDA (rights),Y
        PHA
        LDA depth,X
        ORA column
        TAY
        PLA
        STA STACK,Y
        LDA depth,X
        CLC
        ADC #LEVEL
        STA depth,X
        LDY symbol
        LDA (base),Y
        JMP expand
follow:
        LDY rules,X
        LDA last,Y
        TAY
        LDA (base),Y
        RTS
value:
        STA last,X
        TAY
        LDA (base),Y
constant:
        RTS
