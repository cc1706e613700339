import type { Ask } from '../../lambdas/shared/actions/action.ts';

/** A guard that has no objection. */
export const letThrough: Ask = async () => Promise.resolve();
