import type { Recipe } from './draw.ts';

/** What is held after the garbage is gone, before the first input and after the last, and the most the process ever took. */
export interface Memory {
  readonly startMb: number;
  readonly endMb: number;
  readonly mostMb: number;
}

/** What a worker tells, a line of JSON each. */
export type Told =
  | { readonly kind: 'about'; readonly recipe: Recipe }
  | { readonly kind: 'fault'; readonly recipe: Recipe; readonly fault: string }
  | ({ readonly kind: 'done'; readonly inputs: number } & Memory);
