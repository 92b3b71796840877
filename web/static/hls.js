// The station by HLS: fetched by the browser itself where it then says what time of day it plays,
// else by hls.js, which is only loaded for this.

import { tellsTheTime } from "./house.js";
import { FRAMES_PER_SECOND } from "./timeline.js";

const OPTIONS = {
  enableWorker: false, // it would be a blob's script, which our Content-Security-Policy forbids
  backBufferLength: 30, // seconds that were heard; without it, all of them
};

export class HlsStream {
  openingMs = 10_000; // for the first sound: the library, the playlist, a segment
  stuckMs = 8_000; // between two sounds: longer than a segment takes to come
  #api;
  #audio;
  #url;
  #failed;
  #closed = new AbortController();
  #hls = null; // of the library; null while that loads, and where the browser does it all
  #origin = null; // seconds, what the audio element calls the time of the first sound
  #account = null; // {position, utcMs}: the station's own, of some moment of this broadcast

  /** `failed()` is called when hls.js has given up. */
  constructor(api, audio, url, failed) {
    this.#api = api;
    this.#audio = audio;
    this.#url = url;
    this.#failed = failed;
    const { signal } = this.#closed;
    const begin = () => (this.#origin ??= audio.currentTime);
    audio.addEventListener("playing", begin, { signal });
  }

  async start() {
    this.#learn().catch(() => {}); // closed meanwhile
    if (tellsTheTime(this.#audio)) this.#audio.src = this.#url;
    else await this.#attach();
    if (!this.#closed.signal.aborted) await this.#audio.play();
  }

  heardSeconds() {
    return this.#origin === null ? 0 : Math.max(0, this.#audio.currentTime - this.#origin);
  }

  position() {
    const utcMs = this.#utcMs();
    if (!this.#account || !utcMs || this.heardSeconds() === 0) return null;
    const { position, utcMs: thenMs } = this.#account;
    return position + ((utcMs - thenMs) / 1_000) * FRAMES_PER_SECOND;
  }

  close() {
    this.#closed.abort();
    this.#hls?.destroy();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  async #attach() {
    const { default: Hls } = await import("./vendor/hls.light.min.mjs");
    if (this.#closed.signal.aborted) return;
    const hls = new Hls(OPTIONS);
    let broken = null; // how often the timestamps broke
    hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && this.#failed());
    hls.on(Hls.Events.FRAG_CHANGED, (_, { frag }) => {
      if (broken !== null && frag.cc !== broken) this.#learn().catch(() => {});
      broken = frag.cc;
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#audio);
    this.#hls = hls;
  }

  /** When what is heard was on air; not a number where that is not known. */
  #utcMs() {
    const { currentTime } = this.#audio;
    if (this.#hls) return this.#hls.playingDate?.getTime();
    return this.#audio.getStartDate?.().getTime() + 1_000 * currentTime;
  }

  /** Ask which position goes with which time of day. It holds until the station's clock breaks. */
  async #learn() {
    this.#account = null;
    const { position, utc } = await this.#api.getAtLast("now", this.#closed.signal);
    this.#account = { position, utcMs: Date.parse(utc) };
  }
}
