// Geometry of charts: ticks, paths. Pure, in pixels.

/** Round ticks that cover a range, about `want` of them. */
export function ticks(low: number, high: number, want = 4): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / want;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? raw;
  const out: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) {
    out.push(Math.abs(at) < step * 1e-9 ? 0 : Number(at.toPrecision(12)));
  }
  return out;
}

/** Drops decimals that say nothing: `+20.0` is `+20`, `70.0%` is `70%`. */
export function trimTick(text: string): string {
  return text.replace(/[.,]0{1,2}(?=\D*$)/, '');
}

/** Range of values with a little air, never of zero width. */
export function extent(values: number[], air = 0.08): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = (high - low) * air || Math.max(Math.abs(high) * 0.1, 1);
  return [low - pad, high + pad];
}

export function linear(domain: [number, number], range: [number, number]): (value: number) => number {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  return (value) => r0 + ((value - d0) / (d1 - d0 || 1)) * (r1 - r0);
}

type Point = { x: number; y: number } | null;

/** A line through the points; a null leaves a gap. */
export function linePath(points: Point[]): string {
  let pen = false;
  return points
    .map((point) => {
      if (!point) {
        pen = false;
        return '';
      }
      const word = pen ? 'L' : 'M';
      pen = true;
      return `${word}${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
    })
    .join('');
}

/** A filled band between two lines; each run without gaps is its own shape. */
export function bandPath(points: ({ x: number; top: number; bottom: number } | null)[]): string {
  let path = '';
  let run: { x: number; top: number; bottom: number }[] = [];
  const close = () => {
    if (run.length > 1) {
      const up = run.map((p) => `${p.x.toFixed(1)} ${p.top.toFixed(1)}`).join('L');
      const down = run.map((p) => `${p.x.toFixed(1)} ${p.bottom.toFixed(1)}`).reverse().join('L');
      path += `M${up}L${down}Z`;
    }
    run = [];
  };
  for (const point of points) {
    if (point) run.push(point);
    else close();
  }
  close();
  return path;
}

/** Evenly spaced positions of at most `want` labels out of `count`, the last included. */
export function labelStops(count: number, want: number): number[] {
  if (count <= 0) return [];
  if (count <= want) return Array.from({ length: count }, (_, at) => at);
  const last = count - 1;
  const step = Math.ceil(last / Math.max(want - 1, 1));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, at) => last - at * step).reverse();
}
