// What the device shows of the sound where it shows no page.

/** Show `said`, a piece's title and the like; its `links` are of `api`. */
export function showOutside({ links, ...said }, api) {
  if (!navigator.mediaSession) return;
  const artwork = links && [
    { src: api.address(links.cover_png), sizes: "512x512", type: "image/png" },
    { src: api.address(links.cover), sizes: "any", type: "image/svg+xml" },
  ];
  navigator.mediaSession.metadata = new MediaMetadata({ ...said, artwork });
}
