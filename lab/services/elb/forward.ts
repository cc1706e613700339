import * as z from 'zod/mini';
import { flag, listOf, wholeNumber } from '../wire/query-input.ts';
import { ServiceError, refuseUnsupported } from '../wire/service-error.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { findTargetGroup } from './find.ts';
import type { ElbModel, Forward } from './model.ts';

/** The actions of a listener or a rule; the lab knows `forward` alone. */
export const actionsSchema = listOf(
  z.strictObject({
    Type: z.string(),
    Order: z.optional(wholeNumber),
    TargetGroupArn: z.optional(z.string()),
    ForwardConfig: z.optional(
      z.strictObject({
        TargetGroups: listOf(z.strictObject({ TargetGroupArn: z.string(), Weight: z.optional(wholeNumber) })),
        TargetGroupStickinessConfig: z.optional(
          z.strictObject({ Enabled: z.optional(flag), DurationSeconds: z.optional(wholeNumber) }),
        ),
      }),
    ),
  }),
);

const largestWeight = 999;
const mostTargetGroups = 5;

/** Reads the one forward action; groups must exist and may not belong to another load balancer. */
export function readForward(
  model: ElbModel,
  actions: z.output<typeof actionsSchema>,
  loadBalancerArn: string,
): Forward {
  const [action] = actions;
  if (action === undefined || actions.length > 1) {
    throw new ServiceError('ValidationError', `Exactly one action is wanted, received '${actions.length}'`);
  }
  if (action.Type !== 'forward') refuseUnsupported('Elastic Load Balancing', 'actions', `type '${action.Type}'`);
  const forward = toForward(action);
  checkGroups(model, forward, loadBalancerArn);
  return forward;
}

type Action = z.output<typeof actionsSchema>[number];

/** Both ways of naming a group may be used at once only when they say the same. */
function toForward({ TargetGroupArn, ForwardConfig }: Action): Forward {
  const listed = ForwardConfig?.TargetGroups ?? [];
  const isContradiction =
    TargetGroupArn !== undefined &&
    ForwardConfig !== undefined &&
    (listed.length !== 1 || listed[0]?.TargetGroupArn !== TargetGroupArn);
  if (isContradiction || (TargetGroupArn === undefined && listed.length === 0)) {
    throw new ServiceError('InvalidLoadBalancerAction', 'A forward action needs target groups, said in one way');
  }
  const sticky = ForwardConfig?.TargetGroupStickinessConfig;
  return {
    targetGroups:
      listed.length === 0
        ? [{ targetGroupArn: TargetGroupArn ?? '', weight: 1 }]
        : listed.map((group) => ({ targetGroupArn: group.TargetGroupArn, weight: group.Weight ?? 1 })),
    ...(sticky !== undefined && {
      stickiness: { enabled: sticky.Enabled ?? false, durationSeconds: sticky.DurationSeconds },
    }),
  };
}

function checkGroups(model: ElbModel, { targetGroups }: Forward, loadBalancerArn: string): void {
  if (targetGroups.length > mostTargetGroups) {
    throw new ServiceError(
      'TooManyTargetGroups',
      `At most ${mostTargetGroups} groups, received '${targetGroups.length}'`,
    );
  }
  const arns = targetGroups.map(({ targetGroupArn }) => targetGroupArn);
  if (new Set(arns).size < arns.length) throw new ServiceError('ValidationError', 'A target group is named twice');
  for (const { targetGroupArn, weight } of targetGroups) {
    const group = findTargetGroup(model, targetGroupArn);
    if (weight < 0 || weight > largestWeight) {
      throw new ServiceError('ValidationError', `Weight must be between 0 and ${largestWeight}, received '${weight}'`);
    }
    const stranger = model.usersOf(group.arn).find(({ arn }) => arn !== loadBalancerArn);
    if (stranger === undefined) continue;
    throw new ServiceError(
      'TargetGroupAssociationLimit',
      `The target group '${group.arn}' is associated with another load balancer`,
    );
  }
}

/** The action as every Describe answers it: a single group stands in both places. */
export function viewForward({ targetGroups, stickiness }: Forward): readonly XmlStructure[] {
  const [first] = targetGroups;
  return [
    {
      Type: 'forward',
      TargetGroupArn: targetGroups.length === 1 ? first?.targetGroupArn : undefined,
      ForwardConfig: {
        TargetGroups: targetGroups.map(({ targetGroupArn, weight }) => ({
          TargetGroupArn: targetGroupArn,
          Weight: weight,
        })),
        TargetGroupStickinessConfig: {
          Enabled: stickiness?.enabled ?? false,
          DurationSeconds: stickiness?.durationSeconds,
        },
      },
    },
  ];
}
