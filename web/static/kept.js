// What this browser keeps between visits: volume, format, keys. A browser may refuse to keep any.

const PREFIX = "latentfm.";

/** What was kept under `name`, or null. */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep `value`; forget what there was, if it is null. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Then it holds until the page is left.
  }
}
