import { holdTimeParameters } from '../../../documents/hold-time.ts';
import { releaseTimeParameters } from '../../../documents/release-time.ts';
import type { CommandResult } from '../host-world.ts';
import type { TimeSourceSpec } from '../machine.ts';
import { answer, conclude, type Item } from './document-answer.ts';
import { readValues, splitList, type Values } from './read-environment.ts';

interface Source extends TimeSourceSpec {
  isOnline: boolean;
}

/** What a hold changed on this host, by incident: the names it took offline, and the one it added. */
interface Note {
  readonly taken: readonly string[];
  readonly added: string | null;
  readonly isUndone: boolean;
}

const rightOffsetMs = 0.05;
const wrongOffsetMs = 200;

/** The time sources of a simulated server: who is believed, and what `hold-time` and `release-time` make of it. */
export class SimulatedTimeSources {
  #sources: Source[];
  readonly #notes = new Map<string, Note>();

  constructor(specs: readonly TimeSourceSpec[]) {
    this.#sources = specs.map((spec) => ({ ...spec, isOnline: true }));
  }

  /** The source that the clock follows; a majority of wrong ones is believed. Empty where none answers. */
  get selected(): string {
    const heard = this.#sources.filter(({ isOnline, answers }) => isOnline && answers !== 'silent');
    const wrong = heard.filter(({ answers }) => answers === 'wrong');
    const chosen = wrong.length > 1 ? wrong[0] : heard.find(({ answers }) => answers === 'right');
    return chosen?.name ?? '';
  }

  /** Which sources are asked, by name. */
  readStates(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#sources.map(({ name, isOnline }) => [name, isOnline ? 'online' : 'offline']));
  }

  hold(environment: Values): CommandResult {
    const { incident = '', backup = '', ...values } = readValues(environment, holdTimeParameters);
    const limitMs = Number(values['limitMs']);
    const names = splitList(values['sources']);
    // Whoever goes on alone is held against the hardware clock; a simulated one is right.
    const hardwareClock = backup.startsWith('holdover') ? 'agrees' : 'unread';
    const head = { document: 'hold-time', incident, backup, limitMs, hardwareClock, ...noGrowth };
    const watched = this.#sources
      .filter(({ name }) => names.includes(name))
      .map(({ name, isOnline, answers }) => ({
        name,
        answer: isOnline && answers !== 'silent' ? 'answers' : 'silent',
        state: 'as simulated',
      }));
    const end = (result: string, items: readonly Item[], error = '') =>
      answer(error === '' ? 0 : 1, {
        ok: error === '',
        ...head,
        result,
        watched,
        changed: items.length > 0,
        sources: items,
        selected: this.selected,
        boundMs: this.#offsetMs(),
        error,
      });
    if (names.includes(this.selected) && this.#offsetMs() <= limitMs) return end('kept', []);
    const [kind = '', target = ''] = backup.split(/:(.*)/);
    const isCarried = kind !== 'holdover' && this.selected === target && this.#offsetMs() <= limitMs;
    if (isCarried) return end('carried', []);
    return this.#switchOver(incident, { kind, target, names, limitMs }, end);
  }

  release(environment: Values): CommandResult {
    const { incident = '', changed } = readValues(environment, releaseTimeParameters);
    const note = this.#notes.get(incident);
    const head = { document: 'release-time', incident };
    if (note === undefined) {
      const error = changed === 'no' ? '' : 'No note on this host says what was held';
      return answer(error === '' ? 0 : 3, { ok: error === '', ...head, sources: [], error });
    }
    // As on a host the note stays: whoever asks again hears that it is done, and not that nothing is known.
    this.#notes.set(incident, { ...note, isUndone: true });
    const status = note.isUndone ? 'already-undone' : 'undone';
    if (!note.isUndone) this.#putBack(note);
    const names = [...note.taken, ...(note.added === null ? [] : [note.added])];
    return conclude(
      head,
      'sources',
      names.map((name) => ({ name, before: 'online', now: 'online', status })),
    );
  }

  #putBack(note: Note): void {
    for (const source of this.#sources) source.isOnline ||= note.taken.includes(source.name);
    this.#sources = this.#sources.filter(({ name }) => name !== note.added);
  }

  #switchOver(
    incident: string,
    order: {
      readonly kind: string;
      readonly target: string;
      readonly names: readonly string[];
      readonly limitMs: number;
    },
    end: (result: string, items: readonly Item[], error?: string) => CommandResult,
  ): CommandResult {
    const { kind, target, names, limitMs } = order;
    const before = this.#sources.map((source) => ({ ...source }));
    const isNew = kind === 'server' && !before.some(({ name }) => name === target);
    if (isNew) this.#sources.push({ name: target, answers: 'right', isOnline: true });
    const taken = this.#sources.filter(({ name, isOnline }) => names.includes(name) && isOnline && isAddress(name));
    for (const source of taken) source.isOnline = false;
    const isRight = kind === 'holdover' ? this.selected === '' : this.selected === target;
    if (!isRight || this.#offsetMs() > limitMs) {
      this.#sources = before;
      return end('failed', [], `Time does not come from the backup '${kind}'`);
    }
    this.#notes.set(incident, { taken: taken.map(({ name }) => name), added: isNew ? target : null, isUndone: false });
    return end(
      'switched',
      taken.map(({ name }) => ({ name, before: 'online', now: 'offline', status: 'taken-offline' })),
    );
  }

  #offsetMs(): number {
    const { selected } = this;
    return this.#sources.some(({ name, answers }) => name === selected && answers === 'wrong')
      ? wrongOffsetMs
      : rightOffsetMs;
  }
}

const noGrowth = { growthPpm: null, underLimitSeconds: null };

function isAddress(name: string): boolean {
  return /[.:]/.test(name);
}
