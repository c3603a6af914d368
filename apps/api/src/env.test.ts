import { describe, expect, test } from 'vitest';
import { readEnv } from './env.ts';

const GOOD = {
  DATABASE_URL: 'postgresql://rankloop:Zk3nv8s0qpLm@127.0.0.1:5432/rankloop',
  PUBLIC_URL: 'https://rank.example.org',
  RANKLOOP_DATA_DIR: '/var/lib/rankloop',
};

describe('the environment', () => {
  test('that is complete starts the server with safe defaults', () => {
    expect(readEnv(GOOD)).toMatchObject({
      host: '127.0.0.1',
      isDemo: false,
      trustProxy: false,
      metricsHost: '127.0.0.1',
      redisUrl: undefined,
    });
  });

  test.each([
    ['DATABASE_URL', undefined],
    ['DATABASE_URL', 'mysql://a:b@c/d'],
    ['DATABASE_URL', 'postgresql://postgres:postgres@127.0.0.1/rankloop'],
    ['DATABASE_URL', 'postgresql://rankloop:CHANGEME@127.0.0.1/rankloop'],
    ['PUBLIC_URL', undefined],
    ['PUBLIC_URL', 'rank.example.org'],
    ['RANKLOOP_DATA_DIR', undefined],
    ['PORT', '70000'],
    ['LOG_LEVEL', 'loud'],
    ['RANKLOOP_DEMO', 'yes'],
  ])('%s = %s is refused by name', (name, value) => {
    expect(() => readEnv({ ...GOOD, [name]: value })).toThrow(name);
  });

  test('never repeats a password in what it says', () => {
    const url = 'postgresql://postgres:postgres@127.0.0.1/rankloop';
    expect(() => readEnv({ ...GOOD, DATABASE_URL: url })).toThrow(
      /^DATABASE_URL has a password that everybody knows/,
    );
  });

  test('an empty variable is an absent one', () => {
    expect(readEnv({ ...GOOD, REDIS_URL: '', WEB_ORIGIN: '' }).redisUrl).toBeUndefined();
  });
});
