import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../lab/latency/event-queue.ts';

describe('EventQueue', () => {
  it('hands out by time, and what is due together in the order it came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
        const queue = new EventQueue<number>();
        times.forEach((atMs, place) => queue.put(atMs, place));

        const taken = times.map(() => queue.take());

        const wanted = times
          .map((atMs, item) => ({ atMs, item }))
          .sort((left, right) => left.atMs - right.atMs || left.item - right.item);
        expect(taken.map((event) => ({ atMs: event?.atMs, item: event?.item }))).toEqual(wanted);
        expect(queue.take()).toBeUndefined();
      }),
    );
  });
});
