import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type AnyMessage,
  addressMessage,
  linkMessage,
  neighbourMessage,
  nsidMessage,
  routeMessage,
  ruleMessage,
} from '@nsnet/netlink/messages';

/** Folder of the captures, by the name of the folder inside: what its files hold. */
export const messages: Readonly<Record<string, AnyMessage>> = {
  link: linkMessage,
  address: addressMessage,
  route: routeMessage,
  neighbour: neighbourMessage,
  rule: ruleMessage,
  nsid: nsidMessage,
};

/** A message as it was on the wire, behind its `nlmsghdr`. */
export interface Fixture {
  /** `route/multipath-reply`. */
  readonly name: string;
  readonly message: AnyMessage;
  readonly bytes: Uint8Array;
  /** Written by the kernel, not by a program. */
  readonly fromKernel: boolean;
}

/** `test/fixtures`, seen from the compiled tests. */
export const fixturesFolder = resolve(import.meta.dirname, '../../fixtures');

/** The bytes in the text of a `.hex` file: pairs of digits; what follows a `#` is for people. */
export function parseHexFile(text: string): Uint8Array {
  const digits = text.replaceAll(/#.*/g, '').replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error('not hexadecimal');
  return Buffer.from(digits, 'hex');
}

/** Every capture in `test/fixtures`. */
export function readFixtures(): Fixture[] {
  return Object.entries(messages).flatMap(([folder, message]) =>
    readdirSync(join(fixturesFolder, folder))
      .filter((file) => file.endsWith('.hex'))
      .sort()
      .map((file) => {
        const text = readFileSync(join(fixturesFolder, folder, file), 'utf8');
        return {
          name: `${folder}/${file.replace('.hex', '')}`,
          message,
          bytes: parseHexFile(text),
          fromKernel: /^# RTM_\w+ from the kernel/m.test(text),
        };
      }),
  );
}

/** The text of a `.hex` file: comments, then the bytes with one line per attribute, each named by the schema. */
export function formatHexFile(comments: readonly string[], message: AnyMessage, bytes: Uint8Array): string {
  const lines: string[] = comments.map((comment) => `# ${comment}`);
  for (let from = 0; from < bytes.length; ) {
    const path = message.pathAt(bytes, from);
    let to = from + 4;
    while (to < bytes.length && message.pathAt(bytes, to) === path) to += 4;
    to = Math.min(to, bytes.length);
    lines.push(`# ${path ?? 'padding'}`, ...hexLines(bytes.subarray(from, to)));
    from = to;
  }
  return `${lines.join('\n')}\n`;
}

function hexLines(bytes: Uint8Array): string[] {
  const words =
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,8}/g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 8) lines.push(`  ${words.slice(at, at + 8).join(' ')}`);
  return lines;
}
