/** General MIDI's 128 programs by family, as parts are given them. */

const FAMILIES = {
  Piano: "grand piano, bright piano, electric grand, honky-tonk piano, electric piano 1, electric piano 2, harpsichord, clavinet",
  "Chromatic percussion": "celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells, dulcimer",
  Organ: "drawbar organ, percussive organ, rock organ, church organ, reed organ, accordion, harmonica, tango accordion",
  Guitar: "nylon guitar, steel guitar, jazz guitar, clean guitar, muted guitar, overdriven guitar, distortion guitar, guitar harmonics",
  Bass: "acoustic bass, fingered bass, picked bass, fretless bass, slap bass 1, slap bass 2, synth bass 1, synth bass 2",
  Strings: "violin, viola, cello, contrabass, tremolo strings, pizzicato strings, harp, timpani",
  Ensemble: "strings 1, strings 2, synth strings 1, synth strings 2, choir aahs, voice oohs, synth voice, orchestra hit",
  Brass: "trumpet, trombone, tuba, muted trumpet, French horn, brass section, synth brass 1, synth brass 2",
  Reed: "soprano sax, alto sax, tenor sax, baritone sax, oboe, English horn, bassoon, clarinet",
  Pipe: "piccolo, flute, recorder, pan flute, blown bottle, shakuhachi, whistle, ocarina",
  "Synth lead": "square lead, sawtooth lead, calliope lead, chiff lead, charang lead, voice lead, fifths lead, bass and lead",
  "Synth pad": "new age pad, warm pad, polysynth pad, choir pad, bowed pad, metallic pad, halo pad, sweep pad",
  "Synth effects": "rain, soundtrack, crystal, atmosphere, brightness, goblins, echoes, sci-fi",
  Ethnic: "sitar, banjo, shamisen, koto, kalimba, bagpipe, fiddle, shanai",
  Percussive: "tinkle bell, agogo, steel drums, woodblock, taiko drum, melodic tom, synth drum, reverse cymbal",
  "Sound effects": "fret noise, breath noise, seashore, bird tweet, telephone, helicopter, applause, gunshot",
};

/**
 * Families in order, each with its eight instruments: MIDI programs and names.
 * @type {{family: string, instruments: {program: number, name: string}[]}[]}
 */
export const INSTRUMENTS = Object.entries(FAMILIES).map(([family, names], row) => ({
  family,
  instruments: names.split(", ").map((name, at) => ({ program: 8 * row + at, name })),
}));
