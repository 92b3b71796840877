// One connection to a stream that never ends, and where in the broadcast its sound is.

import { FRAMES_PER_SECOND } from "./timeline.js";

export class Stream {
  openingMs = 4_000; // for the first sound
  stuckMs = 2_500; // between two sounds; a new connection brings a burst, waiting does not
  #api;
  #audio;
  #url;
  #key = randomKey();
  #closed = new AbortController();
  #first = null; // position of the first sound
  #origin = null; // seconds, what the audio element calls the time of that sound

  constructor(api, audio, url) {
    this.#api = api;
    this.#audio = audio;
    this.#url = url;
    const { signal } = this.#closed;
    audio.addEventListener("loadedmetadata", () => this.#place().catch(() => {}), { signal });
    audio.addEventListener("loadeddata", () => this.#begin(), { signal });
  }

  /** Rejects as `audio.play()` does, or because there is nothing to play. */
  start() {
    this.#audio.src = `${this.#url}?session=${this.#key}`;
    this.#audio.load(); // iOS plays the old stream without it
    return this.#audio.play();
  }

  /** Of this connection. */
  heardSeconds() {
    return this.#origin === null ? 0 : Math.max(0, this.#audio.currentTime - this.#origin);
  }

  /** What is heard, or null when silent or not known yet. */
  position() {
    const seconds = this.heardSeconds();
    if (this.#first === null || seconds === 0) return null;
    return this.#first + seconds * FRAMES_PER_SECOND;
  }

  /** Let go of it; a paused element would keep its socket and its old sound. */
  close() {
    this.#closed.abort();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  /**
   * The first sound is there: see what its time is called. Most streams begin at 0, but Chromium
   * begins an Ogg Opus stream at the time in its first page: hours, if the station is that old.
   */
  #begin() {
    const { buffered, currentTime } = this.#audio;
    this.#origin = buffered.length ? Math.min(buffered.start(0), currentTime) : 0;
  }

  /** Learn which position the first sound has. */
  async #place() {
    const session = await this.#api.getAtLast(`sessions/${this.#key}`, this.#closed.signal);
    this.#first = session.position;
  }
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
