import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawMachine, listStates, readMachines } from '../../statemachines/draw.ts';

describe('drawMachine', () => {
  it.each(Object.entries(readMachines()))('draws every state and every way of %s', (_file, machine) => {
    const picture = drawMachine(machine);
    const states = listStates(machine);

    for (const [name] of states) expect(picture).toContain(`"${name}"`);
    const ways = states.reduce(
      (sum, [, state]) =>
        sum +
        (state.Choices ?? []).length +
        (state.Catch ?? []).length +
        (state.Default === undefined ? 0 : 1) +
        (state.Next === undefined ? 0 : 1),
      0,
    );
    expect(picture.match(/-->|-\.->/g)).toHaveLength(ways);
  });

  it.each(Object.entries(readMachines()))('finds %s within the size of the house', (file, machine) => {
    const path = join(import.meta.dirname, '..', '..', 'statemachines', file);

    expect(listStates(machine).length).toBeLessThanOrEqual(20);
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThanOrEqual(251);
  });
});
