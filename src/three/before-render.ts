import type { Object3D, WebGLRenderer } from 'three'

/** Has `look` called each time that the object is drawn, before its `onBeforeRender`: whichever that is then, as three has room for one and it belongs to the page. */
export function lookBeforeRender(object: Object3D, look: (renderer: WebGLRenderer) => void): void {
  /** What was handed out: a page that keeps its hook and puts it back has it back, not around itself. */
  const given = new WeakSet<Object3D['onBeforeRender']>()
  const withLook = (own: Object3D['onBeforeRender']): Object3D['onBeforeRender'] => {
    if (given.has(own)) return own
    const hook: Object3D['onBeforeRender'] = (...frame) => {
      look(frame[0])
      own.apply(object, frame)
    }
    given.add(hook)
    return hook
  }
  let hook = withLook(object.onBeforeRender)
  // (A page may call what it reads here from what it sets.)
  Object.defineProperty(object, 'onBeforeRender', {
    configurable: true,
    enumerable: true,
    get: () => hook,
    set(own: Object3D['onBeforeRender']) {
      hook = withLook(own)
    },
  })
}
