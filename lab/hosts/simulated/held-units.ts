import type { UnitSpec } from '../machine.ts';
import type { Item } from './document-answer.ts';

/** What became of a unit, before a document gives it its own word. */
export type UnitEnd = Omit<Item, 'status'> & { readonly end: 'done' | 'already' | 'drifted' | 'failed' };

interface Note {
  readonly before: 'active' | 'inactive';
  phase: 'held' | 'undone';
}

/** Services or scheduled tasks of a simulated server, and which incident holds which of them down. */
export class HeldUnits {
  readonly #isActive: Map<string, boolean>;
  readonly #notes = new Map<string, Map<string, Note>>();

  constructor(units: readonly UnitSpec[] = []) {
    this.#isActive = new Map(units.map(({ name, active }) => [toPlainName(name), active]));
  }

  /** `active`, `inactive` or `missing`. */
  stateOf(name: string): string {
    const isActive = this.#isActive.get(toPlainName(name));
    return isActive === undefined ? 'missing' : isActive ? 'active' : 'inactive';
  }

  /** Takes a unit down for an incident; the first look of the incident is what it was before. */
  hold(incident: string, name: string): UnitEnd {
    const state = this.stateOf(name);
    if (state === 'missing') return { name, before: state, now: state, end: 'failed' };
    const isActive = state === 'active';
    const known = this.#notesOf(incident).get(toPlainName(name));
    const before = isActive ? 'active' : (known?.before ?? 'inactive');
    this.#notesOf(incident).set(toPlainName(name), { before, phase: 'held' });
    this.#isActive.set(toPlainName(name), false);
    return { name, before, now: 'inactive', end: isActive ? 'done' : 'already' };
  }

  /** Names of what an incident found active; null where it noted nothing at all. */
  listHeld(incident: string): readonly string[] | null {
    const notes = this.#notes.get(incident);
    return notes === undefined ? null : [...notes].flatMap(([name, { before }]) => (before === 'active' ? name : []));
  }

  /** Brings a unit back where it still is as the hold left it. */
  release(incident: string, name: string): UnitEnd {
    const note = this.#notesOf(incident).get(toPlainName(name));
    const end = this.#judge(incident, name, note);
    if (end === 'done') this.#isActive.set(toPlainName(name), true);
    const isOver = end === 'done' || end === 'already' || this.#isHeldByOthers(incident, name);
    if (note !== undefined && isOver) note.phase = 'undone';
    return { name, before: 'active', now: this.stateOf(name), end };
  }

  #judge(incident: string, name: string, note: Note | undefined): UnitEnd['end'] {
    if (this.stateOf(name) === 'missing') return 'drifted';
    if (this.stateOf(name) === 'active') return 'already';
    if (this.#isHeldByOthers(incident, name)) return 'drifted';
    // Stopped again by somebody since, or not running before either: nobody of us may start it.
    return note?.phase === 'undone' || note?.before === 'inactive' ? 'drifted' : 'done';
  }

  #isHeldByOthers(incident: string, name: string): boolean {
    return [...this.#notes].some(([other, notes]) => {
      const note = notes.get(toPlainName(name));
      return other !== incident && note?.phase === 'held' && note.before === 'active';
    });
  }

  #notesOf(incident: string): Map<string, Note> {
    const notes = this.#notes.get(incident) ?? new Map<string, Note>();
    this.#notes.set(incident, notes);
    return notes;
  }
}

/** The name a unit goes by, whatever a document puts before or behind it. */
export function toPlainName(name: string): string {
  return name.replace(/^(task|windows|timer|cron):/, '').replace(/\.(service|timer)$/, '');
}
