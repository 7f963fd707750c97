// Owns: what is told when the store cannot be reached, is none, or is asked for too much.

import { connect, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/base/errors.ts';
import { connectStore } from '../../../src/store/client/index.ts';
import { CLIENT_LIMITS } from '../../../src/store/client/limits.ts';
import { parseConnectString } from '../../../src/store/client/wire/servers.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../../services/certificate.ts';
import { freePorts } from '../../services/zookeeper.ts';
import { until, useClients } from './clients.ts';
import { FakeStore } from './fake-store.ts';

const servers: (Server | FakeStore)[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    if (server instanceof FakeStore) await server.stop();
    else server.close();
  }
});
// Hooks run from the last to the first: the clients are closed before their servers stop.
const clients = useClients();

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function fake(): Promise<FakeStore> {
  const server = await FakeStore.start();
  servers.push(server);
  return server;
}

const fail = (options: Parameters<typeof connectStore>[0]): Promise<MillraceError> =>
  connectStore(options).then(
    () => Promise.reject(new Error('it connected')),
    (error) => error,
  );

describe('connecting', () => {
  it('to nobody', async () => {
    const [port] = await freePorts(1);
    const error = await fail({ servers: `127.0.0.1:${port}`, connectLimitMs: 300 });
    expect(error).toBeInstanceOf(MillraceError);
    expect(error.code).toBe('MR_STORE_UNREACHABLE');
    expect(error.got).toContain(`127.0.0.1:${port}: connect ECONNREFUSED`);
  });

  it('to something that says nothing', async () => {
    const address = await listen(createServer());
    const error = await fail({ servers: address, connectLimitMs: 1_600, sessionTimeoutMs: 1_000 });
    expect(error.code).toBe('MR_STORE_UNREACHABLE');
    expect(error.got).toContain('did not answer within 1000 ms');
  });

  it('to something that hangs up', async () => {
    const address = await listen(createServer((socket) => socket.destroy()));
    const error = await fail({ servers: address, connectLimitMs: 300 });
    expect(error.code).toBe('MR_STORE_UNREACHABLE');
  });

  it.each([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a frame that is too short', '\0\0\0\x02xy'],
    ['a negative length', '\xff\xff\xff\xff'],
  ])('to %s fails at once', async (_, words) => {
    const address = await listen(
      createServer((socket) => socket.on('data', () => socket.write(words, 'latin1'))),
    );
    const start = performance.now();
    const error = await fail({ servers: address });
    expect(error.code).toBe('MR_STORE_NOT_ZOOKEEPER');
    expect(error.got).toContain(address);
    expect(performance.now() - start).toBeLessThan(CLIENT_LIMITS.connectLimitMs / 2);
  });

  it('goes on to the next server', async () => {
    const store = await fake();
    const bad = await listen(createServer((socket) => socket.on('data', () => socket.write('HTTP/1.1'))));
    for (let i = 0; i < 5; i++) await clients.open({ servers: `${bad},${store.address}` });
  });

  it.each([
    [{ servers: '' }],
    [{ servers: '127.0.0.1:0' }],
    [{ servers: '127.0.0.1:99999' }],
    [{ servers: 'a b:1' }],
    [{ servers: '127.0.0.1:1/a//b' }],
    [{ servers: '127.0.0.1:1', sessionTimeoutMs: 0 }],
    [{ servers: '127.0.0.1:1', inFlight: CLIENT_LIMITS.inFlight + 1 }],
  ])('with %j', async (options) => {
    expect((await fail(options)).code).toBe('MR_SETTING_INVALID');
  });

  it('reads connect strings as ZooKeeper does', () => {
    expect(parseConnectString('a:1, [::1]:2,c/app')).toEqual({
      servers: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
        { host: 'c', port: 2181 },
      ],
      chroot: '/app',
    });
    expect(parseConnectString('a/').chroot).toBe('');
  });
});

describe('TLS', () => {
  const wrapped = async (): Promise<string> => {
    const store = await fake();
    const [host = '', port] = store.address.split(':');
    return listen(
      createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (socket) => {
        const plain = connect(Number(port), host);
        for (const each of [socket, plain]) each.on('error', () => {});
        socket.pipe(plain).pipe(socket);
      }),
    );
  };

  it('carries the protocol', async () => {
    const store = await clients.open({
      servers: await wrapped(),
      tls: { ca: CERTIFICATE, servername: 'localhost' },
    });
    expect((await store.create('/a', 'x')).path).toBe('/a');
  });

  it('does not trust a certificate of unknown origin', async () => {
    const error = await fail({ servers: await wrapped(), tls: {}, connectLimitMs: 1_000 });
    expect(error.code).toBe('MR_STORE_UNREACHABLE');
    expect(error.got).toMatch(/self-signed|certificate/);
  });

  it('is not spoken to a plain server', async () => {
    const store = await fake();
    const error = await fail({ servers: store.address, tls: {}, connectLimitMs: 500, sessionTimeoutMs: 300 });
    expect(error.code).toBe('MR_STORE_UNREACHABLE');
  });
});

describe('asking for too much', () => {
  it('in one request is refused, and nothing else is disturbed', async () => {
    const server = await fake();
    const store = await clients.open({ servers: server.address });
    await expect(store.create('/a', new Uint8Array(CLIENT_LIMITS.requestBytes))).rejects.toMatchObject({
      code: 'BADARGUMENTS',
      outcome: 'not-done',
      message: expect.stringContaining('jute.maxbuffer'),
    });
    expect((await store.create('/a', 'x')).path).toBe('/a');
    expect(server.received).toEqual(['create2']);
  });

  it('in many: no more are sent than may be in flight, and no more wait than allowed', async () => {
    const server = await fake();
    server.timeoutMs = 60_000;
    const store = await clients.open({ servers: server.address, inFlight: 10 });
    server.mute = true;
    const calls = Array.from({ length: CLIENT_LIMITS.waiting + 11 }, () =>
      store.get('/a').catch((e) => e.code),
    );
    expect(await calls.at(-1)).toBe('THROTTLEDOP');
    await until(() => server.received.length >= 10, 'the requests');
    await expect(store.sync()).rejects.toMatchObject({ code: 'THROTTLEDOP', outcome: 'not-done' });
    expect(server.received.filter((op) => op === 'getData')).toHaveLength(10);
    await server.stop();
    await until(() => store.state === 'suspended', 'the loss');
  });
});

describe('a server that answers nonsense', () => {
  it('is left, and asked again on a new connection', async () => {
    const server = await fake();
    const store = await clients.open({ servers: server.address });
    const states: string[] = [];
    store.onState((state) => states.push(state));
    server.xidError = 5;
    expect((await store.create('/a', 'x')).path).toBe('/a');
    expect(states).toEqual(['suspended', 'connected']);
    expect(server.applied).toBe(1);
  });
});
