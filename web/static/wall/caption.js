// The title of what sounds, small, in a corner: a new corner for each piece, so no letter stays.

import { say } from "../dom.js";
import { keyName } from "../scenes/text.js";

const FADE_MS = 3_000; // as in exhibit.css
const CORNERS = 4;

export class Caption {
  #element;
  #shown = null; // id of the piece whose title is up
  #turns = 0;
  #writing; // a timer

  /** `element` has a place for the `.title` and one for the `.key`. */
  constructor(element) {
    this.#element = element;
  }

  /** Name `piece` (null: nobody knows what sounds); to the eye only where `seen`. */
  tell(piece, seen, { x, y }) {
    const { style, classList } = this.#element;
    style.setProperty("--x", `${(100 * x).toFixed(2)}vw`);
    style.setProperty("--y", `${(100 * y).toFixed(2)}vh`);
    if (piece && piece.id !== this.#shown) this.#write(piece);
    else if (!this.#writing) classList.toggle("lit", piece !== null && seen);
  }

  /** The old name fades before the new one is written. */
  #write(piece) {
    this.#shown = piece.id;
    this.#element.classList.remove("lit");
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => {
      this.#writing = undefined;
      say(this.#element.querySelector(".title"), piece.title);
      say(this.#element.querySelector(".key"), keyName(piece.key));
      this.#element.dataset.corner = this.#turns++ % CORNERS;
    }, FADE_MS);
  }
}
