import { describe, expect, it } from 'vitest';
import { stripTemplate } from './strip-template.ts';
import type { Template } from './strip-template.ts';

const template: Template = {
  Description: 'stays',
  Resources: {
    Quarantine: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'shut' } },
    Kill: { Type: 'AWS::SSM::Document', Properties: { Content: {} } },
    Load: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [] } },
    Failed: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Failed' } },
    Cut: {
      Type: 'AWS::Lambda::Function',
      DependsOn: ['Kill', 'Failed'],
      Properties: { Environment: { group: { 'Fn::GetAtt': ['Quarantine', 'GroupId'] }, document: { Ref: 'Kill' } } },
    },
  },
};
const standIns = {
  Quarantine: { ref: 'sg-1', attributes: { GroupId: 'sg-1' } },
  Kill: { ref: 'kill', attributes: {} },
};

describe('stripTemplate', () => {
  it('takes out what the emulators do not know and names its stand-in instead', () => {
    const { Resources, Description } = stripTemplate(template, standIns);

    expect(Description).toBe('stays');
    expect(Resources).toEqual({
      Failed: template.Resources['Failed'],
      Cut: {
        Type: 'AWS::Lambda::Function',
        DependsOn: ['Failed'],
        Properties: { Environment: { group: 'sg-1', document: 'kill' } },
      },
    });
  });

  it('refuses a template that names what has no stand-in', () => {
    expect(() => stripTemplate(template, { Kill: standIns.Kill })).toThrow('"Quarantine.GroupId" was taken out');
  });
});
