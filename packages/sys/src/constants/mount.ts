/** Flags of `mount(2)`, `MS_*` (`linux/mount.h`). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
} as const;

/** Flags of `umount2(2)`, `MNT_*`. */
export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4 } as const;

/** Flag of `umount2(2)` not to follow a symbolic link at the end of the path, `UMOUNT_NOFOLLOW`. */
export const UMOUNT = { NOFOLLOW: 8 } as const;

/** Flags of `open_tree(2)`, `OPEN_TREE_*`; `CLOEXEC` is added always. */
export const OPEN_TREE = { CLONE: 1, CLOEXEC: 0o2000000 } as const;

/** Flags of `move_mount(2)`, `MOVE_MOUNT_*`. */
export const MOVE_MOUNT = {
  F_SYMLINKS: 0x1,
  F_AUTOMOUNTS: 0x2,
  F_EMPTY_PATH: 0x4,
  T_SYMLINKS: 0x10,
  T_AUTOMOUNTS: 0x20,
  T_EMPTY_PATH: 0x40,
} as const;
