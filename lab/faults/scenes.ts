import { sensorDetailType, sensorSource } from '../../lambdas/shared/signals/parse-sensor.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { labAccountId, labRegion } from '../lab.ts';
import type { Scenario, ScenarioServer } from '../scenario.ts';

/** A red line of a profile, or overload, on one simulated server, as its sensor reports it. */
export interface SceneSpec {
  readonly name: string;
  readonly kind: string;
  readonly profile: string;
  /** Of the sensor's word. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly peers: ScenarioServer['peers'];
  readonly machine: NonNullable<ScenarioServer['machine']>;
  /** Names of the peers that are cut. */
  readonly cut: readonly string[];
}

const peer = { connections: 3, direction: 'in', golden: false, allowed: 'anyone' } as const;
const customers = { ...peer, name: 'customers', address: '198.51.100.30' } as const;
const desk = { ...peer, name: 'desk', address: '198.51.100.31', port: 9443 } as const;

/** The danger scenes of the specification, section 2, each with all that its profile stops, holds and sets right. */
export const scenes = {
  /** Wrong prices: the service stays down until somebody looked. */
  trading: {
    name: 'trading',
    kind: 'abnormal-orders',
    profile: 'trading',
    peers: [{ ...customers, port: 8080 }, desk],
    machine: {
      platform: 'Linux',
      services: [{ name: 'trading-engine', active: true }],
      clock: { offsetMs: 40, holds: true },
    },
    cut: ['customers'],
  },
  /** A clock that is off: once it is right again, port and service come back by themselves. */
  clock: {
    name: 'trading-clock',
    kind: 'clock-offset',
    profile: 'trading',
    detail: { value: 40, unit: 'ms' },
    peers: [{ ...customers, port: 8080 }, desk],
    machine: {
      platform: 'Linux',
      services: [{ name: 'trading-engine', active: true }],
      clock: { offsetMs: 40, holds: true },
    },
    cut: [],
  },
  medical: {
    name: 'medical',
    kind: 'unauthorised-access',
    profile: 'medical',
    detail: { ports: [8080] },
    peers: [{ ...customers, port: 8080 }, desk],
    machine: {
      platform: 'Windows',
      services: [{ name: 'MSSQLSERVER', active: true }],
      tasks: [{ name: 'DataSync', active: true }],
      clock: { offsetMs: 9000, holds: true },
    },
    cut: ['customers'],
  },
  logistics: {
    name: 'logistics',
    kind: 'order-state-backwards',
    profile: 'logistics',
    peers: [
      { ...customers, port: 5432, session: { user: 'orders', isReplication: false, inTransaction: false } },
      desk,
    ],
    machine: { platform: 'Linux', database: { engine: 'postgresql' } },
    cut: ['customers'],
  },
  overload: {
    name: 'shedding',
    kind: 'overload',
    profile: 'general',
    detail: { value: 97, unit: '%', seconds: 600 },
    peers: [
      { ...customers, port: 443, connections: 36 },
      { ...peer, name: 'batch', address: '198.51.100.32', port: 8085, connections: 14 },
    ],
    machine: { platform: 'Linux' },
    cut: ['batch'],
  },
} satisfies Record<string, SceneSpec>;

/** In connections. Without the lowest class the load of the scene is at the low mark: none of it stays. */
export const sheddingMarks = { load: 'connections', highMark: 45, lowMark: 36 };

const instanceId = 'i-0a000000000000c01';

/** A scenario of one scene; how it has to end is what its clean play ends in. */
export function toScenario({ name, kind, profile, detail = {}, peers, machine, cut }: SceneSpec): Scenario {
  const tags = { [tagKeys.profile]: profile };
  const server = { id: instanceId, address: '10.0.12.20', tags, interfaces: 1, peers: [...peers], machine };
  const event = {
    id: '7f0b6a52-0a51-4c55-9d8e-000000000c01',
    source: sensorSource,
    'detail-type': sensorDetailType,
    account: labAccountId,
    region: labRegion,
    time: '2026-03-04T09:20:05Z',
    detail: { instanceId, kind, observedAt: '2026-03-04T09:20:04Z', signalId: 'signal', ...detail },
  };
  const expect = { outcome: 'contained' as const, path: [], entries: {}, cut: [...cut] };
  return { name, description: '', mode: 'armed', servers: [server], event, expect };
}
