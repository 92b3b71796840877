// The night alone: stars that rise slowly. What the wall shows while the station is away, and the
// ground of other scenes.

const STARS = 140;
const RISE_SECONDS = 900; // from the floor to the ceiling
const BREATH_SECONDS = 9;

/** The same stars each night: `{x, y, size, breath}`, places as shares of the screen. */
const stars = Array.from({ length: STARS }, (_, i) => ({
  x: (i * 0.618034) % 1,
  y: (i * i * 0.0713 + i * 0.377) % 1,
  size: 0.0007 + 0.0011 * ((i * 0.7548) % 1) ** 3,
  breath: (i * 2.3998) % (2 * Math.PI),
}));

export class Night {
  static framesASecond = 20;

  draw(context, view) {
    drawStars(context, view, 1);
  }
}

/** `strength` 0..1. In high contrast there are none: what is not music would only disturb. */
export function drawStars(context, { width, height, light, nowMs, still }, strength) {
  if (light.strong.matches) return;
  const seconds = nowMs / 1_000;
  const longer = Math.max(width, height);
  context.fillStyle = light.dusk(78, 30, 190);
  for (const { x, y, size, breath } of stars) {
    const risen = (((y - seconds / RISE_SECONDS) % 1) + 1) % 1;
    const beat = still ? 0.6 : 0.6 + 0.4 * Math.sin(breath + (2 * Math.PI * seconds) / BREATH_SECONDS);
    context.globalAlpha = strength * 0.55 * beat * Math.min(1, 6 * risen, 6 * (1 - risen));
    context.beginPath();
    context.arc(x * width, risen * height, size * longer, 0, 2 * Math.PI);
    context.fill();
  }
}
