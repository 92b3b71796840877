// How loud it is here: the slider, the button that mutes, and what is remembered of them.

import { byId } from "./dom.js";
import { keep, kept } from "./kept.js";

const FIRST = 0.8;
export const STEP = 0.05;

export class Volume {
  #audio;
  #slider = byId("volume");
  #button = byId("mute");

  constructor(audio) {
    this.#audio = audio;
    this.#be(Number(kept("volume") ?? FIRST));
    this.#slider.addEventListener("input", () => this.set(this.#slider.valueAsNumber));
    this.#button.addEventListener("click", () => this.mute());
    // iOS leaves the volume to its buttons: a slider that does nothing is worse than none.
    audio.addEventListener("playing", () => {
      this.#slider.hidden = Math.abs(audio.volume - this.#slider.value) > 0.01;
    });
  }

  /** 0 to 1; who turns it wants to hear it. */
  set(volume) {
    this.#be(volume);
    keep("volume", this.#audio.volume);
    this.mute(false);
  }

  turn(by) {
    this.set(this.#audio.volume + by);
  }

  mute(muted = !this.#audio.muted) {
    this.#audio.muted = muted;
    this.#button.ariaPressed = String(muted);
  }

  #be(volume) {
    this.#audio.volume = Math.min(1, Math.max(0, volume));
    this.#slider.value = this.#audio.volume;
  }
}
