import { isIPv4 } from 'node:net';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { wholeNumber } from '../wire/query-input.ts';
import { normaliseName, toRecordKey } from './model.ts';
import type { HostedZone, RecordSet, Route53Model } from './model.ts';

const recordSetSchema = z.strictObject({
  Name: z.string(),
  Type: z.enum(['A', 'AAAA', 'CNAME', 'TXT', 'SRV']),
  SetIdentifier: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  Weight: z.optional(wholeNumber.check(z.refine((weight) => weight >= 0 && weight <= 255))),
  // Alias records have none; the lab has no aliases.
  TTL: wholeNumber.check(z.refine((seconds) => seconds >= 0)),
  ResourceRecords: z.strictObject({ ResourceRecord: z.array(z.strictObject({ Value: z.string() })) }),
  HealthCheckId: z.optional(z.string()),
});

/** A change batch as its XML reads. */
export const changeBatchSchema = z.strictObject({
  Comment: z.optional(z.string()),
  Changes: z.strictObject({
    Change: z
      .array(z.strictObject({ Action: z.enum(['CREATE', 'DELETE', 'UPSERT']), ResourceRecordSet: recordSetSchema }))
      .check(z.minLength(1), z.maxLength(1000)),
  }),
});

type Changes = z.output<typeof changeBatchSchema>['Changes']['Change'];

/** What the zone is after the batch; one change that fails refuses all of them. */
export function applyBatch(model: Route53Model, zone: HostedZone, changes: Changes): ReadonlyMap<string, RecordSet> {
  const records = new Map(zone.records);
  const complaints = changes.flatMap(({ Action, ResourceRecordSet }) => {
    const record = toRecordSet(ResourceRecordSet);
    const complaint = findComplaint(model, zone, records, record, Action);
    if (complaint !== undefined) return [complaint];
    if (Action === 'DELETE') records.delete(toRecordKey(record));
    else records.set(toRecordKey(record), record);
    return [];
  });
  if (complaints.length === 0) return records;
  throw new ServiceError('InvalidChangeBatch', `[${complaints.join(', ')}]`);
}

function toRecordSet(input: z.output<typeof recordSetSchema>): RecordSet {
  return {
    name: normaliseName(input.Name),
    type: input.Type,
    setIdentifier: input.SetIdentifier,
    weight: input.Weight,
    ttlSeconds: input.TTL,
    values: input.ResourceRecords.ResourceRecord.map(({ Value }) => Value),
    healthCheckId: input.HealthCheckId,
  };
}

function findComplaint(
  model: Route53Model,
  zone: HostedZone,
  records: ReadonlyMap<string, RecordSet>,
  record: RecordSet,
  action: Changes[number]['Action'],
): string | undefined {
  const { name, type, values, healthCheckId } = record;
  const where = `resource record set [name='${name}', type='${type}']`;
  const known = records.get(toRecordKey(record));
  if (action === 'DELETE') {
    if (known === undefined) return `Tried to delete ${where} but it was not found`;
    const isSame = JSON.stringify(known) === JSON.stringify(record);
    return isSame ? undefined : `Tried to delete ${where} but the values provided do not match the current values`;
  }
  if (action === 'CREATE' && known !== undefined) return `Tried to create ${where} but it already exists`;
  if (name !== zone.name && !name.endsWith(`.${zone.name}`))
    return `RRSet with DNS name ${name} is not permitted in zone ${zone.name}`;
  if (values.length === 0) return `${where} has no values`;
  if (type === 'A' && !values.every((value) => isIPv4(value)))
    return `Invalid Resource Record: '${values.join()}' is not a valid IPv4 address`;
  if (healthCheckId !== undefined && !model.healthChecks.has(healthCheckId))
    return `No health check '${healthCheckId}'`;
  return findClash(records, record);
}

/** Simple and weighted sets of one name exclude each other, and so do a CNAME and anything else. */
function findClash(records: ReadonlyMap<string, RecordSet>, record: RecordSet): string | undefined {
  const { name, type, setIdentifier, weight } = record;
  if ((setIdentifier === undefined) !== (weight === undefined)) {
    return `A weighted set needs SetIdentifier and Weight, received '${setIdentifier}' and '${weight}'`;
  }
  const others = [...records.values()].filter(
    (other) => other.name === name && toRecordKey(other) !== toRecordKey(record),
  );
  if (others.some((other) => other.type !== type && (other.type === 'CNAME' || type === 'CNAME'))) {
    return `RRSet of type ${type} with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name`;
  }
  const isMixed = others.some(
    (other) => other.type === type && (other.setIdentifier === undefined || setIdentifier === undefined),
  );
  return isMixed
    ? `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${setIdentifier} cannot be created as a non multivalue answer RRSet exists with the same name and type`
    : undefined;
}
