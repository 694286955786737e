import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

/** The folder of real and broken inputs that stands beside a checkout; absent on a user's machine. */
export const sharedFolder = fileURLToPath(new URL('../../../shared/', import.meta.url))

const present = existsSync(sharedFolder)
if (!present && process.env.CI) throw new Error(`CI needs the folder of real inputs at ${sharedFolder}`)

/** A `describe` that says why it is skipped where the shared inputs are missing. */
export function describeWithShared(title: string, body: () => void): void {
  describe.skipIf(!present)(present ? title : `${title} (skipped: no ../shared folder with real inputs)`, body)
}
