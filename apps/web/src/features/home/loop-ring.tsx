'use client';

import { useMediaQuery } from '@mantine/hooks';
import Link from 'next/link';
import { relativeTime } from '../../lib/time.ts';
import { useNow } from '../../lib/use-now.ts';
import {
  movingFlows,
  stationsOf,
  type Flow,
  type Health,
  type LoopSigns,
  type Station,
} from './loop-stations.ts';
import { LAYOUTS, type Layout } from './ring-layout.ts';

const HEALTH_WORDS: Record<Health, string> = {
  fine: 'fine',
  waiting: 'waiting',
  working: 'working',
  'needs-you': 'needs you',
  stale: 'stale',
};

interface LoopRingProps {
  signs: LoopSigns;
  slug: string;
}

/** The loop as one drawing that is also the way to its pages. */
export function LoopRing({ signs, slug }: LoopRingProps) {
  const now = useNow();
  // Drawn only after data has come, so there is no server's drawing to agree with.
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const layout = isNarrow ? LAYOUTS.narrow : LAYOUTS.wide;
  const stations = stationsOf(signs);
  const moving = movingFlows(signs);
  return (
    <nav aria-label="The loop">
      <svg
        className="home-ring"
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{ maxWidth: layout.width * 1.15 }}
      >
        <defs>
          <marker
            id="home-head"
            viewBox="0 0 10 10"
            refX="8"
            refY="5"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0L10 5L0 10z" fill="context-stroke" />
          </marker>
        </defs>
        {layout.arrows.map(({ flow, path }) => (
          <Arrow key={flow} flow={flow} path={path} isMoving={moving.has(flow)} />
        ))}
        {stations.map((station) => (
          <StationBox key={station.name} station={station} layout={layout} slug={slug} now={now} />
        ))}
      </svg>
    </nav>
  );
}

function Arrow({ flow, path, isMoving }: { flow: Flow; path: string; isMoving: boolean }) {
  return (
    <path
      className="home-arrow"
      data-flow={flow}
      data-moving={isMoving || undefined}
      d={path}
      fill="none"
      markerEnd="url(#home-head)"
    />
  );
}

interface StationBoxProps {
  station: Station;
  layout: Layout;
  slug: string;
  now: Date;
}

// Each text ends with a space, so that the link's name does not run together.
function StationBox({ station, layout, slug, now }: StationBoxProps) {
  const { width, height } = layout.box;
  const [cx, cy] = layout.centers[station.name];
  const [x, y] = [cx - width / 2, cy - height / 2];
  const { title, figure, unit, health, note, newestAt, progress } = station;
  const newest = newestAt === null ? 'never changed' : `changed ${relativeTime(new Date(newestAt), now)}`;
  const words = HEALTH_WORDS[health];
  return (
    <Link
      href={`/p/${slug}${station.path}`}
      className="home-station"
      data-health={health}
      data-station={station.name}
    >
      <rect className="home-box" x={x} y={y} width={width} height={height} rx="8" />
      <text className="home-title" x={x + 12} y={y + 22}>
        {`${title} `}
      </text>
      <g role="img" aria-label={words}>
        <HealthMark health={health} x={x + width - 16} y={y + 17} />
      </g>
      <text className="home-figure" x={x + 12} y={y + 48}>
        {`${figure} `}
        {!layout.isStacked && (
          <tspan className="home-unit" dx="2">
            {`${unit} `}
          </tspan>
        )}
      </text>
      {layout.isStacked && (
        <text className="home-unit" x={x + 12} y={y + 66}>
          {`${unit} `}
        </text>
      )}
      <text className="home-note" x={x + 12} y={y + height - 36}>
        {`${fit(layout.isStacked || health === 'fine' ? note : `${words}: ${note}`, width)} `}
      </text>
      <text className="home-newest" x={x + 12} y={y + height - 18}>
        {newest}
      </text>
      {progress !== null && (
        <>
          <rect className="home-track" x={x + 12} y={y + height - 8} width={width - 24} height="4" rx="2" />
          <rect
            className="home-done"
            x={x + 12}
            y={y + height - 8}
            width={(width - 24) * progress}
            height="4"
            rx="2"
          />
        </>
      )}
    </Link>
  );
}

/** Text in a drawing does not wrap. */
function fit(text: string, width: number): string {
  const room = Math.floor((width - 24) / 6.6);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

/** Each state has a shape of its own, so that colour is not needed to tell them apart. */
function HealthMark({ health, x, y }: { health: Health; x: number; y: number }) {
  switch (health) {
    case 'fine':
      return <path className="home-mark" d={`M${x - 5} ${y}l4 4l7 -8`} fill="none" strokeWidth="2" />;
    case 'waiting':
      return <circle className="home-mark" cx={x} cy={y} r="5" fill="none" strokeWidth="2" />;
    case 'working':
      return <path className="home-mark home-mark-full" d={`M${x - 5} ${y - 6}l10 6l-10 6z`} />;
    case 'needs-you':
      return <path className="home-mark home-mark-full" d={`M${x} ${y - 7}l7 13h-14z`} />;
    case 'stale':
      return <path className="home-mark" d={`M${x - 6} ${y - 6}h12v12h-12z`} fill="none" strokeWidth="2" />;
  }
}
