import type { Lanes } from './lanes.ts';

/** Space of a lane, and where the dot of a row is, in pixels. */
const LANE = 16;
const MIDDLE = 8;
/** More lanes than these are not drawn: the column "Comes from" says the same in words. */
const MOST = 12;

/** The lines of one row of the tree. The column beside it says the same in words. */
export function TreeCell({ lanes, count, isCurrent }: { lanes: Lanes; count: number; isCurrent: boolean }) {
  const { own, through, joins, hasChild, hasParent } = lanes;
  const x = (lane: number) => Math.min(lane, MOST) * LANE + MIDDLE;
  return (
    <span aria-hidden="true">
      <span className="ckp-space" style={{ width: Math.min(count, MOST + 1) * LANE }} />
      <span className="ckp-lanes">
        {through.map((lane) => (
          <i key={lane} className="ckp-line" style={{ left: x(lane), top: 0, bottom: 0 }} />
        ))}
        {joins.map((lane) => (
          <i key={lane} className="ckp-join" style={{ left: x(own), width: x(lane) - x(own) }} />
        ))}
        {hasChild && <i className="ckp-line ckp-above" style={{ left: x(own) }} />}
        {hasParent && <i className="ckp-line ckp-below" style={{ left: x(own) }} />}
        <i className="ckp-dot" data-current={isCurrent} style={{ left: x(own) }} />
      </span>
    </span>
  );
}
