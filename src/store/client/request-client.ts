// Owns: the typed client: options to requests, responses to values, its root. Not here: how requests are sent
// (request-channel.ts), what the operations of a multi are in bytes (multi-requests.ts).

import type { AclEntry, Identity } from '../machine/types.ts';
import { ANY_VERSION, WATCHER_TYPES } from '../zookeeper/protocol/numbers.ts';
import { pathProblem } from '../zookeeper/protocol/paths.ts';
import type { Request } from '../zookeeper/protocol/requests.ts';
import type { Response } from '../zookeeper/protocol/responses.ts';
import { Chroot } from './chroot.ts';
import { bytesOf, createRequest, multiRequest, outcomesOf, readOutcomesOf } from './operations.ts';
import type { RequestChannel, SubmitOptions } from './request-channel.ts';
import type {
  AddWatchOptions,
  CreatedNode,
  CreateOptions,
  Data,
  MultiOperation,
  MultiOutcome,
  MultiRead,
  MultiReadOutcome,
  NodeAcl,
  NodeChildren,
  NodeData,
  ReadOptions,
  RemoveWatchesOptions,
  Stat,
  StoreClient,
  StoreState,
  Watch,
  WatchEvent,
  Watcher,
  WriteOptions,
} from './store-client.ts';
import { isStoreError, StoreError } from './store-error.ts';

const WATCHER_TYPE_OF = {
  children: WATCHER_TYPES.children,
  data: WATCHER_TYPES.data,
  persistent: WATCHER_TYPES.persistent,
  'persistent-recursive': WATCHER_TYPES.persistentRecursive,
  any: WATCHER_TYPES.any,
} as const;

/** The member of the union whose `op` can be `O`. */
type ResponseOf<O, R = Response> = R extends { readonly op: infer P } ? (O extends P ? R : never) : never;

export class RequestClient implements StoreClient {
  private readonly channel: RequestChannel;
  private readonly root: Chroot;

  /** `chroot`: a path that all paths of this client lie below, or ''. */
  constructor(channel: RequestChannel, chroot = '') {
    this.channel = channel;
    this.root = new Chroot(chroot);
  }

  get state(): StoreState {
    return this.channel.state;
  }

  get sessionId(): bigint {
    return this.channel.sessionId;
  }

  get sessionTimeoutMs(): number {
    return this.channel.sessionTimeoutMs;
  }

  get readOnly(): boolean {
    return this.channel.readOnly;
  }

  onState(listener: (state: StoreState) => void): () => void {
    return this.channel.onState(listener);
  }

  async create(path: string, data: Data = '', options: CreateOptions = {}): Promise<CreatedNode> {
    const request = createRequest(this.path('create', path, options.sequential), bytesOf(data), options);
    const created = await this.ask<'create2'>(request, {
      idempotent: options.idempotent === true,
      uniqueName: options.protected === true,
    });
    return { path: this.root.inner(created.path), stat: created.stat };
  }

  async delete(path: string, options: WriteOptions = {}): Promise<void> {
    await this.write({ op: 'delete', path: this.path('delete', path), version: versionOf(options) }, options);
  }

