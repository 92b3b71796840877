// A piece as a musician would write it down: bars, note values, accidentals, beams. Pure.

import { laneOf } from "../score.js";
import { STEPS_PER_BAR } from "../timeline.js";

const BEAT = 4; // steps
const FAR = 10; // places from the middle line: five lines beyond would lie on the next staff
const VALUES = [16, 12, 8, 6, 4, 3, 2, 1]; // steps of the notes there are, dotted ones too
const RESTS = [16, 8, 4, 2, 1]; // each begins on a multiple of its own length
const LETTERS_BY_FIFTHS = "FCGDAEB";
const LETTERS = "CDEFGAB";
const NATURAL = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }; // semitones
// Of the major key of each tonic; those beyond seven are wanted for their minor keys.
const SHARPS = {
  C: 0, G: 1, D: 2, A: 3, E: 4, B: 5, "F#": 6, "C#": 7, "G#": 8, "D#": 9, "A#": 10,
  F: -1, Bb: -2, Eb: -3, Ab: -4, Db: -5, Gb: -6,
};
// Of the drums, from the kick up to the crash: place on the staff (0 is its lowest line), head.
const DRUMS = [
  [1, "round"], [5, "round"], [3, "round"], [6, "round"], [7, "round"],
  [9, "cross"], [9, "cross"], [8, "cross"], [10, "cross"],
];
// The two staves with pitches: the lowest line, as a diatonic number (C4 is 28), and its clef.
const CLEFS = { melody: { lowest: 30, median: 71 }, bass: { lowest: 18, median: 50 } };

/** Sharps of a key's signature, below 0 flats. */
function sharpsOf(key) {
  const [tonic, mode] = key.split(" ");
  const sharps = (SHARPS[tonic] ?? 0) - (mode === "minor" ? 3 : 0);
  return sharps > 7 ? sharps - 12 : sharps;
}

/** A pitch spelt in a key: its diatonic number (7 an octave, C4 is 28) and -1, 0, 1 for ♭, ♮, ♯. */
export function spell(pitch, key) {
  const sharps = sharpsOf(key);
  const least = sharps - (key.endsWith("minor") ? 2 : 4); // on the circle of fifths, C is 0
  const fifths = least + ((((pitch * 7 - least) % 12) + 12) % 12);
  const letter = LETTERS_BY_FIFTHS[(fifths + 1 + 70) % 7];
  const accidental = Math.floor((fifths + 1) / 7);
  const octave = Math.floor((pitch - accidental - NATURAL[letter]) / 12) - 1;
  return { place: 7 * octave + LETTERS.indexOf(letter), accidental };
}

/** The accidental that the signature gives a diatonic number. */
function signed(place, sharps) {
  const order = LETTERS_BY_FIFTHS.indexOf(LETTERS[((place % 7) + 7) % 7]);
  if (sharps > 0) return order < sharps ? 1 : 0;
  return 6 - order < -sharps ? -1 : 0;
}

const written = new WeakMap();

/**
 * `{sharps, melody, bass, drums}`: of each part `{octave, bars}`, how many octaves it sounds above
 * what is written, and by bar its events in order: `{step, steps, heads, tied, beam}`. `step` and
 * `steps` count inside the bar; no heads is a rest; a head is `{place, sign, kind}`, its place on
 * the staff from the lowest line up, a sign to draw or null; `beam` numbers events on one beam.
 * A head that would be far from its staff is written `octaves` nearer.
 */
export function notate(piece) {
  if (!written.has(piece)) written.set(piece, write(piece));
  return written.get(piece);
}

function write(piece) {
  const sharps = sharpsOf(piece.key);
  const bars = Math.round(piece.steps / STEPS_PER_BAR);
  const pitched = (part) => {
    const notes = inTurn(piece.trio?.[part] ?? [], piece.steps);
    const octave = octaveOf(notes, CLEFS[part].median);
    const heads = ({ pitch }) => [{ ...spell(pitch - 12 * octave, piece.key), kind: "round" }];
    const events = cut(notes.map((note) => ({ ...note, heads: heads(note) })), bars);
    for (const bar of events) sign(bar, sharps, CLEFS[part].lowest);
    return { octave, bars: events };
  };
  const struck = strokes(piece.trio?.drums ?? [], piece.steps);
  return {
    sharps,
    melody: pitched("melody"),
    bass: pitched("bass"),
    drums: { octave: 0, bars: cut(struck, bars) },
  };
}

