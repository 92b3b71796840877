// The signs of musical notation, drawn. Lengths are in spaces between two lines of a staff, y goes
// up, and the origin is where each sign hangs: a clef on its line, a head or a sign in its middle.

// Strokes with a changing breadth, as a pen makes them: points [x, y, breadth] on a smooth curve.
const TREBLE = [
  [-0.12, -0.36, 0.08], [-0.46, 0.04, 0.14], [-0.16, 0.6, 0.2], [0.48, 0.66, 0.26],
  [0.98, 0.02, 0.3], [0.66, -0.76, 0.22], [-0.1, -1.02, 0.16], [-1.0, -0.66, 0.22],
  [-1.36, 0.3, 0.3], [-0.95, 1.36, 0.36], [-0.12, 2.3, 0.34], [0.48, 3.24, 0.28],
  [0.56, 4.2, 0.2], [0.3, 4.86, 0.08], [-0.04, 4.3, 0.16], [-0.1, 3.3, 0.14],
  [0.14, 1, 0.13], [0.42, -1.2, 0.13], [0.48, -2, 0.13], [0.2, -2.62, 0.14], [-0.3, -2.52, 0.16],
];
const TREBLE_BALL = [-0.42, -2.22, 0.34];
const BASS = [
  [-0.86, 0.1, 0.12], [-0.5, 0.76, 0.14], [0.2, 0.96, 0.24], [0.82, 0.36, 0.42], [0.74, -0.6, 0.38],
  [0.1, -1.6, 0.22], [-1.1, -2.42, 0.05],
];
const BASS_BALLS = [[-0.66, 0, 0.36], [1.62, 0.5, 0.2], [1.62, -0.5, 0.2]];
const QUARTER_REST = [
  [-0.22, 1.42, 0.1], [0.02, 1.08, 0.2], [0.26, 0.66, 0.14], [0.1, 0.36, 0.44], [-0.24, -0.02, 0.2],
  [0.04, -0.42, 0.16], [0.36, -0.84, 0.14], [0.06, -0.74, 0.3], [-0.26, -0.84, 0.24], [-0.22, -1.2, 0.14],
  [0.06, -1.46, 0.06],
];

/** A pen over a staff: `unit` px a space, its lowest line at `y`. */
export class Pen {
  constructor(context, unit) {
    this.context = context;
    this.unit = unit;
  }

  /** A filled ball. */
  ball(x, y, radius) {
    this.context.beginPath();
    this.context.arc(x, y, radius * this.unit, 0, 2 * Math.PI);
    this.context.fill();
  }

