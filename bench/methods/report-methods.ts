import { above } from '../lib/bar.ts';
import type { Report } from '../lib/report.ts';
import type { MethodLine } from './compare.ts';
import type { SeedInterval } from './statistics.ts';

/** Each method must be better than the base and than its random twin by the lower end of an interval. */
export function reportMethods(lines: readonly MethodLine[], report: Report): void {
  for (const { world, method, goldOverBase, goldOverTwin, proxyOverBase, kl, adjusted } of lines) {
    const add = (figure: string, unit: string, value: number, bar?: ReturnType<typeof above>) => {
      report.add({ figure: `${world}, ${method}: ${figure}`, unit, value, ...(bar && { bar }) });
    };
    add('gold win rate over the base', '%', 50 + goldOverBase.mean);
    add('its lower 95 % bound', '%', 50 + goldOverBase.low, above(50));
    add('its upper 95 % bound', '%', 50 + goldOverBase.high);
    add("gold win rate less its twin's", 'points', goldOverTwin.mean);
    add('the same, lower 95 % bound', 'points', goldOverTwin.low, above(0));
    add('the same, upper 95 % bound', 'points', goldOverTwin.high);
    add('larger p after Holm', 'of 1', Math.max(adjusted.overBase, adjusted.overTwin));
    add('gold difference to the base found 4 times in 5', 'points', goldOverBase.detectable);
    add(`proxy win rate over the base${range(proxyOverBase, 50, 1)}`, '%', 50 + proxyOverBase.mean);
    add(`KL from the base${range(kl, 0, 2)}`, 'nats', kl.mean);
  }
}

const range = ({ low, high }: SeedInterval, above: number, digits: number): string =>
  ` (95 %: ${(above + low).toFixed(digits)} .. ${(above + high).toFixed(digits)})`;
