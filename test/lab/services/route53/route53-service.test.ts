import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHealthCheckStatusCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import type { ChangeAction, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Route53Service } from '../../../../lab/services/route53/route53-service.ts';
import { toClientConfig } from '../client-config.ts';
import { startRoutingLab } from '../routing-lab.ts';
import type { RoutingLab } from '../routing-lab.ts';

const HostedZoneId = 'Z0000000000001';
const check = '00000000-0000-4000-8000-00000000000a';
const name = 'orders.lab.internal';

describe('Route 53', () => {
  let lab: RoutingLab;
  let client: Route53Client;

  beforeEach(async () => {
    lab = await startRoutingLab();
    client = new Route53Client(toClientConfig(lab.aws));
    lab.aws.route53.addHealthCheck({ id: check, address: '10.0.1.20', port: 8080 });
    const record = { name, ttlSeconds: 5 };
    const records = [
      { ...record, setIdentifier: 'primary', weight: 100, values: ['10.0.1.20'], healthCheckId: check },
      { ...record, setIdentifier: 'standby', weight: 0, values: ['10.0.2.20'] },
      { name: 'plain.lab.internal', ttlSeconds: 60, values: ['10.0.3.20'] },
    ];
    lab.aws.route53.addHostedZone({ id: HostedZoneId, name: 'lab.internal', records });
  });
  afterEach(async () => await lab.aws.stop());

  const toSet = (change: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
    Name: name,
    Type: 'A',
    SetIdentifier: 'standby',
    Weight: 100,
    TTL: 5,
    ResourceRecords: [{ Value: '10.0.2.20' }],
    ...change,
  });
  const change = async (...changes: readonly (readonly [ChangeAction, ResourceRecordSet])[]) =>
    await client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: { Changes: changes.map(([Action, set]) => ({ Action, ResourceRecordSet: set })) },
      }),
    );
  const addresses = async (asked = name) => (await lab.aws.route53.resolve(asked)).map(({ address }) => address);

  it('lists record sets by name from the last label on, and in pages', async () => {
    const page = { HostedZoneId, MaxItems: 2 };
    const first = await client.send(new ListResourceRecordSetsCommand(page));
    const { NextRecordName: StartRecordName, NextRecordType: StartRecordType } = first;
    const second = await client.send(new ListResourceRecordSetsCommand({ ...page, StartRecordName, StartRecordType }));

    expect(first.ResourceRecordSets).toEqual([
      toSet({
        Name: `${name}.`,
        SetIdentifier: 'primary',
        ResourceRecords: [{ Value: '10.0.1.20' }],
        HealthCheckId: check,
      }),
      toSet({ Name: `${name}.`, Weight: 0 }),
    ]);
    expect(first.IsTruncated).toBe(true);
    expect(second.ResourceRecordSets?.map(({ Name }) => Name)).toEqual(['plain.lab.internal.']);
    expect(second.IsTruncated).toBe(false);
  });

  it('shows a change at once, and clients see it after propagation and their TTL', async () => {
    const { ChangeInfo } = await change(
      ['UPSERT', toSet()],
      ['UPSERT', toSet({ SetIdentifier: 'primary', Weight: 0, ResourceRecords: [{ Value: '10.0.1.20' }] })],
    );
    const Id = ChangeInfo?.Id;
    expect(ChangeInfo?.Status).toBe('PENDING');
    expect(await addresses()).toEqual(['10.0.1.20']);

    await lab.aws.skipTime(60_000);

    expect((await client.send(new GetChangeCommand({ Id }))).ChangeInfo?.Status).toBe('INSYNC');
    expect(await addresses()).toEqual(['10.0.1.20']);
    await lab.aws.skipTime(5000);
    expect(await addresses()).toEqual(['10.0.2.20']);
  });

  it('changes all of a batch or nothing', async () => {
    const bad = toSet({ Name: 'orders.elsewhere.example' });

    await expect(change(['UPSERT', toSet()], ['UPSERT', bad])).rejects.toMatchObject({ name: 'InvalidChangeBatch' });

    const { ResourceRecordSets } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    expect(ResourceRecordSets?.map(({ Weight }) => Weight)).toEqual([100, 0, undefined]);
  });

  it.each([
    ['creates what is there already', 'CREATE', {}],
    ['deletes with other values', 'DELETE', { TTL: 6 }],
    ['mixes a simple set with weighted ones', 'UPSERT', { SetIdentifier: undefined, Weight: undefined }],
    ['names a weight without an identifier', 'UPSERT', { SetIdentifier: undefined }],
    ['gives an address that is none', 'UPSERT', { ResourceRecords: [{ Value: 'standby' }] }],
    ['names an unknown health check', 'UPSERT', { HealthCheckId: 'x' }],
  ] as const)('refuses a batch that %s', async (_, action, difference) => {
    const set = { ...toSet(), ...difference } as ResourceRecordSet;

    await expect(change([action, set])).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
  });

  it('refuses a weight over 255', async () => {
    await expect(change(['UPSERT', toSet({ Weight: 256 })])).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it.each([
    ['zone', 'NoSuchHostedZone', new ListResourceRecordSetsCommand({ HostedZoneId: 'Z9' })],
    ['change', 'NoSuchChange', new GetChangeCommand({ Id: 'C9' })],
    ['health check', 'NoSuchHealthCheck', new GetHealthCheckStatusCommand({ HealthCheckId: 'h' })],
  ] as const)('refuses an unknown %s', async (_, code, command) => {
    await expect(client.send(command as GetChangeCommand)).rejects.toMatchObject({ name: code });
  });

  it('tells the status of a health check from the host, and leaves out what fails it', async () => {
    const statusOf = async () =>
      (await client.send(new GetHealthCheckStatusCommand({ HealthCheckId: check }))).HealthCheckObservations?.map(
        ({ StatusReport }) => StatusReport?.Status?.split(':')[0],
      );
    expect(await statusOf()).toEqual(['Success', 'Success', 'Success']);

    lab.deaf.add('10.0.1.20');

    expect(await statusOf()).toEqual(['Failure', 'Failure', 'Failure']);
    // Nobody else has a weight: then all are taken to be healthy.
    expect(await addresses()).toEqual(['10.0.1.20']);
  });

  it('takes five requests a second where limits are in force', async () => {
    let now = 0;
    const service = new Route53Service({ throttles: true, now: () => now });
    service.addHostedZone({ id: 'Z1', name: 'a.example', records: [] });
    const list = async () =>
      await service.run('', undefined, {
        at: 0,
        service: 'route53',
        operation: 'ListResourceRecordSets',
        input: { HostedZoneId: 'Z1' },
        caller: 'a',
      });
    for (let count = 0; count < 5; count++) await list();

    await expect(list()).rejects.toMatchObject({ code: 'Throttling' });
    now = 1000;
    await list();
  });
});
