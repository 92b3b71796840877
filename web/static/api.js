// A station's HTTP API: of the site this page is from, or of another.

const TIMEOUT_MS = 8_000;
const SILENCE_MS = 20_000; // the station says its clock every 5 s

/** How long to wait before try number `attempt`, from 1: between 0.5 s and 5 s, never in a herd. */
export function patienceMs(attempt) {
  const longest = Math.min(5_000, 500 * 2 ** attempt);
  return 500 + Math.random() * (longest - 500);
}

export class Api {
  #station;

  /** `base` is where the house is, a path prefix and all; `station` its first one unless named. */
  constructor(base, station = null) {
    this.base = base;
    this.#station = station;
  }

  /** The station's name, or null for the first of the house. */
  get station() {
    return this.#station;
  }

  /** An address the station gave, as this page reaches it. */
  address(path) {
    return new URL(path.replace(/^\/|^$/, "./"), this.base).href;
  }

  /** `address(path)` for this station. */
  ours(path) {
    const url = new URL(this.address(path));
    if (this.#station) url.searchParams.set("station", this.#station);
    return url.href;
  }

  /** The JSON at `/api/v1/<path>`. Throws when the station is away or refuses. */
  async get(path) {
    const answer = await this.#ask(path, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }

  /** As `get`, asked again until it is answered. Throws when `signal` says to stop. */
  async getAtLast(path, signal) {
    for (let waitMs = 100; ; waitMs = Math.min(2 * waitMs, 5_000)) {
      try {
        return await this.get(path);
      } catch {
        signal?.throwIfAborted();
        await new Promise((done) => setTimeout(done, waitMs));
        signal?.throwIfAborted();
      }
    }
  }

  /** Tell the station something; what it answers. Throws with its words when it refuses. */
  async post(path, body) {
    const answer = await this.#ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  }

  #ask(path, options) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return fetch(this.ours(`/api/v1/${path}`), { ...options, signal });
  }

  /**
   * Hear the station's events until `stop()`, which is returned: `hear(name, data)`, and `away()`
   * when it cannot be reached. EventSource alone gives up on an HTTP error and never notices a
   * connection that died in silence.
   */
  events(names, hear, away) {
    const stopped = new AbortController();
    const { signal } = stopped;
    let source;
    let attempt = 0;
    let heardAt = 0;
    let retry;

    const open = () => {
      retry = undefined;
      heardAt = performance.now();
      source = new EventSource(this.ours("/api/v1/events"));
      source.onerror = again;
      for (const name of names) {
        source.addEventListener(name, (event) => {
          attempt = 0;
          heardAt = performance.now();
          hear(name, JSON.parse(event.data));
        });
      }
    };
    const again = () => {
      source.close();
      away();
      retry ??= setTimeout(open, patienceMs(++attempt));
    };
    const back = () => {
      if (!retry) return;
      clearTimeout(retry);
      open();
    };
    const listening = setInterval(() => {
      if (!retry && performance.now() - heardAt > SILENCE_MS) again();
    }, 5_000);
    addEventListener("online", back, { signal });
    addEventListener("offline", again, { signal });
    open();
    return () => {
      stopped.abort();
      clearInterval(listening);
      clearTimeout(retry);
      source.close();
    };
  }
}
