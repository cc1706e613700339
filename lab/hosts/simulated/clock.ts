import { resyncClockParameters } from '../../../documents/resync-clock.ts';
import type { CommandResult } from '../host-world.ts';
import type { ClockSpec } from '../machine.ts';
import { answer } from './document-answer.ts';
import { readValues } from './read-environment.ts';
import type { Values } from './read-environment.ts';

// A network's answer is never exact, nor certain to the microsecond.
const steppedOffsetMs = 0.02;
const uncertaintyMs = 0.1;

/** The clock of a simulated server. */
export class SimulatedClock {
  readonly #spec: ClockSpec;
  #offsetMs: number;

  constructor(spec: ClockSpec) {
    this.#spec = spec;
    this.#offsetMs = spec.offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Steps it and says whether it stays right. */
  step(): boolean {
    this.#offsetMs = this.#spec.holds ? steppedOffsetMs : this.#spec.offsetMs;
    return this.#spec.holds;
  }
}

/** Answers `resync-clock` from the model, without its waits. */
export function resyncClock(clock: SimulatedClock | undefined, environment: Values): CommandResult {
  const values = readValues(environment, resyncClockParameters);
  const { incident = '', mode, source } = values;
  const head = { document: 'resync-clock', incident, mode, source, timeZone: '+0000' };
  if (clock === undefined) return answer(65, { ok: false, ...head, error: `Cannot measure against '${source}'` });
  const limitMs = Number(values['limitMs']);
  const isWithin = (): boolean => Math.abs(clock.offsetMs) + uncertaintyMs < limitMs;
  const before = { offsetBeforeMs: clock.offsetMs, boundBeforeMs: Math.abs(clock.offsetMs) + uncertaintyMs };
  if (mode === 'measure') {
    const nothing = {
      offsetAfterMs: null,
      boundAfterMs: null,
      stepped: false,
      stable: false,
      hardwareClock: 'untouched',
    };
    return answer(0, { ok: true, ...head, ...before, ...nothing, withinLimit: isWithin(), error: '' });
  }
  const stepped = !isWithin();
  const stable = stepped ? clock.step() && isWithin() : true;
  return answer(stable ? 0 : 1, {
    ok: stable,
    ...head,
    ...before,
    offsetAfterMs: clock.offsetMs,
    boundAfterMs: Math.abs(clock.offsetMs) + uncertaintyMs,
    withinLimit: isWithin(),
    stepped,
    repeated: false,
    readings: 1,
    stable,
    daemon: true,
    hardwareClock: stable ? 'written' : 'untouched',
    error: stable ? '' : 'The clock did not stay under the limit',
  });
}
