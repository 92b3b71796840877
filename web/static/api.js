// The station's HTTP API. Addresses are relative to the page, so a path prefix in front works too.

const TIMEOUT_MS = 8_000;
const SILENCE_MS = 20_000; // the station says its clock every 5 s

export const query = new URLSearchParams(location.search);
export const station = query.get("station");

/** An address the station gave, as this page reaches it. */
export const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI).href;

/** How long to wait before try number `attempt`, from 1: between 0.5 s and 5 s, never in a herd. */
export function patienceMs(attempt) {
  const longest = Math.min(5_000, 500 * 2 ** attempt);
  return 500 + Math.random() * (longest - 500);
}

/** `address(path)` for this page's station. */
export function ours(path) {
  const url = new URL(address(path));
  if (station) url.searchParams.set("station", station);
  return url.href;
}

/** The JSON at `/api/v1/<path>`. Throws when the station is away or refuses. */
export async function get(path) {
  const answer = await fetch(ours(`/api/v1/${path}`), {
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** Tell the station something; what it answers. Throws with its words when it refuses. */
export async function post(path, body) {
  const answer = await fetch(ours(`/api/v1/${path}`), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/**
 * Hear the station's events for ever: `hear(name, data)`, and `away()` when it cannot be reached.
 * EventSource alone gives up on an HTTP error and never notices a connection that died in silence.
 */
export function events(names, hear, away) {
  let source;
  let attempt = 0;
  let heardAt = 0;
  let retry;

  function open() {
    retry = undefined;
    heardAt = performance.now();
    source = new EventSource(ours("/api/v1/events"));
    source.onerror = again;
    for (const name of names) {
      source.addEventListener(name, (event) => {
        attempt = 0;
        heardAt = performance.now();
        hear(name, JSON.parse(event.data));
      });
    }
  }

  function again() {
    source.close();
    away();
    retry ??= setTimeout(open, patienceMs(++attempt));
  }

  setInterval(() => {
    if (!retry && performance.now() - heardAt > SILENCE_MS) again();
  }, 5_000);
  addEventListener("online", () => {
    if (!retry) return;
    clearTimeout(retry);
    open();
  });
  open();
}