/** One note after the other: cut where the next begins, and let it last over a breath. */
function inTurn(notes, steps) {
  const sorted = [...notes].sort((a, b) => a[0] - b[0] || b[2] - a[2]);
  return sorted
    .filter((note, i) => note[0] !== sorted[i - 1]?.[0] && note[0] < steps)
    .map(([from, to, pitch], i, all) => {
      const next = all[i + 1]?.[0] ?? steps;
      return { from, to: next - to <= 1 || to > next ? next : to, pitch };
    });
}

/** Drums as chords, each to the next or to the end of its beat: a stroke has no length. */
function strokes(notes, steps) {
  const chords = new Map();
  for (const [from, , pitch] of notes) {
    if (from >= steps) continue;
    const [place, kind] = DRUMS[laneOf(pitch)] ?? DRUMS[1];
    const heads = chords.get(from) ?? [];
    if (!heads.some((head) => head.place === place)) heads.push({ place, kind, sign: null });
    chords.set(from, heads.sort((a, b) => a.place - b.place));
  }
  const starts = [...chords.keys()].sort((a, b) => a - b);
  return starts.map((from, i) => {
    const beatEnds = from - (from % BEAT) + BEAT;
    return { from, to: Math.min(starts[i + 1] ?? steps, beatEnds), heads: chords.get(from) };
  });
}

function octaveOf(notes, wanted) {
  if (!notes.length) return 0;
  const pitches = notes.map(({ pitch }) => pitch).sort((a, b) => a - b);
  return Math.round((pitches[pitches.length >> 1] - wanted) / 12);
}

/** Notes and the rests between them, by bar, in values that there are. */
function cut(notes, bars) {
  const found = Array.from({ length: bars }, () => []);
  let at = 0;
  const lay = (from, to, heads) => {
    for (let step = from; step < to; ) {
      const bar = Math.floor(step / STEPS_PER_BAR);
      const inBar = step % STEPS_PER_BAR;
      const most = Math.min(to - step, STEPS_PER_BAR - inBar);
      const steps = heads.length
        ? noteValue(inBar, most)
        : RESTS.find((each) => each <= most && inBar % each === 0);
      const copies = heads.map((head) => ({ ...head }));
      const tied = heads.length > 0 && step + steps < to;
      found[bar].push({ step: inBar, steps, heads: copies, tied, held: step > from, beam: null });
      step += steps;
    }
  };
  for (const { from, to, heads } of notes) {
    if (from > at) lay(at, from, []);
    lay(from, to, heads);
    at = to;
  }
  lay(at, bars * STEPS_PER_BAR, []);
  for (const bar of found) beam(bar);
  return found;
}

/** The longest note that may stand at `step` of a bar and is no longer than `most`. */
function noteValue(step, most) {
  const may = {
    16: step === 0,
    12: step === 0 || step === 4,
    8: step % 4 === 0,
    6: step % 8 === 0 || step % 8 === 2,
    4: step % 2 === 0,
    3: step % 4 < 2,
    2: step % 4 < 3,
    1: true,
  };
  return VALUES.find((each) => each <= most && may[each]);
}

/** Notes shorter than a quarter share a beam inside a beat. */
function beam(events) {
  let number = 0;
  for (let beat = 0; beat < STEPS_PER_BAR; beat += BEAT) {
    const inBeat = events.filter(({ step }) => step >= beat && step < beat + BEAT);
    const first = inBeat.findIndex(short);
    const run = inBeat.slice(first, inBeat.findLastIndex(short) + 1);
    if (first < 0 || run.length < 2 || !run.every(short)) continue;
    number += 1;
    for (const event of run) event.beam = number;
  }
}

const short = ({ steps, heads }) => heads.length > 0 && steps < BEAT;

/** Signs where a note is not what the signature, or the bar so far, would make of it. */
function sign(events, sharps, lowest) {
  const now = new Map();
  for (const { heads, held } of events) {
    for (const head of heads) {
      const { place, accidental } = head;
      const expected = now.get(place) ?? signed(place, sharps);
      head.sign = held || accidental === expected ? null : accidental;
      now.set(place, accidental);
      const high = place - lowest - 4; // above the middle line
      head.octaves = Math.sign(high) * Math.max(0, Math.ceil((Math.abs(high) - FAR) / 7));
      head.place = place - lowest - 7 * head.octaves;
    }
  }
}
