import t from 'tap';
import { littleEndian } from '../wire/align.ts';
import { Reader } from '../wire/reader.ts';
import { readDone, readError, type Verdict } from './ack.ts';
import { hex, join } from './datagrams.test.helper.ts';
import { MessageFlag } from './header.ts';

const skip = littleEndian ? false : 'the bytes below are those of a little-endian machine';
const { ackTlvs, capped, multi } = MessageFlag;

/** Request of 32 bytes (`RTM_GETLINK`, `struct ifinfomsg`), as an error echoes it unless it is capped. */
const header = hex(`
  20 00 00 00  # nlmsg_len 32
  12 00        # RTM_GETLINK
  05 00        # NLM_F_REQUEST | NLM_F_ACK
  07 00 00 00  # nlmsg_seq
  00 00 00 00  # nlmsg_pid
`);
const ifinfomsg = hex('00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00');
const nodev = hex('ed ff ff ff  # -ENODEV');
const range = hex('de ff ff ff  # -ERANGE');
const success = hex('00 00 00 00');

const sentence = hex(`
  0a 00 01 00        # NLMSGERR_ATTR_MSG
  6e 6f 20 77 61 00  # 'no wa'
  00 00
`);
const place = hex(`
  08 00 02 00  # NLMSGERR_ATTR_OFFS
  20 00 00 00  # 32
`);
const policy = hex(`
  14 00 04 80  # NLMSGERR_ATTR_POLICY, nested
  08 00 01 00  # NL_POLICY_TYPE_ATTR_TYPE
  0c 00 00 00  # NL_ATTR_TYPE_NUL_STRING
  08 00 07 00  # NL_POLICY_TYPE_ATTR_MAX_LENGTH
  0f 00 00 00  # 15
`);
const missing = hex(`
  08 00 05 00  # NLMSGERR_ATTR_MISS_TYPE
  03 00 00 00
  08 00 06 00  # NLMSGERR_ATTR_MISS_NEST
  28 00 00 00
`);
const truncated = hex(`
  ff 00 01 00  # NLMSGERR_ATTR_MSG of 255 bytes, of which 1 is there
  6e 00 00 00
`);
const wrongSize = hex(`
  06 00 02 00  # NLMSGERR_ATTR_OFFS of 2 bytes
  20 00 00 00
`);
const unknown = hex(`
  08 00 63 00  # attribute 99
  01 02 03 04
`);

/** `nlmsg_len` of the echoed header set to something else. */
function lying(length: number): Uint8Array {
  const bytes = header.slice();
  new DataView(bytes.buffer).setUint32(0, length, littleEndian);
  return bytes;
}

type Row = [name: string, flags: number, payload: Uint8Array, verdict: Verdict];
const plain = (errno: number): Verdict => ({ errno, extended: undefined });

const errors: Row[] = [
  ['an ack, capped', capped, join(success, header), plain(0)],
  ['an ack with the request', 0, join(success, header, ifinfomsg), plain(0)],
  ['an error alone', capped, join(nodev, header), plain(19)],
  ['an error with the request', 0, join(nodev, header, ifinfomsg), plain(19)],
  [
    'capped, then the sentence',
    capped | ackTlvs,
    join(nodev, header, sentence),
    { errno: 19, extended: { msg: 'no wa' } },
  ],
  [
    'the request, then the sentence',
    ackTlvs,
    join(nodev, header, ifinfomsg, sentence),
    { errno: 19, extended: { msg: 'no wa' } },
  ],
  [
    'everything the kernel can say',
    capped | ackTlvs,
    join(range, header, sentence, place, policy),
    { errno: 34, extended: { msg: 'no wa', offs: 32, policy: { type: 12, maxLength: 15 } } },
  ],
  [
    'what is missing',
    capped | ackTlvs,
    join(range, header, missing),
    { errno: 34, extended: { missType: 3, missNest: 40 } },
  ],
  ['a warning on success', capped | ackTlvs, join(success, header, sentence), { errno: 0, extended: { msg: 'no wa' } }],
  [
    'an attribute of a newer kernel',
    capped | ackTlvs,
    join(nodev, header, unknown, place),
    { errno: 19, extended: { offs: 32 } },
  ],
  [
    'an attribute of the wrong size',
    capped | ackTlvs,
    join(nodev, header, wrongSize, sentence),
    { errno: 19, extended: { msg: 'no wa' } },
  ],
  ['TLVs announced, none there', capped | ackTlvs, join(nodev, header), { errno: 19, extended: {} }],
  ['TLVs there, not announced', capped, join(nodev, header, sentence), plain(19)],
  ['a TLV longer than the message', capped | ackTlvs, join(nodev, header, truncated), plain(19)],
  ['not even an error', 0, hex(''), plain(74)],
  ['a piece of an error', ackTlvs, hex('ed ff ff'), plain(74)],
  ['an error without header', capped | ackTlvs, nodev, plain(19)],
  ['an error with a piece of a header', capped | ackTlvs, join(nodev, header.subarray(0, 12)), plain(19)],
  ['the largest errno there can be', 0, join(hex('00 00 00 80'), header), plain(0x80000000)],
  ...[0, 1, 15, 33, 49, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffd, 0xffffffff].map(
    (length): Row => [`echoed nlmsg_len ${length}`, ackTlvs, join(nodev, lying(length), ifinfomsg), plain(19)],
  ),
];

const dones: Row[] = [
  ['nothing', multi, hex(''), plain(0)],
  ['success', multi, success, plain(0)],
  ['an error', multi, nodev, plain(19)],
  ['a positive number is no error', multi, hex('05 00 00 00'), plain(0)],
  ['a piece of a number', multi, hex('ed ff'), plain(0)],
  [
    'the sentence is right behind the error',
    multi | ackTlvs,
    join(nodev, sentence),
    { errno: 19, extended: { msg: 'no wa' } },
  ],
  [
    'sentence and place',
    multi | ackTlvs,
    join(range, sentence, place),
    { errno: 34, extended: { msg: 'no wa', offs: 32 } },
  ],
  ['TLVs announced, nothing there', multi | ackTlvs, hex(''), plain(0)],
  ['a TLV longer than the message', multi | ackTlvs, join(nodev, truncated), plain(19)],
];

for (const [name, read, rows] of [
  ['NLMSG_ERROR', readError, errors],
  ['NLMSG_DONE', readDone, dones],
] as const) {
  t.test(name, { skip }, async (t) => {
    for (const [what, flags, payload, verdict] of rows) {
      // In the middle of other bytes, which must not matter.
      for (const around of [0x00, 0xff]) {
        const bytes = new Uint8Array(payload.length + 16).fill(around);
        bytes.set(payload, 8);
        t.same(read(new Reader(bytes), flags, 8, 8 + payload.length), verdict, what);
      }
    }
  });
}
