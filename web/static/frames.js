// Drawing while it is seen: 60 times a second at most, and never where nobody looks.

const FRAME_MS = 1_000 / 60;

/**
 * Call `draw(nowMs)` for each frame in which `canvas` is on the screen, until `stop()`, which is
 * returned. Browsers hold frames back in a hidden tab, but not below the end of the window.
 */
export function frames(canvas, draw) {
  let request = null;
  let dueMs = 0;

  const step = (nowMs) => {
    request = requestAnimationFrame(step);
    if (nowMs < dueMs - 1) return; // a screen of 120 or 144 pictures a second
    dueMs = Math.max(dueMs + FRAME_MS, nowMs + FRAME_MS / 2);
    draw(nowMs);
  };
  const stop = () => {
    cancelAnimationFrame(request);
    request = null;
  };
  const sight = new IntersectionObserver((looks) => {
    stop();
    if (looks.at(-1).isIntersecting) request = requestAnimationFrame(step);
  });
  sight.observe(canvas);
  return () => {
    sight.disconnect();
    stop();
  };
}
