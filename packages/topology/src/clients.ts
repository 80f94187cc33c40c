import { type CallOptions, Rtnetlink } from '@nsnet/netlink';
import type { Namespace } from '@nsnet/ns';

/** A client for each of two namespaces; the same one twice if they are the same. */
export interface Clients extends AsyncDisposable {
  readonly a: Rtnetlink;
  readonly b: Rtnetlink;
}

/** Opens both at once. When one can't be opened, the other is closed again. */
export async function openClients(a: Namespace, b: Namespace, options: CallOptions): Promise<Clients> {
  const places = a.equals(b) ? [a] : [a, b];
  const opened = await Promise.allSettled(places.map((namespace) => Rtnetlink.open({ namespace, ...options })));
  const clients = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async () => {
    await Promise.all(clients.map((client) => client.close()));
  };
  const [first, last] = [clients[0], clients.at(-1)];
  if (clients.length < places.length || first === undefined || last === undefined) {
    await close();
    throw opened.find((result) => result.status === 'rejected')?.reason;
  }
  return { a: first, b: last, [Symbol.asyncDispose]: close };
}
