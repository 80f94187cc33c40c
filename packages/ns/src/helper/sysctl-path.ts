/**
 * True for a path below `/proc/sys/net` that can lead nowhere else: `ipv4/conf/eth0.100/forwarding`. The empty path is
 * the directory itself.
 */
export function isSysctlPath(path: string): boolean {
  if (path === '') return true;
  if (path.includes('\0')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
