// Runs inside a network namespace of its own, which has nothing but loopback: starts DynamoDB Local, which listens on
// every interface it finds, and lets its port out by a socket in the file system.
import { execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [socketPath = '', folder = ''] = process.argv.slice(2);
const port = 8000;

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const java = spawn(
  'java',
  [
    `-Djava.library.path=${folder}/DynamoDBLocal_lib`,
    '-jar',
    `${folder}/DynamoDBLocal.jar`,
    '-inMemory',
    '-sharedDb',
    '-disableTelemetry',
    '-port',
    String(port),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
java.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
java.once('exit', (status) => process.exit(status ?? 1));
process.once('SIGTERM', () => java.kill('SIGTERM'));
// Whoever started this one holds its standard input: when that ends, so does everything here.
process.stdin.once('end', () => java.kill('SIGKILL')).resume();

createServer((client) => {
  const upstream = connect(port, '127.0.0.1');
  client.pipe(upstream).pipe(client);
  for (const end of [client, upstream]) end.once('error', () => [client, upstream].forEach((one) => one.destroy()));
}).listen(socketPath);
