import type { ActionId, ActionOutcome, ActionRequest } from '../../lambdas/shared/contracts/action.ts';
import type { Assessment, Cohort, Incident } from '../../lambdas/shared/contracts/incident.ts';
import { buildSignal } from './signal.ts';

export const receivedAt = '2026-05-06T07:05:31.000Z';

/** An incident of one execution. */
export function buildIncident(over: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-00000000000000000001',
    signal: buildSignal(),
    receivedAt,
    executionId: 'arn:aws:states:eu-central-1:123456789012:execution:Respond:first',
    ...over,
  };
}

/** One server at risk, all of it to be cut. */
export function buildCohort(over: Partial<Cohort> = {}): Cohort {
  return {
    id: 'c1',
    servers: ['i-0000000000000000a'],
    profile: 'general',
    service: null,
    answers: {
      lifeline: false,
      spreads: false,
      coreBusiness: false,
      securityRisk: true,
      underReview: false,
      overloaded: false,
    },
    evidence: {
      lifeline: 'no',
      spreads: 'no',
      coreBusiness: 'no',
      securityRisk: 'finding',
      underReview: 'no',
      overloaded: 'no',
    },
    cut: { scope: 'server' },
    byProfile: false,
    approval: null,
    expiresAt: null,
    goldenChannels: [],
    lifelineKinds: [],
    withoutStandby: null,
    securityGroupHints: [],
    handOver: null,
    ...over,
  };
}

export function buildRequest(over: Partial<ActionRequest> & { action?: ActionId } = {}): ActionRequest {
  return { action: 'revoke-security-groups', incident: buildIncident(), cohort: buildCohort(), ...over };
}

export function buildAssessment(over: Partial<Assessment> = {}): Assessment {
  return { outcome: 'incident', reason: 'finding', incident: buildIncident(), cohorts: [buildCohort()], ...over };
}

/** A verified network cut, one second after the event. */
export function buildOutcome(over: Partial<ActionOutcome> = {}): ActionOutcome {
  return {
    action: 'revoke-security-groups',
    cohortId: 'c1',
    status: 'verified',
    summary: '1 of 1 changes verified',
    counts: { planned: 1, verified: 1, failed: 0, refused: 0, connectionsCut: 0 },
    remarks: [],
    firstCallAt: '2026-05-06T07:05:32.000Z',
    verifiedAt: '2026-05-06T07:05:32.500Z',
    ...over,
  };
}
