// A page's clock that goes only where a test sets it. The network keeps its own time.

(() => {
  const BEGAN = Date.UTC(2026, 5, 1, 18);
  const FRAME_MS = 1_000 / 60;
  const { setTimeout: really } = window;
  const RealDate = Date;
  const due = new Map(); // by number of a timer: {at, every, call}
  let now = 0; // ms
  let last = 0;

  const set = (call, ms, every) => {
    due.set(++last, { at: now + ms, every, call });
    return last;
  };
  performance.now = () => now;
  window.Date = class extends RealDate {
    constructor(...when) {
      super(...(when.length ? when : [BEGAN + now]));
    }

    static now() {
      return BEGAN + now;
    }
  };
  window.setTimeout = (call, ms = 0) => set(call, ms, null);
  window.setInterval = (call, ms) => set(call, ms, ms);
  window.requestAnimationFrame = (call) => set(() => call(now), FRAME_MS, null);
  window.clearTimeout = window.clearInterval = window.cancelAnimationFrame = (id) => due.delete(id);

  /** A moment of real time, for the network. */
  window.later = (ms) => new Promise((done) => really(done, ms));

  /** Let the page's time go on, without its station's, until `test()`. */
  window.until = async (test) => {
    while (!test()) {
      window.wait(1, 1);
      await later(1);
    }
  };

  /** Draw `frames` frames and call whatever is due, each once. */
  window.frames = (count) => {
    for (let frame = 0; frame < count; frame++) {
      now += FRAME_MS;
      for (const [id, timer] of [...due]) {
        if (timer.at > now || !due.has(id)) continue;
        if (timer.every === null) due.delete(id);
        else timer.at = now + timer.every;
        timer.call();
      }
    }
  };

  /** The page alone: its station is away, or has nothing to say. */
  window.wait = (seconds, count = 3) => {
    now += 1_000 * seconds;
    window.frames(count);
  };

  /** Let time go by for the page and for its station, and then draw. */
  window.pass = async (seconds, count = 3) => {
    now += 1_000 * seconds - count * FRAME_MS;
    const told = new Promise((done) => latentfm.broadcast.addEventListener("clock", done, { once: true }));
    await fetch(`pass?seconds=${seconds}`);
    await told;
    window.frames(count);
  };
})();
