// Manners of a page that nobody attends: awake while it is lit, full screen at the first touch,
// nothing to select or to open, and a new page when the station has a new one.

const QUIET_HOUR = 4; // local time, when a page that is old begins anew
const OLD_MS = 20 * 3_600_000;
const LOOK_MS = 60_000;

/** Keep the screen awake while `wanted`, where the browser can. */
export class Waking {
  #lock = null;
  #wanted = false;

  constructor() {
    // A browser lets go of the lock whenever the page is hidden.
    document.addEventListener("visibilitychange", () => this.#see());
  }

  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#see();
  }

  async #see() {
    if (!this.#wanted || document.hidden) {
      this.#lock?.release();
      this.#lock = null;
      return;
    }
    try {
      this.#lock = (await navigator.wakeLock?.request("screen")) ?? null;
      if (!this.#wanted) this.#see(); // it went dark while we asked
    } catch {
      // Battery saving, or an address without HTTPS: the kiosk's own settings keep it awake.
    }
  }
}

export function behave() {
  addEventListener("contextmenu", (event) => event.preventDefault());
  addEventListener("dragstart", (event) => event.preventDefault());
  const fill = () => {
    if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().catch(() => {});
  };
  addEventListener("pointerup", fill);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "F11") fill();
  });
}

/**
 * Call `begin` when this page should begin anew: what it is made of has changed on the station, or
 * it is old and the hour is quiet. `broadcast` says when the station came back.
 */
export function renewing(broadcast, begin) {
  const openedMs = performance.now();
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const files = loaded.filter((name) => name.includes("/static/"));
  let made = null; // the versions of these files, once they were told
  broadcast.addEventListener("now", async () => {
    const now = await versions(files);
    if (made && now && made !== now) begin();
    made ??= now;
  });
  setInterval(() => {
    const old = performance.now() - openedMs > OLD_MS;
    if (old && new Date().getHours() === QUIET_HOUR && broadcast.online) begin();
  }, LOOK_MS);
}

/** As one text; null while the station is away. */
async function versions(files) {
  const ask = (file) => fetch(file, { method: "HEAD", cache: "no-store" });
  try {
    const answers = await Promise.all(files.map(ask));
    if (!answers.every((answer) => answer.ok)) return null;
    return answers.map((answer) => answer.headers.get("etag")).join(" ");
  } catch {
    return null;
  }
}
