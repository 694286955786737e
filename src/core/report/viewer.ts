import type { ViewData, ViewLayer } from './view-data.js'

/**
 * The viewer of a report, as its page runs it: `(${runViewer})()`. It travels as its own text, so that it is checked like everything else here and nothing has to be
 * bundled; in exchange it may use nothing from outside of itself but the browser.
 *
 * It draws `#view` (a canvas) from `#view-data` and the pictures `#errors-0`, … with WebGL2 and takes its orders from buttons with `data-level`, `data-mode` and `data-act`, from pointers and from the keyboard.
 * What it shows stands in the canvas's dataset: `level`, `mode`, `triangles`, `pose`.
 */
export function runViewer(): void {
  /** Radians a CSS pixel of dragging, and a press of an arrow key. */
  const DRAG = 0.006
  const PRESS = 0.08
  /** How far the view turns up and down, radians. */
  const STEEPEST = 1.45
  /** Nearest and farthest, as a share of the distance at the start. */
  const ZOOM = [0.12, 6] as const
  /** Vertical field of view for reliefs, which have no camera of their own, radians. */
  const RELIEF_VIEW = 0.6
  /** Seconds of a round of swaying. */
  const SWAY_SECONDS = 5
  /** How much closer to the eye lines are drawn than their surface, so that it does not hide them: the picture stays, and far away it is more than depth buffers round. */
  const LINES_CLOSER = 0.997

  const VERTEX = `#version 300 es
    precision highp float;
    in vec3 steps;
    uniform vec3 low, stepSize, relief;
    uniform vec4 canvas, picture;
    uniform vec2 inverseDepth;
    uniform mat4 view, projection;
    uniform float closer;
    out vec3 seen;
    out vec2 uv, mapUv;
    void main() {
      vec3 p = low + steps * stepSize;
      vec2 plane = (p.xy - 0.5 * picture.xy) * picture.z * vec2(1.0, -1.0);
      vec3 at = relief.x > 0.0 ? vec3(plane, p.z * relief.x) : vec3(plane, -1.0) / (inverseDepth.x + p.z * inverseDepth.y);
      if (relief.y > 0.0) at = vec3(at.x, at.z, -at.y);
      uv = (p.xy - canvas.xy) / canvas.zw;
      mapUv = p.xy / picture.xy;
      vec4 eye = view * vec4(at, 1.0);
      seen = eye.xyz;
      gl_Position = projection * vec4(eye.xyz * closer, 1.0);
    }`
  const FRAGMENT = `#version 300 es
    precision highp float;
    in vec3 seen;
    in vec2 uv, mapUv;
    uniform int mode;
    uniform bool hasColor, hasNormals, lit, ground, hidden;
    uniform sampler2D color, normals, errors;
    uniform mat4 view;
    uniform vec3 fill, clay;
    out vec4 pixel;
    float sun(vec3 n) { return 0.22 + 0.78 * max(0.0, dot(n, normalize(vec3(-0.45, 0.6, 0.66)))); }
    void main() {
      vec3 facet = normalize(cross(dFdx(seen), dFdy(seen)));
      if (mode == 0) {
        vec3 base = hasColor ? texture(color, uv).rgb : clay;
        vec3 n = facet;
        if (hasNormals) {
          n = texture(normals, uv).rgb * 2.0 - 1.0;
          if (ground) n = vec3(n.x, n.z, -n.y);
          n = normalize(mat3(view) * n);
        }
        pixel = vec4(lit ? base * pow(sun(n), 0.8) : base, 1.0);
      } else if (mode == 1) {
        pixel = vec4((hidden ? clay * vec3(0.72, 0.8, 1.0) : clay) * sun(facet), 1.0);
      } else if (mode == 3) {
        vec4 error = texture(errors, mapUv);
        pixel = vec4(hidden || error.a < 0.5 ? vec3(0.35) * sun(facet) : error.rgb, 1.0);
      } else {
        pixel = vec4(fill, 1.0);
      }
    }`

  const canvas = document.querySelector<HTMLCanvasElement>('#view')
  const data = JSON.parse(document.querySelector('#view-data')?.textContent ?? 'null') as ViewData | null
  const message = document.querySelector<HTMLElement>('#view-message')
  const gl = canvas?.getContext('webgl2', { antialias: true, preserveDrawingBuffer: true }) ?? null
  if (canvas === null || data === null || message === null) return
  if (gl === null) {
    message.textContent = 'The viewer needs WebGL 2, which this browser does not give. Everything else on this page is there.'
    return
  }

  const { dataset } = canvas
  const home = data.inverseDepth ? { yaw: 0, pitch: 0, zoom: 1 } : { yaw: data.ground ? 0.5 : 0.45, pitch: data.ground ? 0.6 : 0.2, zoom: 1 }
  const pose = { ...home }
  const span = Math.hypot(data.width, data.height) * data.metresPerPixel
  const fromPivot = data.inverseDepth ? data.pivot : (0.42 * span) / Math.tan(RELIEF_VIEW / 2)
  let level = 0
  let mode = 0
  let swaying = false
  let swayed = 0
  let asked = false
  /** Which level is drawn, as far as it has arrived. */
  let drawn: Level | null = null

  interface Surface {
    layer: ViewLayer
    vertices: WebGLBuffer
    triangles: WebGLBuffer
    lines: WebGLBuffer | null
    lineCorners: number
    corners: Uint32Array<ArrayBuffer>
    color: WebGLTexture | null
    normals: WebGLTexture | null
  }
  interface Level {
    surfaces: Surface[]
    errors: WebGLTexture | null
  }
  const levels: (Promise<Level> | undefined)[] = []

  const program = link(gl)
  const uniform = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name)
  const at = Object.fromEntries(
    ['low', 'stepSize', 'relief', 'canvas', 'picture', 'inverseDepth', 'view', 'projection', 'closer', 'mode', 'hasColor', 'hasNormals', 'lit', 'ground', 'hidden', 'color', 'normals', 'errors', 'fill', 'clay'].map((name) => [name, uniform(name)]),
  )

  listen()
  showLevel(0)

  // --- what is drawn ---

  function showLevel(next: number): void {
    level = Math.min(data!.levels.length - 1, Math.max(0, next))
    mark('level', level)
    const wanted = level
    levels[level] ??= load(level)
    levels[level]!.then((loaded) => {
      if (wanted !== level) return
      drawn = loaded
      dataset.level = String(level)
      dataset.triangles = String(loaded.surfaces.reduce((sum, { layer }) => sum + layer.corners / 3, 0))
      message!.textContent = ''
      ask()
    }).catch((error: unknown) => void (message!.textContent = `This level can't be shown: ${String(error)}`))
  }

  function showMode(next: number): void {
    mode = next
    mark('mode', mode)
    ask()
  }

  /** Says which of its buttons is pressed, and which words go with it. */
  function mark(kind: 'level' | 'mode', value: number): void {
    for (const button of document.querySelectorAll<HTMLElement>(`button[data-${kind}]`)) button.setAttribute('aria-pressed', String(Number(button.dataset[kind]) === value))
    for (const words of document.querySelectorAll<HTMLElement>(`[data-of-${kind}]`)) words.hidden = words.getAttribute(`data-of-${kind}`) !== String(value)
  }

  function ask(): void {
    if (!asked) requestAnimationFrame(draw)
    asked = true
  }

  function draw(now: number): void {
    asked = false
    if (gl === null || canvas === null || drawn === null) return
    const ratio = Math.min(2, devicePixelRatio)
    const [width, height] = [Math.max(1, Math.round(canvas.clientWidth * ratio)), Math.max(1, Math.round(canvas.clientHeight * ratio))]
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    if (swaying) swayed = now / 1000

    const style = getComputedStyle(canvas)
    const fill = rgb(style.backgroundColor)
    const line = rgb(style.color)
    gl.viewport(0, 0, width, height)
    gl.clearColor(fill[0], fill[1], fill[2], 1)
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
    gl.enable(gl.DEPTH_TEST)
    gl.depthFunc(gl.LEQUAL)
    gl.useProgram(program)
    const { inverseDepth, relief, ground, metresPerPixel } = data!
    gl.uniform4f(at.picture, data!.width, data!.height, metresPerPixel, 0)
    gl.uniform2f(at.inverseDepth, inverseDepth?.far ?? 0, inverseDepth?.range ?? 0)
    gl.uniform3f(at.relief, inverseDepth ? 0 : relief, ground ? 1 : 0, 0)
    gl.uniformMatrix4fv(at.view, false, viewMatrix())
    gl.uniformMatrix4fv(at.projection, false, projectionMatrix(width / height))
    gl.uniform1i(at.ground, ground ? 1 : 0)
    gl.uniform3f(at.clay, 0.8, 0.77, 0.73)
    gl.uniform1f(at.closer, 1)
    gl.uniform1i(at.color, 0)
    gl.uniform1i(at.normals, 1)
    gl.uniform1i(at.errors, 2)
    bind(2, drawn.errors)
    for (const surface of drawn.surfaces) {
      const { layer } = surface
      gl.uniform3fv(at.low, layer.low)
      gl.uniform3fv(at.stepSize, layer.step)
      gl.uniform4fv(at.canvas, layer.canvas)
      gl.uniform1i(at.hasColor, surface.color ? 1 : 0)
      gl.uniform1i(at.hasNormals, surface.normals ? 1 : 0)
      gl.uniform1i(at.lit, layer.lit ? 1 : 0)
      gl.uniform1i(at.hidden, layer.hidden ? 1 : 0)
      bind(0, surface.color)
      bind(1, surface.normals)
      if (layer.doubleSided) gl.disable(gl.CULL_FACE)
      else gl.enable(gl.CULL_FACE)
      gl.bindBuffer(gl.ARRAY_BUFFER, surface.vertices)
      gl.enableVertexAttribArray(0)
      gl.vertexAttribPointer(0, 3, gl.UNSIGNED_SHORT, false, 8, 0)
      gl.uniform1i(at.mode, mode)
      gl.uniform3fv(at.fill, fill)
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, surface.triangles)
      gl.drawElements(gl.TRIANGLES, layer.corners, gl.UNSIGNED_INT, 0)
    }
    // Lines come when everything is there that hides them.
    if (mode === 2) {
      gl.uniform1f(at.closer, LINES_CLOSER)
      for (const surface of drawn.surfaces) {
        const { layer } = surface
        if (surface.lines === null) {
          const edges = edgesOf(surface.corners, layer.vertices)
          surface.lines = buffer(gl.ELEMENT_ARRAY_BUFFER, edges)
          surface.lineCorners = edges.length
        }
        gl.uniform3fv(at.low, layer.low)
        gl.uniform3fv(at.stepSize, layer.step)
        gl.uniform3fv(at.fill, layer.hidden ? line.map((value, i) => 0.45 * value + 0.55 * fill[i]) : line)
        gl.bindBuffer(gl.ARRAY_BUFFER, surface.vertices)
        gl.vertexAttribPointer(0, 3, gl.UNSIGNED_SHORT, false, 8, 0)
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, surface.lines)
        gl.drawElements(gl.LINES, surface.lineCorners, gl.UNSIGNED_INT, 0)
      }
    }
    dataset.mode = String(mode)
    dataset.pose = [pose.yaw, pose.pitch, pose.zoom].map((value) => value.toFixed(3)).join(' ')
    if (swaying) ask()
  }

  function bind(unit: number, texture: WebGLTexture | null): void {
    gl!.activeTexture(gl!.TEXTURE0 + unit)
    gl!.bindTexture(gl!.TEXTURE_2D, texture)
  }

  // --- where it is seen from ---

  /** From the world to the eye: the eye turns around the pivot at a distance; at the start a perspective map is seen from its source camera. */
  function viewMatrix(): number[] {
    const { yaw, pitch, zoom } = pose
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)]
    // columns of the rotation that undoes yaw (around Y), then pitch (around X)
    const rotation = [cy, -sp * sy, cp * sy, 0, 0, cp, sp, 0, -sy, -sp * cy, cp * cy, 0]
    const pivot = data!.inverseDepth ? [0, 0, -data!.pivot] : data!.ground ? [0, data!.relief / 2, 0] : [0, 0, data!.relief / 2]
    const turn = (row: number) => rotation[row] * pivot[0] + rotation[4 + row] * pivot[1] + rotation[8 + row] * pivot[2]
    const round = (swayed / SWAY_SECONDS) * 2 * Math.PI
    const sway = swayed === 0 ? [0, 0] : [data!.travel * Math.cos(round), 0.5 * data!.travel * Math.sin(round)]
    return [...rotation, -turn(0) - sway[0], -turn(1) - sway[1], -turn(2) - fromPivot * zoom, 1]
  }

  function projectionMatrix(aspect: number): number[] {
    const { inverseDepth, width, height, metresPerPixel } = data!
    // all of the picture is seen, whatever the shape of the canvas
    const tangent = inverseDepth ? Math.max((height / 2) * metresPerPixel, ((width / 2) * metresPerPixel) / aspect) : Math.tan(RELIEF_VIEW / 2) * Math.max(1, 1 / aspect)
    const distance = fromPivot * pose.zoom
    const near = inverseDepth ? Math.min(0.2 / (inverseDepth.far + inverseDepth.range), 0.2 * distance) : Math.max(distance / 200, distance - 2 * span)
    const far = inverseDepth ? 1.5 / inverseDepth.far + distance : distance + 2 * span
    return [1 / (tangent * aspect), 0, 0, 0, 0, 1 / tangent, 0, 0, 0, 0, (near + far) / (near - far), -1, 0, 0, (2 * near * far) / (near - far), 0]
  }

  function turnBy(yaw: number, pitch: number): void {
    pose.yaw += yaw
    pose.pitch = Math.min(STEEPEST, Math.max(-STEEPEST, pose.pitch + pitch))
    ask()
  }

  function zoomBy(factor: number): void {
    pose.zoom = Math.min(ZOOM[1], Math.max(ZOOM[0], pose.zoom * factor))
    ask()
  }

  function goHome(): void {
    Object.assign(pose, home)
    swayed = 0
    ask()
  }

  function sway(on: boolean): void {
    swaying = on && data!.travel > 0
    if (!swaying) swayed = 0
    document.querySelector('[data-act="sway"]')?.setAttribute('aria-pressed', String(swaying))
    ask()
  }

  // --- what it is told ---

  function listen(): void {
    const acts: Record<string, () => void> = { home: goHome, closer: () => zoomBy(0.8), farther: () => zoomBy(1.25), sway: () => sway(!swaying) }
    document.addEventListener('click', ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : null
      if (button?.dataset.level !== undefined) showLevel(Number(button.dataset.level))
      if (button?.dataset.mode !== undefined) showMode(Number(button.dataset.mode))
      if (button?.dataset.act !== undefined) acts[button.dataset.act]?.()
    })

    const pointers = new Map<number, { x: number; y: number }>()
    const apart = (): number => {
      const [a, b] = [...pointers.values()]
      return Math.hypot(a.x - b.x, a.y - b.y)
    }
    canvas!.addEventListener('pointerdown', (event) => {
      canvas!.setPointerCapture(event.pointerId)
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    })
    canvas!.addEventListener('pointermove', ({ pointerId, clientX, clientY }) => {
      const before = pointers.get(pointerId)
      if (before === undefined) return
      const wide = pointers.size === 2 ? apart() : 0
      pointers.set(pointerId, { x: clientX, y: clientY })
      if (pointers.size === 2) zoomBy(wide / Math.max(1, apart()))
      else turnBy(-(clientX - before.x) * DRAG, (clientY - before.y) * DRAG)
    })
    for (const end of ['pointerup', 'pointercancel'] as const) canvas!.addEventListener(end, ({ pointerId }) => void pointers.delete(pointerId))
    canvas!.addEventListener('wheel', (event) => {
      // The page scrolls until the viewer is in use.
      if (document.activeElement !== canvas && !event.ctrlKey) return
      event.preventDefault()
      zoomBy(Math.exp(Math.sign(event.deltaY) * 0.1))
    }, { passive: false })
    canvas!.addEventListener('dblclick', goHome)

    const keys: Record<string, () => void> = {
      ArrowLeft: () => turnBy(-PRESS, 0),
      ArrowRight: () => turnBy(PRESS, 0),
      ArrowUp: () => turnBy(0, PRESS),
      ArrowDown: () => turnBy(0, -PRESS),
      '+': () => zoomBy(0.9),
      '=': () => zoomBy(0.9),
      '-': () => zoomBy(1.1),
      '0': goHome,
      Home: goHome,
      ' ': () => sway(!swaying),
    }
    canvas!.addEventListener('keydown', (event) => {
      const { key, ctrlKey, metaKey, altKey } = event
      const digit = /^[1-8]$/.test(key) ? Number(key) : 0
      const letter = 'pfwe'.indexOf(key.toLowerCase())
      const known = Object.hasOwn(keys, key) || letter >= 0 || (digit > 0 && digit <= data!.levels.length)
      if (!known || ctrlKey || metaKey || altKey) return
      event.preventDefault()
      if (Object.hasOwn(keys, key)) keys[key]()
      else if (digit > 0) showLevel(digit - 1)
      else showMode(letter)
    })
    new ResizeObserver(ask).observe(canvas!)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ask)
  }

  // --- from the page to the graphics card ---

  async function load(wanted: number): Promise<Level> {
    const errors = document.querySelector<HTMLImageElement>(`#errors-${wanted}`)
    return { surfaces: await Promise.all(data!.levels[wanted].layers.map(loadSurface)), errors: await texture(errors?.src ?? '') }
  }

  async function loadSurface(layer: ViewLayer): Promise<Surface> {
    const bytes = await inflate(layer.data)
    const { vertices: count, corners: cornerCount } = layer
    const vertices = new Uint16Array(count * 4)
    for (let axis = 0; axis < 3; axis++) {
      const from = axis * 2 * count
      for (let i = 0, value = 0; i < count; i++) {
        value = (value + bytes[from + i] + (bytes[from + count + i] << 8)) & 0xffff
        vertices[4 * i + axis] = value
      }
    }
    const corners = new Uint32Array(cornerCount)
    for (let i = 0, next = 0, from = count * 6; i < cornerCount; i++) {
      const below = bytes[from + i] | (bytes[from + cornerCount + i] << 8) | (bytes[from + 2 * cornerCount + i] << 16) | (bytes[from + 3 * cornerCount + i] << 24)
      corners[i] = next - below
      next = Math.max(next, corners[i] + 1)
    }
    const [color, normals] = await Promise.all([texture(layer.color), texture(layer.normals)])
    return { layer, corners, color, normals, vertices: buffer(gl!.ARRAY_BUFFER, vertices), triangles: buffer(gl!.ELEMENT_ARRAY_BUFFER, corners), lines: null, lineCorners: 0 }
  }

  async function inflate(base64: string): Promise<Uint8Array> {
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer())
  }

  /** Every edge once: most are seen from both sides, once in each direction. */
  function edgesOf(corners: Uint32Array<ArrayBuffer>, vertices: number): Uint32Array<ArrayBuffer> {
    const directed = new Set<number>()
    const name = (i: number): number => corners[i] * vertices + corners[i % 3 === 2 ? i - 2 : i + 1]
    for (let i = 0; i < corners.length; i++) directed.add(name(i))
    const edges: number[] = []
    for (let i = 0; i < corners.length; i++) {
      const [a, b] = [corners[i], corners[i % 3 === 2 ? i - 2 : i + 1]]
      if (a < b || !directed.has(b * vertices + a)) edges.push(a, b)
    }
    return Uint32Array.from(edges)
  }

  function buffer(target: number, values: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): WebGLBuffer {
    const made = gl!.createBuffer()
    gl!.bindBuffer(target, made)
    gl!.bufferData(target, values, gl!.STATIC_DRAW)
    return made
  }

  async function texture(uri: string): Promise<WebGLTexture | null> {
    if (uri === '' || gl === null) return null
    const image = new Image()
    image.src = uri
    await image.decode()
    const made = gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, made)
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE)
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image)
    gl.generateMipmap(gl.TEXTURE_2D)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    const fine = gl.getExtension('EXT_texture_filter_anisotropic')
    if (fine) gl.texParameterf(gl.TEXTURE_2D, fine.TEXTURE_MAX_ANISOTROPY_EXT, 8)
    return made
  }

  function link(context: WebGL2RenderingContext): WebGLProgram {
    const made = context.createProgram()
    for (const [type, source] of [[context.VERTEX_SHADER, VERTEX], [context.FRAGMENT_SHADER, FRAGMENT]] as const) {
      const shader = context.createShader(type)
      if (shader === null) continue
      context.shaderSource(shader, source)
      context.compileShader(shader)
      context.attachShader(made, shader)
    }
    context.bindAttribLocation(made, 0, 'steps')
    context.linkProgram(made)
    if (!context.getProgramParameter(made, context.LINK_STATUS)) throw new Error(context.getProgramInfoLog(made) ?? 'the shaders do not link')
    return made
  }

  /** `rgb(29, 21, 36)` as 0..1. */
  function rgb(css: string): number[] {
    return (css.match(/[\d.]+/g) ?? []).slice(0, 3).map((value) => Number(value) / 255)
  }
}
