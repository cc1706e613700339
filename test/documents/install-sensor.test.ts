import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { installSensor, installSensorParameters, installSensorScript } from '../../documents/install-sensor.ts';
import { addressValues, common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'install-sensor',
  content: installSensor,
  parameters: installSensorParameters,
  script: installSensorScript,
  valid: {
    incident: 'setup',
    source: '169.254.169.123',
    homeCidrs: '',
    nightHours: '22:00-05:00',
    ports: '80 443',
    zombieSeconds: '60',
    receiveOnlySeconds: '0',
    endpoint: '',
    deadlineSeconds: '60',
  },
  hostile: {
    ...common.hostile,
    source: ['', ...addressValues.hostile],
    homeCidrs: ['10.0.0.1,10.0.0.2', '10.0.0.0/33', '10.0.0.1  10.0.0.2', '10.0.0.1 ', '::/1', 'office'],
    nightHours: ['', '22-05', '22:00', '24:00-05:00', '22:60-05:00', '22:00-5:00', '22:00-05:00 ', '22:00-05:00\n'],
    ports: ['', '0', '080', '65536', '80,443', '80  443', 'http'],
    zombieSeconds: ['', '0', '01', '10000', '-1', '1.5'],
    receiveOnlySeconds: ['', '-1', '01', '604801', '1.5'],
    endpoint: [
      'http://monitoring.eu-west-1.amazonaws.com',
      'https://evil.example',
      'https://amazonaws.com.evil.example',
      'https://evil.example/amazonaws.com',
      'https://user@monitoring.eu-west-1.amazonaws.com',
      'https://monitoring.eu-west-1.amazonaws.com/path',
      'https://monitoring.eu-west-1.amazonaws.com:8443',
      'https://monitoringXamazonaws.com',
      'http://127.0.0.1',
      'http://127.0.0.1:0',
      'http://127.0.0.10:80',
      'file:///etc/shadow',
    ],
  },
  good: {
    ...common.good,
    source: addressValues.good,
    homeCidrs: ['', '10.0.0.0/8', '10.0.0.0/8 fd00::/8 203.0.113.7'],
    nightHours: ['22:00-05:00', '00:00-23:59', '01:30-02:00'],
    ports: ['80', '80 443', '65535'],
    zombieSeconds: ['1', '60', '9999'],
    receiveOnlySeconds: ['0', '600', '604800'],
    endpoint: [
      '',
      'https://monitoring.eu-west-1.amazonaws.com',
      'https://vpce-0a1.monitoring.cn-north-1.vpce.amazonaws.com.cn',
      'https://monitoring.eu-west-1.api.aws',
      'http://127.0.0.1:8123',
    ],
  },
  malformed: { source: addressValues.malformed, nightHours: ['05:00-05:00'] },
});

describe('the sensor inside install-sensor', () => {
  it('is the sensor as it lies in the documents, whole, and of a size that can be read', () => {
    const sensor = readFileSync(new URL('../../documents/linux/sensor.sh', import.meta.url), 'utf8');
    const [, installed] = /<<'SENSOR'\n([\s\S]*?)\nSENSOR\n/.exec(installSensorScript) ?? [];

    // Delivered without its comments, as every script is.
    expect(`${installed}\n`).toBe(sensor.replaceAll(/^[ \t]*# .*\n|^\n/gm, ''));
    expect(sensor.split('\n').length).toBeLessThanOrEqual(150);
  });
});
