import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { CommandDocumentContent } from '../../documents/command-document.ts';
import { killConnections } from '../../documents/kill-connections.ts';
import { releaseConnections } from '../../documents/release-connections.ts';
import { digestDocument } from '../../lambdas/shared/document-digest.ts';

/** A command document as the functions name and pin it. */
export interface HostDocument {
  readonly name: string;
  readonly digest: string;
}

/** The commands that the fuse may run on hosts; it may run no others. Each is pinned by the digest of its content. */
export class HostDocuments extends Construct {
  readonly killConnections: HostDocument;
  readonly releaseConnections: HostDocument;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.killConnections = this.add('KillConnections', killConnections);
    this.releaseConnections = this.add('ReleaseConnections', releaseConnections);
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
