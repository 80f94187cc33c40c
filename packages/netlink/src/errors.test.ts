import t from 'tap';
import {
  ClosedError,
  DecodeError,
  DumpInterruptedError,
  EncodeError,
  NetlinkError,
  type NetlinkFailure,
  OverrunError,
  TimeoutError,
} from './errors.ts';

t.test('every error has a name and a code to switch on', async (t) => {
  const rows: [error: Error, name: string, code: string][] = [
    [new EncodeError({ path: 'a', reason: 'is wrong' }), 'EncodeError', 'ERR_NETLINK_ENCODE'],
    [new DecodeError('too short', 5), 'DecodeError', 'ERR_NETLINK_DECODE'],
    [new NetlinkError({ errno: 17, request: 'RTM_NEWLINK' }), 'NetlinkError', 'EEXIST'],
    [new DumpInterruptedError('RTM_GETLINK', 10), 'DumpInterruptedError', 'ERR_NETLINK_DUMP_INTERRUPTED'],
    [new OverrunError('x'), 'OverrunError', 'ERR_NETLINK_OVERRUN'],
    [new TimeoutError('x'), 'TimeoutError', 'ERR_NETLINK_TIMEOUT'],
    [new ClosedError('x'), 'ClosedError', 'ERR_NETLINK_CLOSED'],
  ];
  for (const [error, name, code] of rows) {
    t.match(error, { name, code });
    t.ok(error instanceof Error && error.stack?.startsWith(`${name}: ${error.message}`), name);
  }
  t.equal(new TimeoutError('x').outcome, 'unknown');
});

t.test('NetlinkError says everything that is known, and nothing that is not', async (t) => {
  const whole: NetlinkFailure = {
    errno: 34,
    request: 'RTM_NEWLINK',
    subject: "veth 'eth0'",
    namespace: 'red',
    kernelMessage: 'too bad',
    attribute: 'ifname',
    expected: 'expects at most 15 bytes',
    advice: 'Do this.',
    outcome: 'unknown',
  };
  const rows: [failure: NetlinkFailure, message: string][] = [
    [{ errno: 17, request: 'RTM_NEWLINK' }, 'RTM_NEWLINK: EEXIST: file already exists'],
    [{ errno: 19, request: 'RTM_GETLINK', subject: "link 'x'" }, "RTM_GETLINK link 'x': ENODEV: no such device"],
    [{ errno: 19, request: 'RTM_GETLINK', namespace: 'red' }, 'RTM_GETLINK in red: ENODEV: no such device'],
    [
      { errno: 17, request: 'RTM_NEWADDR', kernelMessage: 'Address already assigned' },
      'RTM_NEWADDR: EEXIST: file already exists (Address already assigned)',
    ],
    [
      { errno: 22, request: 'RTM_NEWLINK', attribute: 'linkinfo.data.id', expected: 'expects 1 to 5' },
      'RTM_NEWLINK: EINVAL: invalid argument at linkinfo.data.id, expects 1 to 5',
    ],
    [{ errno: 1, request: 'RTM_NEWLINK', advice: 'Be root.' }, 'RTM_NEWLINK: EPERM: operation not permitted. Be root.'],
    [
      { errno: 105, request: 'RTM_NEWLINK', outcome: 'unknown', advice: 'Look.' },
      'RTM_NEWLINK: ENOBUFS: no buffer space available. Whether it was carried out is not known. Look.',
    ],
    [
      whole,
      "RTM_NEWLINK veth 'eth0' in red: ERANGE: result too large (too bad) at ifname, expects at most 15 bytes. Whether it was carried out is not known. Do this.",
    ],
    // The kernel's EOPNOTSUPP is called ENOTSUP by libuv, which speaks of sockets.
    [{ errno: 95, request: 'RTM_NEWLINK' }, 'RTM_NEWLINK: EOPNOTSUPP: operation not supported'],
    [{ errno: 54, request: 'RTM_NEWLINK' }, 'RTM_NEWLINK: EXFULL: exchange full'],
    [{ errno: 4000, request: 'RTM_NEWLINK' }, 'RTM_NEWLINK: E4000: unknown error'],
  ];
  for (const [failure, message] of rows) t.equal(new NetlinkError(failure).message, message);

  const { expected, ...properties } = whole;
  t.match(new NetlinkError(whole), { code: 'ERANGE', ...properties });
  t.same(Object.keys(new NetlinkError({ errno: 17, request: 'RTM_NEWLINK' })).sort(), [
    'code',
    'errno',
    'outcome',
    'request',
  ]);
  t.equal(new NetlinkError({ errno: 17, request: 'RTM_NEWLINK' }).outcome, 'refused');
});

t.test('every errno of the kernel has its name', async (t) => {
  const names: [errno: number, code: string][] = [
    [1, 'EPERM'],
    [2, 'ENOENT'],
    [3, 'ESRCH'],
    [9, 'EBADF'],
    [13, 'EACCES'],
    [16, 'EBUSY'],
    [17, 'EEXIST'],
    [18, 'EXDEV'],
    [19, 'ENODEV'],
    [22, 'EINVAL'],
    [34, 'ERANGE'],
    [40, 'ELOOP'],
    [54, 'EXFULL'],
    [71, 'EPROTO'],
    [74, 'EBADMSG'],
    [90, 'EMSGSIZE'],
    [95, 'EOPNOTSUPP'],
    [97, 'EAFNOSUPPORT'],
    [98, 'EADDRINUSE'],
    [99, 'EADDRNOTAVAIL'],
    [100, 'ENETDOWN'],
    [101, 'ENETUNREACH'],
    [105, 'ENOBUFS'],
    [107, 'ENOTCONN'],
    [111, 'ECONNREFUSED'],
    [113, 'EHOSTUNREACH'],
    [114, 'EALREADY'],
  ];
  for (const [errno, code] of names) t.equal(new NetlinkError({ errno, request: 'x' }).code, code);
});

t.test('EncodeError tells every problem', async (t) => {
  const error = new EncodeError([
    { path: 'name', reason: 'is empty', value: '' },
    { path: 'mtu', reason: 'is too small', value: 5 },
    { path: 'big', reason: 'is too large', value: 5n },
    { path: '', reason: 'says nothing', value: {} },
  ]);
  t.equal(error.message, "name '' is empty; mtu 5 is too small; big 5 is too large; value says nothing");
  t.equal(error.path, 'name');
  t.equal(new EncodeError([]).path, '');
  t.same(
    EncodeError.within('linkinfo', error).map(({ path }) => path),
    ['linkinfo.name', 'linkinfo.mtu', 'linkinfo.big', 'linkinfo'],
  );
  t.throws(() => EncodeError.within('linkinfo', new RangeError('another')), { message: 'another' });
});

t.test('what a program is told about names it did not choose can’t trick a terminal', async (t) => {
  const value = 'a\u001b[2J\n\u009b\udcff😀é';
  const shown = 'a\\x1b[2J\\x0a\\x9b\\xff😀é';
  t.equal(new EncodeError({ path: 'name', reason: 'is taken', value }).message, `name '${shown}' is taken`);
  t.equal(
    new NetlinkError({ errno: 19, request: 'RTM_GETLINK', subject: `link '${value}'` }).message,
    `RTM_GETLINK link '${shown}': ENODEV: no such device`,
  );
  t.equal(new TimeoutError(value).message, shown);
});
