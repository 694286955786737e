// Counts what a page holds on the GPU, in any engine: imported before the engine, it listens to WebGL itself.
const { prototype } = WebGL2RenderingContext
// Not vertex arrays, which hold nothing but names: PlayCanvas leaves them to the garbage collector.
const live = { Buffer: new Set(), Texture: new Set(), Framebuffer: new Set(), Renderbuffer: new Set() }

for (const [kind, objects] of Object.entries(live)) {
  const create = prototype[`create${kind}`]
  const remove = prototype[`delete${kind}`]
  prototype[`create${kind}`] = function (...args) {
    const object = create.apply(this, args)
    objects.add(object)
    return object
  }
  prototype[`delete${kind}`] = function (object) {
    objects.delete(object)
    remove.call(this, object)
  }
}

/** How many WebGL objects of each kind were created and not deleted. */
export function glObjects() {
  return Object.fromEntries(Object.entries(live).map(([kind, objects]) => [kind, objects.size]))
}

/** What is on the canvas, right after it was drawn: R, G, B, A, row 0 at the bottom, as base64. */
export function readPixels(canvas) {
  const gl = canvas.getContext('webgl2')
  const { width, height } = canvas
  const pixels = new Uint8Array(width * height * 4)
  // Engines remember what they bound.
  const bound = gl.getParameter(gl.FRAMEBUFFER_BINDING)
  gl.bindFramebuffer(gl.FRAMEBUFFER, null)
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels)
  gl.bindFramebuffer(gl.FRAMEBUFFER, bound)
  let text = ''
  for (let i = 0; i < pixels.length; i += 0x80_00) text += String.fromCharCode(...pixels.subarray(i, i + 0x80_00))
  return btoa(text)
}