  /** A stroke along points [x, y, breadth] around (x, y). */
  #stroke(points, x, y) {
    const looks = [];
    for (let i = 0; i < points.length - 1; i++) {
      for (let t = 0; t < 1; t += 0.08) looks.push(curved(points, i, t));
    }
    looks.push(points.at(-1));
    const { context, unit } = this;
    const sides = looks.map(([px, py, breadth], i) => {
      const [ax, ay] = looks[Math.max(0, i - 1)];
      const [bx, by] = looks[Math.min(looks.length - 1, i + 1)];
      const length = Math.hypot(bx - ax, by - ay) || 1;
      const [nx, ny] = [(-(by - ay) / length) * (breadth / 2), ((bx - ax) / length) * (breadth / 2)];
      return [px + nx, py + ny, px - nx, py - ny];
    });
    // By short pieces: a stroke that crosses itself would leave a hole as one outline.
    context.beginPath();
    for (let i = 1; i < sides.length; i++) {
      const [ax, ay, bx, by] = sides[i - 1];
      const [cx, cy, dx, dy] = sides[i];
      const corners = [[ax, ay], [cx, cy], [dx, dy], [bx, by]];
      corners.forEach(([cornerX, cornerY], corner) => {
        const at = [x + cornerX * unit, y - cornerY * unit];
        if (corner) context.lineTo(...at);
        else context.moveTo(...at);
      });
      context.closePath();
    }
    context.fill();
    for (const [px, py, breadth] of [looks[0], looks.at(-1)]) {
      this.ball(x + px * unit, y - py * unit, breadth / 2);
    }
  }

  /** A Bézier curve on the path begun, its points around (x, y). */
  #curve(x, y, ...points) {
    this.context.bezierCurveTo(
      ...points.flatMap(([px, py]) => [x + px * this.unit, y - py * this.unit]),
    );
  }

  treble(x, y) {
    this.#stroke(TREBLE, x, y);
    this.#balls([TREBLE_BALL], x, y);
  }

  bass(x, y) {
    this.#stroke(BASS, x, y);
    this.#balls(BASS_BALLS, x, y);
  }

  /** The two bars before drums; `y` is the middle line. */
  percussion(x, y) {
    const { context, unit } = this;
    for (const at of [-0.45, 0.25]) context.fillRect(x + at * unit, y - unit, 0.4 * unit, 2 * unit);
  }

  #balls(balls, x, y) {
    for (const [bx, by, radius] of balls) this.ball(x + bx * this.unit, y - by * this.unit, radius);
  }

  head(x, y, kind, hollow) {
    const { context, unit } = this;
    context.beginPath();
    if (kind === "cross") {
      const arm = 0.46 * unit;
      context.lineWidth = 0.16 * unit;
      for (const way of [-1, 1]) {
        context.moveTo(x - arm, y - way * arm);
        context.lineTo(x + arm, y + way * arm);
      }
      context.stroke();
      return;
    }
    context.ellipse(x, y, 0.64 * unit, 0.45 * unit, -0.36, 0, 2 * Math.PI);
    if (hollow) context.ellipse(x, y, 0.5 * unit, 0.25 * unit, -0.6, 0, 2 * Math.PI, true);
    context.fill();
  }

  /** ♯, ♮ or ♭ for 1, 0 or -1. */
  sign(x, y, accidental) {
    const { context, unit } = this;
    const line = (ax, ay, bx, by, breadth) => {
      context.lineWidth = breadth * unit;
      context.beginPath();
      context.moveTo(x + ax * unit, y - ay * unit);
      context.lineTo(x + bx * unit, y - by * unit);
      context.stroke();
    };
    if (accidental > 0) {
      line(-0.17, -1.32, -0.17, 1.18, 0.12);
      line(0.19, -1.18, 0.19, 1.32, 0.12);
      line(-0.45, -0.56, 0.45, -0.24, 0.28);
      line(-0.45, 0.24, 0.45, 0.56, 0.28);
    } else if (accidental === 0) {
      line(-0.24, -0.62, -0.24, 1.32, 0.11);
      line(0.24, 0.62, 0.24, -1.32, 0.11);
      line(-0.28, -0.56, 0.28, -0.32, 0.26);
      line(-0.28, 0.32, 0.28, 0.56, 0.26);
    } else {
      line(-0.3, -0.62, -0.3, 1.72, 0.12);
      context.lineWidth = 0.2 * unit;
      context.beginPath();
      context.moveTo(x - 0.28 * unit, y - 0.3 * unit);
      this.#curve(x, y, [0.2, 0.9], [0.75, 0.1], [-0.28, -0.6]);
      context.stroke();
    }
  }

  /** A rest of so many steps; `y` is the middle line. */
  rest(x, y, steps) {
    const { context, unit } = this;
    if (steps >= 8) {
      const whole = steps >= 12;
      const top = whole ? -unit : -0.5 * unit;
      context.fillRect(x - 0.62 * unit, y + top, 1.24 * unit, 0.5 * unit);
    } else if (steps >= 4) this.#stroke(QUARTER_REST, x, y);
    else this.#hooks(x, y, steps === 1 ? 2 : 1);
  }

  #hooks(x, y, hooks) {
    const { context, unit } = this;
    context.lineWidth = 0.13 * unit;
    context.beginPath();
    context.moveTo(x + 0.42 * unit, y - 0.66 * unit);
    context.lineTo(x - (hooks === 2 ? 0.2 : 0.05) * unit, y + (hooks === 2 ? 1.9 : 1) * unit);
    context.stroke();
    for (let hook = 0; hook < hooks; hook++) {
      const [hx, hy] = [x - hook * 0.17 * unit, y + hook * unit];
      this.ball(hx - 0.26 * unit, hy - 0.5 * unit, 0.22);
      context.beginPath();
      context.moveTo(hx - 0.3 * unit, hy - 0.34 * unit);
      context.quadraticCurveTo(hx + 0.1 * unit, hy - 0.16 * unit, hx + 0.4 * unit, hy - 0.62 * unit);
      context.stroke();
    }
  }

  /** The flags of a short note at the end of its stem; `way` 1 where the stem goes up. */
  flags(x, y, count, way) {
    const { context, unit } = this;
    for (let flag = 0; flag < count; flag++) {
      const top = y + way * flag * 0.9 * unit;
      context.beginPath();
      context.moveTo(x, top);
      this.#curve(x, top, [0.1, -way * 0.9], [1.05, -way * 1.3], [0.6, -way * 2.6]);
      this.#curve(x, top, [0.75, -way * 1.6], [0.25, -way * 1.3], [0, -way * 1.05]);
      context.fill();
    }
  }
}

/** On the Catmull-Rom curve through `points`, `t` of the way after point `i`. */
function curved(points, i, t) {
  const at = (place) => points[Math.min(points.length - 1, Math.max(0, place))];
  const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
  return b.map((_, k) => {
    const [p, q, r, s] = [a[k], b[k], c[k], d[k]];
    const [second, third] = [2 * p - 5 * q + 4 * r - s, 3 * q - p - 3 * r + s];
    return 0.5 * (2 * q + (r - p) * t + second * t ** 2 + third * t ** 3);
  });
}
