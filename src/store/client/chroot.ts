// Owns: a client's own root: paths as its user sees them, and as the server does.

export class Chroot {
  /** '' for none, else a path. */
  private readonly root: string;

  constructor(root: string) {
    this.root = root === '/' ? '' : root;
  }

  /** A sequential node of `/` is a child of the root, not a neighbour of it with digits. */
  outer(path: string, sequential = false): string {
    if (this.root === '') return path;
    return path === '/' && !sequential ? this.root : this.root + path;
  }

  /** A path of the server; '/' for the root itself. */
  inner(path: string): string {
    if (this.root === '') return path;
    if (path === this.root) return '/';
    return path.startsWith(`${this.root}/`) ? path.slice(this.root.length) : path;
  }
}
