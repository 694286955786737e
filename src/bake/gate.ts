import { DepthMeshError } from '../core/errors.js'

/** Lets some through and has the others wait. */
export interface Gate {
  /**
   * Waits for a place; call what it gives to free it.
   *
   * @throws DepthMeshError `ABORTED`, naming `file`.
   */
  enter(weight: number, signal: AbortSignal, file: string): Promise<() => void>
}

/**
 * Bounds how many are inside and what they weigh together; one that is heavier than that goes in alone.
 * First come, first served: a heavy one is not overtaken forever by light ones.
 */
export function createGate({ slots = Infinity, weight: mostWeight }: { slots?: number; weight: number }): Gate {
  const waiting: { weight: number; start: () => void }[] = []
  let inside = 0
  let weightInside = 0

  const admit = (): void => {
    for (;;) {
      const next = waiting.at(0)
      if (next === undefined || inside >= slots || (inside > 0 && weightInside + next.weight > mostWeight)) return
      waiting.shift()
      next.start()
    }
  }

  return {
    enter(weight, signal, file) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(aborted(file))
          return
        }
        const leave = (): void => {
          waiting.splice(waiting.indexOf(ticket), 1)
          reject(aborted(file))
          admit()
        }
        const ticket = {
          weight,
          start: () => {
            signal.removeEventListener('abort', leave)
            inside++
            weightInside += weight
            resolve(() => {
              inside--
              weightInside -= weight
              admit()
            })
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        waiting.push(ticket)
        admit()
      })
    },
  }
}

export function aborted(file: string): DepthMeshError {
  return new DepthMeshError('ABORTED', 'stopped', { file })
}
