// The stations of the house, and what of theirs a browser can play.

// What a browser is asked whether it plays, by format. The tagged Opus is not among them: browsers
// end where its next link begins.
const TYPES = {
  mp3: "audio/mpeg",
  opus: 'audio/ogg; codecs="opus"',
  aac: "audio/aac",
  flac: 'audio/ogg; codecs="flac"',
};
export const HLS = "hls";
const PLAYLIST = "application/vnd.apple.mpegurl";
const SEGMENT = 'audio/mp4; codecs="mp4a.40.2"';

/**
 * `{stations, here}`: all stations, and the one of `api`; undefined if there is none of its name.
 * The list does not change while a page is open: ask until it is there, or until `signal` says no.
 */
export async function house(api, signal) {
  const stations = await api.getAtLast("stations", signal);
  const name = api.station ?? stations[0].name;
  return { stations, here: stations.find((each) => each.name === name) };
}

/**
 * The formats of `station` (as the API tells it) that `audio` knows how to play, the best first:
 * in the station's own order, and HLS last, for it is heard some 15 s later.
 */
export function playable(station, audio) {
  const plays = (format) => audio.canPlayType(TYPES[format.replace(/-\d+$/, "")] ?? "");
  const formats = station.streams.map(({ format }) => format).filter(plays);
  return station.hls && canPlayHls(audio) ? [...formats, HLS] : formats;
}

/** Chromium, too, plays HLS by itself, but keeps to itself where in it it is. */
export const tellsTheTime = (audio) => audio.canPlayType(PLAYLIST) && "getStartDate" in audio;

/** By itself, or with hls.js. */
function canPlayHls(audio) {
  const source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;
  return tellsTheTime(audio) || source?.isTypeSupported(SEGMENT);
}
