// Owns: things that several connectors of one run share (a log, a client): one per key, closed in reverse order of opening.

/** Key of the embedded log of the data folder. */
export const LOG_RESOURCE = 'log/embedded';

interface Closable {
  close(): Promise<void> | void;
}

export class SharedResources {
  private readonly byKey = new Map<string, Promise<Closable>>();
  private readonly opened: Closable[] = [];

  async get<R extends Closable>(key: string, open: () => Promise<R>): Promise<R> {
    const known = this.byKey.get(key);
    // Whoever uses a key agrees on its type: keys are prefixed with the connector's folder.
    if (known !== undefined) return (await known) as R;
    const opening = open().then((resource) => {
      this.opened.push(resource);
      return resource;
    });
    this.byKey.set(key, opening);
    return await opening;
  }

  /** Closes all of them, and throws the first error if there was one. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const resource of this.opened.splice(0).reverse()) {
      try {
        await resource.close();
      } catch (error) {
        errors.push(error);
      }
    }
    this.byKey.clear();
    if (errors.length > 0) throw errors[0];
  }
}
