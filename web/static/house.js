// The stations of the house, and which of its streams a page plays.

import { address, get, query, station } from "./api.js";

// What a browser is asked whether it plays, by format. The tagged Opus is not among them: browsers
// end where its next link begins.
const TYPES = {
  mp3: "audio/mpeg",
  opus: 'audio/ogg; codecs="opus"',
  aac: "audio/aac",
  flac: 'audio/ogg; codecs="flac"',
};

/** All stations, and the one of this page; undefined if there is none of its name. */
export const house = ask();

/** The list does not change while a page is open: ask until it is there. */
async function ask() {
  for (let waitMs = 500; ; waitMs = Math.min(5_000, 2 * waitMs)) {
    try {
      const stations = await get("stations");
      return { stations, here: stations.find(({ name }) => name === (station ?? stations[0].name)) };
    } catch {
      await new Promise((done) => setTimeout(done, waitMs));
    }
  }
}

/**
 * The address `audio` shall play: the one the page was asked for with `?mount=`, else the first of
 * `streams` that the browser knows how to play, else the MP3.
 */
export function streamUrl(streams, audio) {
  const wish = query.get("mount");
  const plays = ({ format }) => audio.canPlayType(TYPES[format.replace(/-\d+$/, "")] ?? "");
  const found = streams.find(({ format }) => format === wish) ?? streams.find(plays);
  const prefix = station ? `/stations/${encodeURIComponent(station)}` : "";
  return address(found?.url ?? `${prefix}/stream.mp3`);
}
