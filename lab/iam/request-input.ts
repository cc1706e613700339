import type * as z from 'zod/mini';
import type { Ec2Model } from '../services/ec2/model.ts';
import type { TagStore } from '../services/tag-store.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { IamRequest, RequestContext } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';

/** Where a call is made; resources that are only named in it are looked up here. An AwsLab is one. */
export interface CallSite {
  readonly accountId: string;
  readonly region: string;
  readonly ec2: { readonly model: Ec2Model };
  /** Needed for calls to load balancers only; without it they cannot be judged. */
  readonly elb?: { readonly model: { readonly tags: TagStore } };
  /** Needed for calls to Auto Scaling only. */
  readonly autoScaling?: {
    readonly model: { readonly groups: ReadonlyMap<string, { readonly arn: string }>; readonly tags: TagStore };
  };
}

/** Lists what AWS authorises for one operation. */
export type ToRequests = (call: ServiceCall, site: CallSite) => readonly IamRequest[];

/** A request in which no condition key is known: a policy that asks for one cannot be judged. */
export const noContext: RequestContext = { keys: {}, complete: [] };

/** Ties an operation to the part of its input that decides about its resources. */
export function defineRequests<Schema extends z.ZodMiniType>(
  schema: Schema,
  toRequests: (input: z.output<Schema>, site: CallSite, call: ServiceCall) => readonly IamRequest[],
): ToRequests {
  return (call, site) => {
    const parsed = schema.safeParse(call.input);
    if (parsed.success) return toRequests(parsed.data, site, call);
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []).map(String).join('.') || 'its input';
    throw new CallNotMappedError(
      `Could not tell what '${call.service}:${call.operation}' asks for: ${path}: ${issue?.message ?? ''}`,
    );
  };
}

/** For actions that know no resource in IAM. */
export function onNoResource(context: (site: CallSite) => RequestContext = () => noContext): ToRequests {
  return ({ service, operation }, site) => [
    { action: `${service}:${operation}`, resource: '*', context: context(site) },
  ];
}

/** The ARN of something that may be named by its ARN already. */
export function toArn({ region, accountId }: CallSite, service: string, prefix: string, name: string): string {
  return name.startsWith('arn:') ? name : `arn:aws:${service}:${region}:${accountId}:${prefix}${name}`;
}

/** Tags of a resource of a service that also knows them under a name of its own. */
export function taggedContext(tags: ReadonlyMap<string, string>, service: string): RequestContext {
  const families = ['aws:ResourceTag/', `${service}:ResourceTag/`];
  const keys = families.flatMap((family) => [...tags].map(([key, value]) => [`${family}${key}`, value] as const));
  return { keys: Object.fromEntries(keys), complete: families };
}