  async exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    try {
      return (await this.read<'exists'>('exists', path, options)).stat;
    } catch (error) {
      if (isStoreError(error, 'NONODE')) return undefined;
      throw error;
    }
  }

  async get(path: string, options: ReadOptions = {}): Promise<NodeData> {
    const { data, stat } = await this.read<'getData'>('getData', path, options);
    return { data: data ?? bytesOf(''), stat };
  }

  async set(path: string, data: Data, options: WriteOptions = {}): Promise<Stat> {
    const request = {
      op: 'setData',
      path: this.path('setData', path),
      data: bytesOf(data),
      version: versionOf(options),
    } as const;
    return (await this.write<'setData'>(request, options)).stat;
  }

  async children(path: string, options: ReadOptions = {}): Promise<NodeChildren> {
    const { children, stat } = await this.read<'getChildren2'>('getChildren2', path, options);
    return { children, stat };
  }

  async countDescendants(path: string): Promise<number> {
    const op = 'getAllChildrenNumber';
    return (await this.ask<typeof op>({ op, path: this.path(op, path) })).count;
  }

  async getAcl(path: string): Promise<NodeAcl> {
    const { acl, stat } = await this.ask<'getACL'>({ op: 'getACL', path: this.path('getACL', path) });
    return { acl, stat };
  }

  async setAcl(path: string, acl: readonly AclEntry[], options: WriteOptions = {}): Promise<Stat> {
    const request = {
      op: 'setACL',
      path: this.path('setACL', path),
      acl,
      version: versionOf(options),
    } as const;
    return (await this.write<'setACL'>(request, options)).stat;
  }

  async multi(operations: readonly MultiOperation[]): Promise<readonly MultiOutcome[]> {
    const request = multiRequest(operations, (path, sequential) => this.path('multi', path, sequential));
    const { results } = await this.ask<'multi'>(request);
    return outcomesOf(request, results, (path) => this.root.inner(path));
  }

  async multiRead(reads: readonly MultiRead[]): Promise<readonly MultiReadOutcome[]> {
    const operations = reads.map(({ type, path }) => ({
      op: type === 'get' ? ('getData' as const) : ('getChildren' as const),
      path: this.path('multiRead', path),
      watch: false,
    }));
    const { results } = await this.ask<'multiRead'>({ op: 'multiRead', operations });
    return readOutcomesOf(results);
  }

  async sync(path = '/'): Promise<void> {
    await this.ask<'sync'>({ op: 'sync', path: this.path('sync', path) });
  }

  async addWatch(path: string, { recursive = false, listener }: AddWatchOptions = {}): Promise<Watch> {
    const inner: Watcher | undefined = listener && ((event) => listener(this.innerEvent(event)));
    const watch = await this.channel.openWatch(this.path('addWatch', path), recursive, inner);
    return this.innerWatch(path, watch);
  }

  async removeWatches(path: string, { kind = 'any' }: RemoveWatchesOptions = {}): Promise<void> {
    const full = this.path('removeWatches', path);
    await this.ask<'removeWatches'>({ op: 'removeWatches', path: full, kind: WATCHER_TYPE_OF[kind] });
  }

  async ephemerals(prefix = '/'): Promise<readonly string[]> {
    const op = 'getEphemerals';
    const { paths } = await this.ask<typeof op>({ op, path: this.root.outer(prefix) });
    return paths.map((path) => this.root.inner(path));
  }

  async addAuth(scheme: string, auth: Data): Promise<void> {
    await this.channel.addAuth(scheme, bytesOf(auth));
  }

  async whoAmI(): Promise<readonly Identity[]> {
    return (await this.ask<'whoAmI'>({ op: 'whoAmI' })).identities;
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  /** The server's path. Throws BADARGUMENTS for what is none. */
  private path(operation: string, path: string, sequential = false): string {
    const problem = pathProblem(path, sequential);
    if (problem !== undefined) throw new StoreError('BADARGUMENTS', operation, path, { detail: problem });
    return this.root.outer(path, sequential);
  }

  /** The response to a request has its op; `create` is asked for as `create2` and its kin, whose responses are alike. */
  private async ask<O extends Response['op']>(
    request: Request,
    options?: SubmitOptions,
  ): Promise<ResponseOf<O>> {
    return (await this.channel.submit(request, options)) as ResponseOf<O>;
  }

  private write<O extends Response['op']>(request: Request, { idempotent = false }: WriteOptions) {
    return this.ask<O>(request, { idempotent });
  }

  private read<O extends 'exists' | 'getData' | 'getChildren2'>(op: O, path: string, options: ReadOptions) {
    const { watch, linearizable } = options;
    const full = this.path(op, path);
    if (linearizable !== true) return this.readNow<O>(op, full, watch);
    // Both leave together. If the sync fails, so does the read behind it, or it is not as new as was asked for.
    const synced = this.channel.submit({ op: 'sync', path: full });
    const answer = this.readNow<O>(op, full, watch);
    return Promise.all([answer, synced]).then(([value]) => value);
  }

  private readNow<O extends 'exists' | 'getData' | 'getChildren2'>(op: O, full: string, watch?: Watcher) {
    const request = { op, path: full, watch: watch !== undefined };
    if (watch === undefined) return this.ask<O>(request);
    return this.ask<O>(request, { watcher: (event) => watch(this.innerEvent(event)) });
  }

  private innerEvent(event: WatchEvent): WatchEvent {
    return { type: event.type, path: this.root.inner(event.path) };
  }

  private innerWatch(path: string, watch: Watch): Watch {
    return {
      path,
      recursive: watch.recursive,
      close: () => watch.close(),
      [Symbol.asyncIterator]: () => {
        const events = watch[Symbol.asyncIterator]();
        return {
          next: () =>
            events
              .next()
              .then((each) =>
                each.done === true ? each : { done: false, value: this.innerEvent(each.value) },
              ),
          return: () => watch.close().then(() => ({ done: true, value: undefined })),
        };
      },
    };
  }
}

function versionOf(options: WriteOptions): number {
  return options.version ?? ANY_VERSION;
}
