// More like this: the pieces that lie nearest to the one that is heard, once somebody asks.

import { get } from "./here.js";
import { say } from "./dom.js";
import { row } from "./pieces.js";

const SHOWN = 6;

export class Similar {
  #id = null;
  #shown = null; // the piece that the list is about

  /** @param {HTMLDetailsElement} details with a list and a paragraph for what is wrong */
  constructor(details) {
    this.details = details;
    this.list = details.querySelector("ol");
    this.status = details.querySelector("[role=status]");
    details.addEventListener("toggle", () => this.#look());
  }

  /** Be about another piece. */
  show(id) {
    this.#id = id;
    this.#look();
  }

  async #look() {
    const id = this.#id;
    if (!this.details.open || !id || this.#shown === id) return;
    this.#shown = id;
    say(this.status, "Looking…");
    try {
      const { similar } = await get(`pieces/${id}/similar?limit=${SHOWN}`);
      if (this.#shown !== id) return;
      this.list.replaceChildren(...similar.map(({ piece }) => row(piece)));
      say(this.status, similar.length ? "" : "Nothing is like it yet.");
    } catch {
      if (this.#shown !== id) return;
      this.#shown = null; // the next opening asks again
      this.list.replaceChildren();
      say(this.status, "Not known yet: it has only just begun.");
    }
  }
}
