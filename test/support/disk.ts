import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe } from 'vitest'

/** ext4, XFS, Btrfs, and overlayfs, which containers run on. */
const OWN_TIMES = [0xef53, 0x58465342, 0x9123683e, 0x794c7630]

/** A `describe` that says why it is skipped where temporary files lie on a file system whose times of change are not trusted: in memory, say, or on a system other than Linux. */
export function describeOnDisk(title: string, body: () => void): void {
  const present = process.platform === 'linux' && OWN_TIMES.includes(statfsSync(tmpdir()).type)
  describe.skipIf(!present)(present ? title : `${title} (skipped: ${tmpdir()} is on no disk of Linux)`, body)
}
