// Words on a canvas: broken into lines, set in the wall's two faces.

export const SERIF =
  '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", Georgia, serif';
export const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** `words` in lines no wider than `width`, and about as long as each other, in the font set. */
export function lines(context, words, width) {
  const few = broken(context, words, width);
  // As many lines, but as narrow as goes: a lone last word looks like an accident.
  let narrow = width;
  while (narrow > width * 0.4 && broken(context, words, narrow * 0.94).length === few.length) {
    narrow *= 0.94;
  }
  return broken(context, words, narrow);
}

/** The largest size in px, at most `most`, at which `words` in `face` fit into `rows` rows. */
export function fitting(context, words, face, width, rows, most) {
  let size = most;
  for (; size > 8; size *= 0.94) {
    context.font = `${size}px ${face}`;
    const set = broken(context, words, width);
    if (set.length <= rows && set.every((line) => context.measureText(line).width <= width)) break;
  }
  return size;
}

function broken(context, words, width) {
  const found = [];
  for (const word of words.split(" ")) {
    const longer = found.length ? `${found.at(-1)} ${word}` : word;
    if (found.length && context.measureText(longer).width <= width) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

/** "Eb minor" as musicians write it. */
export const keyName = (key) => key.replace(/^([A-G])b/, "$1♭").replace(/^([A-G])#/, "$1♯");
