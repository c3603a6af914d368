export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Point {
  x: number;
  y: number;
}

/** The place that a point lies in. Gaps are narrow: beside all places it is the one whose middle is nearest. */
export function placeUnder(point: Point, places: readonly (Box & { id: string })[]): string | null {
  const around = places.find((place) => isWithin(point, place));
  if (around !== undefined) return around.id;
  const distances = places.map((place) => distanceToMiddle(point, place));
  return places[distances.indexOf(Math.min(...distances))]?.id ?? null;
}

function isWithin({ x, y }: Point, { left, top, right, bottom }: Box): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}

function distanceToMiddle({ x, y }: Point, { left, top, right, bottom }: Box): number {
  return Math.hypot(x - (left + right) / 2, y - (top + bottom) / 2);
}
