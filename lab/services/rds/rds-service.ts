import * as z from 'zod/mini';
import { LabSetupError } from '../setup-error.ts';
import { cutTokenPage, listOf, wholeNumber } from '../wire/query-input.ts';
import type { PageRules } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { XmlItems } from '../wire/xml.ts';
import { defineFailOvers, findCluster, findInstance } from './fail-over.ts';
import { RdsModel } from './model.ts';
import { viewCluster, viewInstance } from './views.ts';

/** Where the emulated RDS lies. */
export interface RdsServiceProps {
  readonly accountId: string;
  readonly region: string;
  /** Default: the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Told after every call that may have changed where connections go. Default: nobody is. */
  readonly onRouteChange?: (() => Promise<void>) | undefined;
}

/** An instance to begin with: one with a standby in another zone, or a member of a cluster. */
export interface DbInstanceSeed {
  readonly id: string;
  readonly engine: string;
  readonly port: number;
  /** The first is where it is; a second one is where its standby waits. */
  readonly places: readonly { readonly availabilityZone: string; readonly address: string }[];
  readonly clusterId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A cluster to begin with; its members are added as instances. The first member writes. */
export interface DbClusterSeed {
  readonly id: string;
  readonly engine: string;
  readonly port: number;
  readonly members: readonly { readonly id: string; readonly availabilityZone: string; readonly address: string }[];
  readonly tags?: Readonly<Record<string, string>>;
}

const codes: InputErrorCodes = { invalid: 'InvalidParameterValue', missing: 'MissingParameter' };
const pageRules: PageRules = {
  smallest: 20,
  largest: 100,
  usual: 100,
  sizeCode: 'InvalidParameterValue',
  tokenCode: 'InvalidParameterValue',
};
const pageMembers = { MaxRecords: z.optional(wholeNumber), Marker: z.optional(z.string()) };
const filtersSchema = z.optional(
  listOf(z.strictObject({ Name: z.string(), Values: listOf(z.string(), 'Value') }), 'Filter'),
);

/** The RDS of the lab: Multi-AZ instances and clusters, and how they fail over. */
export class RdsService implements AwsService {
  readonly name = 'rds';
  readonly wire: Wire = { kind: 'query', scope: 'rds', namespace: 'http://rds.amazonaws.com/doc/2014-10-31/' };
  readonly model: RdsModel;
  readonly #operations: Readonly<Record<string, Operation>>;
  readonly #onRouteChange: (() => Promise<void>) | undefined;

  constructor({ accountId, region, now = Date.now, onRouteChange }: RdsServiceProps) {
    this.model = new RdsModel(accountId, region, now);
    this.#onRouteChange = onRouteChange;
    this.#operations = {
      DescribeDBInstances: describeInstances(this.model),
      DescribeDBClusters: describeClusters(this.model),
      ...defineFailOvers(this.model),
    };
  }

  async run(operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    const result = await runOperation('RDS', this.#operations, call, codes);
    if (!operation.startsWith('Describe')) await this.#onRouteChange?.();
    return result;
  }

  addInstance(seed: DbInstanceSeed): string {
    const { id, engine, port, places, clusterId, tags } = seed;
    const [first, second] = places;
    if (first === undefined) throw new LabSetupError(`Could not add database '${id}': it needs an availability zone`);
    const arn = this.#toArn('db', id);
    this.model.instances.set(id, {
      id,
      arn,
      engine,
      port,
      multiAz: second !== undefined,
      availabilityZone: first.availabilityZone,
      secondaryAvailabilityZone: second?.availabilityZone,
      clusterId,
      addresses: Object.fromEntries(places.map(({ availabilityZone, address }) => [availabilityZone, address])),
    });
    this.model.tags.set(arn, tags);
    return arn;
  }

  addCluster(seed: DbClusterSeed): string {
    const { id, engine, port, members, tags } = seed;
    const [writer] = members;
    if (writer === undefined) throw new LabSetupError(`Could not add database cluster '${id}': it needs members`);
    for (const { id: member, ...place } of members) {
      this.addInstance({ id: member, engine, port, places: [place], clusterId: id });
    }
    const arn = this.#toArn('cluster', id);
    const memberIds = members.map((member) => member.id);
    this.model.clusters.set(id, { id, arn, engine, port, memberIds, writerId: writer.id });
    this.model.tags.set(arn, tags);
    return arn;
  }

  /** Where the endpoint of an instance or the writer endpoint of a cluster leads now; nowhere during a fail-over. */
  endpointOf(id: string): string | undefined {
    this.model.settle();
    const cluster = this.model.clusters.get(id);
    const instance = this.model.instances.get(cluster?.writerId ?? id);
    if (instance === undefined || instance.failOver !== undefined || cluster?.failOver !== undefined) return undefined;
    return instance.addresses[instance.availabilityZone];
  }

  #toArn(kind: 'db' | 'cluster', id: string): string {
    return `arn:aws:rds:${this.model.region}:${this.model.accountId}:${kind}:${id}`;
  }
}

function describeInstances(model: RdsModel): Operation {
  const schema = z.strictObject({
    DBInstanceIdentifier: z.optional(z.string()),
    Filters: filtersSchema,
    ...pageMembers,
  });
  return defineOperation(schema, ({ DBInstanceIdentifier, Filters, MaxRecords, Marker }) => {
    model.settle();
    const asked =
      DBInstanceIdentifier === undefined ? [...model.instances.values()] : [findInstance(model, DBInstanceIdentifier)];
    const kept = asked.filter(({ id, arn, clusterId = '', engine }) =>
      meetsFilters(Filters, {
        'db-instance-id': [id, arn],
        'db-cluster-id': [clusterId, model.clusters.get(clusterId)?.arn ?? ''],
        engine: [engine],
      }),
    );
    const { things, next } = cutTokenPage(kept, pageRules, MaxRecords, Marker);
    const views = things.map((instance) => viewInstance(model, instance));
    return { DBInstances: new XmlItems('DBInstance', views), Marker: next };
  });
}

function describeClusters(model: RdsModel): Operation {
  const schema = z.strictObject({
    DBClusterIdentifier: z.optional(z.string()),
    Filters: filtersSchema,
    ...pageMembers,
  });
  return defineOperation(schema, ({ DBClusterIdentifier, Filters, MaxRecords, Marker }) => {
    model.settle();
    const asked =
      DBClusterIdentifier === undefined ? [...model.clusters.values()] : [findCluster(model, DBClusterIdentifier)];
    const kept = asked.filter(({ id, arn, engine }) =>
      meetsFilters(Filters, { 'db-cluster-id': [id, arn], engine: [engine] }),
    );
    const { things, next } = cutTokenPage(kept, pageRules, MaxRecords, Marker);
    return {
      DBClusters: new XmlItems(
        'DBCluster',
        things.map((cluster) => viewCluster(model, cluster)),
      ),
      Marker: next,
    };
  });
}

function meetsFilters(
  filters: z.output<typeof filtersSchema>,
  values: Readonly<Record<string, readonly string[]>>,
): boolean {
  return (filters ?? []).every(({ Name, Values }) => {
    const own = values[Name];
    if (own === undefined) throw new ServiceError('InvalidParameterValue', `Unrecognized filter name: ${Name}`);
    return Values.some((value) => own.includes(value));
  });
}
