import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * The instance metadata service and CloudWatch on one loopback port, for tests of the sensor: answers metadata only to
 * who shows the token it gave, and writes down every other request as one line of JSON. While the file `refusing` is
 * beside its notes, CloudWatch answers 403.
 */
const [port = '', folder = ''] = process.argv.slice(2);

const sessionToken = 'AQAEALxyz';
const metadata: Readonly<Record<string, string>> = {
  '/latest/meta-data/instance-id': 'i-0000000000000001a',
  '/latest/meta-data/placement/region': 'eu-west-1',
  '/latest/meta-data/services/domain': 'amazonaws.com',
  '/latest/meta-data/iam/security-credentials/': 'sensor-role',
  '/latest/meta-data/iam/security-credentials/sensor-role': JSON.stringify(
    // Not real ones: the letters are those of real ones.
    { Code: 'Success', AccessKeyId: 'ASIASENSORTEST', SecretAccessKey: 'se/cret+of/test', Token: 'session/tok+en==' },
    null,
    2,
  ),
};

const server = createServer((request, response) => {
  const { method, url = '', headers } = request;
  if (method === 'PUT' && url === '/latest/api/token') {
    response.end(headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined ? '' : sessionToken);
    return;
  }
  if (url.startsWith('/latest/')) {
    const text = headers['x-aws-ec2-metadata-token'] === sessionToken ? metadata[url] : undefined;
    response.writeHead(text === undefined ? 401 : 200).end(text);
    return;
  }
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    appendFileSync(`${folder}/requests`, `${JSON.stringify({ method, url, headers, body })}\n`);
    response.writeHead(existsSync(`${folder}/refusing`) ? 403 : 200).end();
  });
});
server.listen(Number(port), '127.0.0.1', () => writeFileSync(`${folder}/up`, ''));
