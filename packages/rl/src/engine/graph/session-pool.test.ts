import { describe, expect, it } from 'vitest';
import { SessionPool } from './session-pool.ts';

describe('the session pool', () => {
  it('closes what was unused for longest when the bytes are spent', () => {
    const closed: string[] = [];
    const holder = (name: string) => ({ closeSession: () => void closed.push(name) });
    const [a, b, c] = [holder('a'), holder('b'), holder('c')];
    const pool = new SessionPool(100);
    pool.use(a, 40);
    pool.use(b, 40);
    pool.use(a, 40);
    expect(closed).toEqual([]);
    pool.use(c, 50);
    expect(closed).toEqual(['b']);
    expect(pool.bytes).toBe(90);
  });

  it('lets one have more than the limit, alone', () => {
    const closed: string[] = [];
    const pool = new SessionPool(100);
    pool.use({ closeSession: () => void closed.push('small') }, 10);
    pool.use({ closeSession: () => void closed.push('large') }, 200);
    expect(closed).toEqual(['small']);
    expect(pool.bytes).toBe(200);
  });
});
