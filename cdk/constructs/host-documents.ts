import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { blockConnections, blockConnectionsOnWindows } from '../../documents/block-connections.ts';
import { collectState } from '../../documents/collect-state.ts';
import type { CommandDocumentContent } from '../../documents/command-document.ts';
import { detectTimeZones } from '../../documents/detect-time-zones.ts';
import { holdTask } from '../../documents/hold-task.ts';
import { holdTime } from '../../documents/hold-time.ts';
import { installSensor } from '../../documents/install-sensor.ts';
import { killConnections, killConnectionsOnWindows } from '../../documents/kill-connections.ts';
import { killSessions } from '../../documents/kill-sessions.ts';
import { releaseConnections } from '../../documents/release-connections.ts';
import { releaseSessions } from '../../documents/release-sessions.ts';
import { releaseTask } from '../../documents/release-task.ts';
import { releaseTime } from '../../documents/release-time.ts';
import { removeSensor } from '../../documents/remove-sensor.ts';
import { restoreTimeSource } from '../../documents/restore-time-source.ts';
import { resyncClock } from '../../documents/resync-clock.ts';
import { shedConnections } from '../../documents/shed-connections.ts';
import { startService } from '../../documents/start-service.ts';
import { stopService } from '../../documents/stop-service.ts';
import { switchTimeSource } from '../../documents/switch-time-source.ts';
import { digestDocument } from '../../lambdas/shared/document-digest.ts';

/** A command document as the functions name and pin it. */
export interface HostDocument {
  readonly name: string;
  readonly digest: string;
}

/** By construct id. Those that no function runs are there for people: to look, to block by hand, to switch a clock. */
const contents = {
  BlockConnections: blockConnections,
  BlockConnectionsOnWindows: blockConnectionsOnWindows,
  CollectState: collectState,
  DetectTimeZones: detectTimeZones,
  HoldTask: holdTask,
  HoldTime: holdTime,
  InstallSensor: installSensor,
  KillConnections: killConnections,
  KillConnectionsOnWindows: killConnectionsOnWindows,
  KillSessions: killSessions,
  ReleaseConnections: releaseConnections,
  ReleaseSessions: releaseSessions,
  ReleaseTask: releaseTask,
  ReleaseTime: releaseTime,
  RemoveSensor: removeSensor,
  RestoreTimeSource: restoreTimeSource,
  ResyncClock: resyncClock,
  ShedConnections: shedConnections,
  StartService: startService,
  StopService: stopService,
  SwitchTimeSource: switchTimeSource,
} as const satisfies Record<string, CommandDocumentContent>;

export type DocumentId = keyof typeof contents;

/** The commands that the fuse may run on hosts; it may run no others. Each is pinned by the digest of its content. */
export class HostDocuments extends Construct {
  private readonly made: Readonly<Record<DocumentId, HostDocument>>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const pairs = Object.entries(contents).map(([name, content]) => [name, this.add(name, content)]);
    this.made = Object.fromEntries(pairs) as Record<DocumentId, HostDocument>;
  }

  get(id: DocumentId): HostDocument {
    return this.made[id];
  }

  private add(id: string, content: CommandDocumentContent): HostDocument {
    const document = new CfnDocument(this, id, {
      content,
      documentFormat: 'JSON',
      documentType: 'Command',
      targetType: '/AWS::EC2::Instance',
      // A new version leaves the old one in place for commands that are under way; a replacement would not.
      updateMethod: 'NewVersion',
    });
    return { name: document.ref, digest: digestDocument(content) };
  }
}
