// One tap: does this listener like the piece? The station keeps the count, and nothing about who.

import { get, post } from "./here.js";
import { make, say } from "./dom.js";

const WORDS = { 1: "I like this piece", [-1]: "I do not like this piece" };
const COUNTS = { 1: "likes", [-1]: "dislikes" };

/** Two buttons in an element, for one piece at a time. */
export class Rate {
  constructor(element) {
    this.element = element;
    this.said = new Map(); // by piece, what this page's listener says of it
    this.buttons = [1, -1].map((value) => {
      const button = make("button", { type: "button", className: "rate", title: WORDS[value] });
      button.ariaLabel = WORDS[value];
      button.dataset.value = value;
      button.append(make("i"), make("span"));
      button.addEventListener("click", () => this.tap(value));
      return button;
    });
    this.words = make("span");
    this.words.setAttribute("role", "status");
    element.replaceChildren(...this.buttons, this.words);
  }

  /** Be about a piece; its counts are shown once they are known. */
  show(id) {
    this.id = id;
    this.element.hidden = !id;
    say(this.words, "");
    this.draw();
  }

  /** `show`, with what the station knows; hidden where it takes no ratings. */
  async ask(id) {
    this.show(id);
    this.element.hidden = true;
    const found = await get(`pieces/${id}/rating`);
    if (this.id === id) this.hear(id, found);
    this.element.hidden = !found.open;
  }

  /** Say it, or take it back where it was said. */
  async tap(value) {
    const { id } = this;
    const wanted = this.said.get(id) === value ? 0 : value;
    say(this.words, "");
    try {
      this.hear(id, await post(`pieces/${id}/rating`, { value: wanted }));
    } catch (error) {
      if (this.id === id) say(this.words, error.message);
    }
  }

  hear(id, { rating, yours }) {
    this.said.set(id, yours);
    if (this.id === id) this.draw(rating);
  }

  draw(rating) {
    for (const button of this.buttons) {
      const value = Number(button.dataset.value);
      button.ariaPressed = String(this.said.get(this.id) === value);
      say(button.lastChild, rating ? String(rating[COUNTS[value]]) : "");
    }
  }
}
