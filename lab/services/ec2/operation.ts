import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import type { Ec2Model } from './model.ts';

/** What the operations of EC2 share: the state, and how big an unasked-for page may get. */
export interface Ec2Desk {
  readonly model: Ec2Model;
  readonly pageLimit: number;
  /** Puts the effective rules in force on the hosts; called after every change. */
  readonly tellChanges: () => Promise<void>;
}

const dryRunMember = { DryRun: z.optional(z.enum(['true', 'false'])) };

/** A read: everything is in the answer. */
export function defineRead<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  read: (input: z.output<z.ZodMiniObject<Shape & typeof dryRunMember, z.core.$strict>>) => XmlStructure,
): Operation {
  return defineOperation(z.strictObject({ ...shape, ...dryRunMember }), (input) => {
    refuseDryRun(input as { readonly DryRun?: string });
    return read(input as never);
  });
}

/**
 * A change in two steps: `plan` checks everything and returns the change, which then happens at once or, under
 * `DryRun`, not at all. So a refused request has changed nothing.
 */
export function defineChange<Shape extends z.core.$ZodLooseShape>(
  desk: Ec2Desk,
  shape: Shape,
  plan: (input: z.output<z.ZodMiniObject<Shape & typeof dryRunMember, z.core.$strict>>) => () => XmlStructure,
): Operation {
  return defineOperation(z.strictObject({ ...shape, ...dryRunMember }), async (input) => {
    const change = plan(input as never);
    refuseDryRun(input as { readonly DryRun?: string });
    const answer = change();
    await desk.tellChanges();
    return answer;
  });
}

function refuseDryRun(input: { readonly DryRun?: string }): void {
  if (input.DryRun !== 'true') return;
  throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}
