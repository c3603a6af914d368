import { describe, expect, test } from 'vitest';
import { explainDatabaseError } from './explain-database-error.ts';

const URL = 'postgresql://ada:hidden@db.example:5433/loop';
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('explainDatabaseError', () => {
  test.each([
    ['ECONNREFUSED', 'Nothing answers at db.example:5433'],
    ['ENOTFOUND', 'db.example:5433'],
    ['28P01', 'user "ada"'],
    ['3D000', 'no database "loop"'],
    ['53100', 'disk'],
    ['53300', 'no connection left'],
  ])('%s becomes a sentence that names what to look at', (code, part) => {
    expect(explainDatabaseError(withCode(code), URL)).toContain(part);
  });

  test('the password is never part of it', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', '28P01', '3D000', '42501', '57P03'])
      expect(explainDatabaseError(withCode(code), URL)).not.toContain('hidden');
  });

  test('a host with several addresses is explained by the first failure', () => {
    const error = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]);
    expect(explainDatabaseError(error, URL)).toContain('Nothing answers');
  });

  test('an address of another kind says what is expected', () => {
    expect(explainDatabaseError(new Error('x'), 'mysql://host/db')).toContain('postgresql://');
  });

  test('an error that is not about the connection is left alone', () => {
    expect(explainDatabaseError(new TypeError('x is not a function'), URL)).toBeUndefined();
  });
});
