// Owns: what a test wants to go wrong: which executions and writes fail, which are late. Not here: applying it (test-plan.ts).
// Invariant: orders of one component are looked at in the order in which they were given; each is used up once it has
// served its number of times.

/** Which executions an order is about. */
export interface Aim {
  /** How many of them; default 1. */
  readonly times?: number;
  /** Only those whose input this accepts. */
  readonly when?: (value: unknown) => boolean;
}

/** What happens to an execution. */
export type Disturbance =
  | { readonly kind: 'fail'; readonly error: unknown }
  | { readonly kind: 'delay'; readonly ms: number };

interface Order {
  readonly disturbance: Disturbance;
  readonly when: ((value: unknown) => boolean) | undefined;
  left: number;
}

export class Interference {
  private readonly orders = new Map<string, Order[]>();

  add(component: string, disturbance: Disturbance, { times = 1, when }: Aim): void {
    const orders = this.orders.get(component) ?? [];
    orders.push({ disturbance, when, left: times });
    this.orders.set(component, orders);
  }

  clear(component: string): void {
    this.orders.delete(component);
  }

  /** What happens to the execution of one value. */
  forValue(component: string, value: unknown): Disturbance | null {
    return this.take(component, (order) => order.when === undefined || order.when(value));
  }

  /** What happens to a whole write; orders with `when` are about single values of it. */
  forWrite(component: string): Disturbance | null {
    return this.take(component, (order) => order.when === undefined);
  }

  /** The error that a write refuses one value of its batch with. */
  refusalOf(component: string, value: unknown): Disturbance | null {
    return this.take(
      component,
      ({ when, disturbance }) => disturbance.kind === 'fail' && when?.(value) === true,
    );
  }

  private take(component: string, fits: (order: Order) => boolean): Disturbance | null {
    const orders = this.orders.get(component);
    const order = orders?.find((one) => one.left > 0 && fits(one));
    if (orders === undefined || order === undefined) return null;
    order.left--;
    if (order.left <= 0) orders.splice(orders.indexOf(order), 1);
    return order.disturbance;
  }
}
