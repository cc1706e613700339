import * as z from 'zod/mini';
import { nobodyAnswers } from '../probe-target.ts';
import type { ProbeTarget } from '../probe-target.ts';
import { wholeNumber } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { XmlItems } from '../wire/xml.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { applyBatch, changeBatchSchema } from './apply-batch.ts';
import { Route53Model, normaliseName, propagationMs, toRecordKey } from './model.ts';
import type { Change, HealthCheck, HostedZone, RecordSet } from './model.ts';
import { readRequest } from './read-request.ts';
import { replaceRecords, passes, resolveName } from './resolve-name.ts';
import type { Answer } from './resolve-name.ts';
import { RequestRate } from './request-rate.ts';

/** What the emulated Route 53 asks of others. */
export interface Route53ServiceProps {
  /** Default: nobody answers a health check. */
  readonly probe?: ProbeTarget | undefined;
  /** Default: the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Whether five requests a second are the limit, as on AWS. Default: false. */
  readonly throttles?: boolean | undefined;
}

const codes: InputErrorCodes = { invalid: 'InvalidInput', missing: 'InvalidInput' };
const mostItems = 300;

/** The Route 53 of the lab: hosted zones, their records, changes on their way and health checks. */
export class Route53Service implements AwsService {
  readonly name = 'route53';
  readonly wire: Wire = {
    kind: 'rest-xml',
    scope: 'route53',
    namespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
    read: readRequest,
  };
  readonly model: Route53Model;
  readonly #rate: RequestRate | undefined;
  readonly #operations: Readonly<Record<string, Operation>>;

  constructor({ probe = nobodyAnswers, now = Date.now, throttles = false }: Route53ServiceProps = {}) {
    this.model = new Route53Model(probe, now);
    this.#rate = throttles ? new RequestRate(now) : undefined;
    this.#operations = {
      ListResourceRecordSets: listRecordSets(this.model),
      ChangeResourceRecordSets: changeRecordSets(this.model),
      GetChange: defineOperation(z.strictObject({ Id: z.string() }), ({ Id }) => {
        const change = this.model.changes.get(Id);
        if (change === undefined) throw new ServiceError('NoSuchChange', `No change found with ID: ${Id}`, 404);
        return { ChangeInfo: viewChange(this.model, change) };
      }),
      GetHealthCheckStatus: getHealthCheckStatus(this.model),
    };
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    this.#rate?.take();
    return await runOperation('Route 53', this.#operations, call, codes);
  }

  /** Adds a zone whose records everybody has seen already. */
  addHostedZone(seed: {
    readonly id: string;
    readonly name: string;
    readonly records: readonly RecordSetSeed[];
  }): void {
    const records = seed.records.map(toSeeded).map((record) => [toRecordKey(record), record] as const);
    this.model.zones.set(seed.id, {
      id: seed.id,
      name: normaliseName(seed.name),
      records: new Map(records),
      former: [],
    });
  }

  addHealthCheck(check: HealthCheck): void {
    this.model.healthChecks.set(check.id, check);
  }

  /** Where clients that ask for a name now are sent. */
  async resolve(name: string): Promise<readonly Answer[]> {
    return await resolveName(this.model, name);
  }
}

/** A record set to begin with. Default: simple, without a health check. */
export interface RecordSetSeed {
  readonly name: string;
  readonly type?: string;
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
  readonly healthCheckId?: string;
}

function toSeeded({ name, type = 'A', setIdentifier, weight, healthCheckId, ...rest }: RecordSetSeed): RecordSet {
  return { name: normaliseName(name), type, setIdentifier, weight, ...rest, healthCheckId };
}

function findZone(model: Route53Model, id: string): HostedZone {
  const zone = model.zones.get(id);
  if (zone === undefined) throw new ServiceError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
  return zone;
}

