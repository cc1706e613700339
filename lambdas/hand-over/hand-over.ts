import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { ActionOutcome, ActionRequest } from '../shared/contracts/action.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { writeInstructions } from './write-instructions.ts';

export interface HandOverTools {
  readonly audit: Pick<AuditTable, 'putStep'>;
  readonly policy: Policy;
  readonly now: () => string;
}

/** Records what a person has to do; changes nothing anywhere. A repeat adds no second entry. */
export async function handOver(request: ActionRequest, { audit, policy, now }: HandOverTools): Promise<ActionOutcome> {
  const { action, incident, cohort } = request;
  const instructions = writeInstructions(request, policy);
  const outcome: ActionOutcome = {
    action,
    cohortId: cohort.id,
    status: 'handed-over',
    summary: instructions.join('. '),
    counts: { planned: 0, verified: 0, failed: 0, refused: 0, connectionsCut: 0 },
    remarks: [],
    firstCallAt: null,
    verifiedAt: null,
  };
  const key = { incidentId: incident.id, action, cohortId: cohort.id };
  await audit.putStep(key, '1-handed-over', { outcome, instructions, at: now(), executionId: incident.executionId });
  return outcome;
}
