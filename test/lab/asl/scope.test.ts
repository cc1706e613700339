import { describe, expect, it } from 'vitest';

import { StateFailure } from '../../../lab/asl/failure.ts';
import { Scope } from '../../../lab/asl/scope.ts';

const large = 'x'.repeat(200 * 1024);

describe('Scope', () => {
  it('shows inner variables over outer ones and leaves the outer ones alone', () => {
    const outer = new Scope(undefined, { a: 1, b: 1 });
    const inner = new Scope(outer, { b: 2 });

    expect([inner.visible(), outer.visible()]).toEqual([
      { a: 1, b: 2 },
      { a: 1, b: 1 },
    ]);
  });

  it('counts a variable once however often it is set', () => {
    const scope = new Scope();

    for (let time = 0; time < 60; time += 1) scope.assign({ same: large }, 'A');

    expect(scope.visible()).toEqual({ same: large });
  });

  it('counts the variables of all scopes together and gives back those of a closed one', () => {
    const outer = new Scope();
    const fill = (scope: Scope, count: number): void => {
      for (let index = 0; index < count; index += 1) scope.assign({ [`v${index}`]: large }, 'A');
    };
    fill(outer, 30);
    const inner = new Scope(outer);
    fill(inner, 20);
    inner.close();

    const other = new Scope(outer);
    fill(other, 20);

    expect(() => fill(new Scope(outer), 2)).toThrow(StateFailure);
  });
});