function listRecordSets(model: Route53Model): Operation {
  const schema = z.strictObject({
    HostedZoneId: z.string(),
    StartRecordName: z.optional(z.string()),
    StartRecordType: z.optional(z.string()),
    StartRecordIdentifier: z.optional(z.string()),
    MaxItems: z.optional(wholeNumber.check(z.refine((count) => count >= 1))),
  });
  return defineOperation(schema, (input) => {
    const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = input;
    if ((type !== undefined && name === undefined) || (identifier !== undefined && type === undefined)) {
      throw new ServiceError('InvalidInput', 'A type needs a name, and an identifier needs a type');
    }
    const start =
      name === undefined ? '' : toSortKey({ name: normaliseName(name), type: type ?? '', setIdentifier: identifier });
    const sorted = [...findZone(model, input.HostedZoneId).records.values()]
      .toSorted((one, other) => (toSortKey(one) < toSortKey(other) ? -1 : 1))
      .filter((record) => toSortKey(record) >= start);
    // More than 300 are taken as 300.
    const size = Math.min(input.MaxItems ?? mostItems, mostItems);
    const next = sorted[size];
    return {
      ResourceRecordSets: new XmlItems('ResourceRecordSet', sorted.slice(0, size).map(viewRecordSet)),
      IsTruncated: next !== undefined,
      NextRecordName: next?.name,
      NextRecordType: next?.type,
      NextRecordIdentifier: next?.setIdentifier,
      MaxItems: size,
    };
  });
}

/** Names are ordered by their labels from the last to the first. */
function toSortKey({ name, type, setIdentifier = '' }: Pick<RecordSet, 'name' | 'type' | 'setIdentifier'>): string {
  return [name.split('.').toReversed().join(' '), type, setIdentifier].join('\u0001');
}

function changeRecordSets(model: Route53Model): Operation {
  const schema = z.strictObject({ HostedZoneId: z.string(), ChangeBatch: changeBatchSchema });
  return defineOperation(schema, ({ HostedZoneId, ChangeBatch }) => {
    const zone = findZone(model, HostedZoneId);
    replaceRecords(model, zone, applyBatch(model, zone, ChangeBatch.Changes.Change));
    const id = `C${String(model.changes.size + 1).padStart(20, '0')}`;
    const change = { id, submittedAt: model.now(), comment: ChangeBatch.Comment };
    model.changes.set(id, change);
    return { ChangeInfo: viewChange(model, change) };
  });
}

function getHealthCheckStatus(model: Route53Model): Operation {
  return defineOperation(z.strictObject({ HealthCheckId: z.string() }), async ({ HealthCheckId }) => {
    if (!model.healthChecks.has(HealthCheckId)) {
      throw new ServiceError('NoSuchHealthCheck', `A health check with id ${HealthCheckId} does not exist.`, 404);
    }
    const isPassing = await passes(model, HealthCheckId);
    const StatusReport = {
      Status: isPassing
        ? 'Success: TCP connection established'
        : 'Failure: The TCP connection could not be established',
      CheckedTime: new Date(model.now()),
    };
    const regions = ['us-east-1', 'us-west-2', 'eu-west-1'];
    const observations = regions.map((Region, index) => ({ Region, IPAddress: `15.177.0.${index + 1}`, StatusReport }));
    return { HealthCheckObservations: new XmlItems('HealthCheckObservation', observations) };
  });
}

function viewRecordSet({
  name,
  type,
  setIdentifier,
  weight,
  ttlSeconds,
  values,
  healthCheckId,
}: RecordSet): XmlStructure {
  return {
    Name: name,
    Type: type,
    SetIdentifier: setIdentifier,
    Weight: weight,
    TTL: ttlSeconds,
    ResourceRecords: new XmlItems(
      'ResourceRecord',
      values.map((Value) => ({ Value })),
    ),
    HealthCheckId: healthCheckId,
  };
}

function viewChange(model: Route53Model, { id, submittedAt, comment }: Change): XmlStructure {
  return {
    Id: `/change/${id}`,
    Status: model.now() - submittedAt >= propagationMs ? 'INSYNC' : 'PENDING',
    SubmittedAt: new Date(submittedAt),
    Comment: comment,
  };
}
