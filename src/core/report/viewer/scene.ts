import type { ViewAsset, ViewLayer } from '../view-data.js'
import type { Unpacked } from './unpack.js'

/** A level on the graphics card. */
export interface LoadedLevel {
  triangles: number
  surfaces: Surface[]
  errors: WebGLTexture | null
}

export interface Surface {
  layer: ViewLayer
  vertices: WebGLBuffer
  triangles: WebGLBuffer
  lines: WebGLBuffer | null
  lineCorners: number
  corners: Uint32Array<ArrayBuffer>
  color: WebGLTexture | null
  normals: WebGLTexture | null
}

export interface SceneView {
  asset: ViewAsset
  /** 0 picture, 1 facets, 2 wireframe, 3 error. */
  mode: number
  view: number[]
  projection: number[]
  /** 0..1. */
  background: number[]
  line: number[]
}

export interface Scene {
  /** Takes a level to the graphics card; `errors` is the data URI of its error picture, empty for none. */
  load(level: ViewAsset['levels'][number], errors: string): Promise<LoadedLevel>
  draw(level: LoadedLevel, view: SceneView): void
}

/** What a report's viewer draws with. Part of the viewer: uses nothing from outside of itself but what it is given. */
export function createScene(gl: WebGL2RenderingContext, pictures: readonly string[], unpack: (layer: ViewLayer) => Promise<Unpacked>): Scene {
  /** How much closer to the eye lines are drawn than their surface, so that it does not hide them: the picture stays, and far away it is more than depth buffers round. */
  const LINES_CLOSER = 0.997
  /** Bytes of a vertex, and where its texture coordinates begin. */
  const VERTEX_BYTES = 12
  const UV_BYTES = 8

  const VERTEX = `#version 300 es
    precision highp float;
    in vec3 steps;
    in vec2 ownUv;
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
      uv = canvas.z > 0.0 ? (p.xy - canvas.xy) / canvas.zw : ownUv;
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

  const program = link()
  const at = Object.fromEntries(
    ['low', 'stepSize', 'relief', 'canvas', 'picture', 'inverseDepth', 'view', 'projection', 'closer', 'mode', 'hasColor', 'hasNormals', 'lit', 'ground', 'hidden', 'color', 'normals', 'errors', 'fill', 'clay'].map((name) => [name, gl.getUniformLocation(program, name)]),
  )
  /** By place in `pictures`: what several surfaces wear is there once. */
  const textures = new Map<number, Promise<WebGLTexture | null>>()

  return {
    async load({ triangles, layers }, errors) {
      return { triangles, surfaces: await Promise.all(layers.map(loadSurface)), errors: await texture(errors) }
    },

    draw(level, { asset, mode, view, projection, background, line }) {
      const { inverseDepth, relief, ground, metresPerPixel } = asset
      gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight)
      gl.clearColor(background[0], background[1], background[2], 1)
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
      gl.enable(gl.DEPTH_TEST)
      gl.depthFunc(gl.LEQUAL)
      gl.useProgram(program)
      gl.uniform4f(at.picture, asset.width, asset.height, metresPerPixel, 0)
      gl.uniform2f(at.inverseDepth, inverseDepth?.far ?? 0, inverseDepth?.range ?? 0)
      gl.uniform3f(at.relief, inverseDepth ? 0 : relief, ground ? 1 : 0, 0)
      gl.uniformMatrix4fv(at.view, false, view)
      gl.uniformMatrix4fv(at.projection, false, projection)
      gl.uniform1i(at.ground, ground ? 1 : 0)
      gl.uniform3f(at.clay, 0.8, 0.77, 0.73)
      gl.uniform1f(at.closer, 1)
      gl.uniform1i(at.color, 0)
      gl.uniform1i(at.normals, 1)
      gl.uniform1i(at.errors, 2)
      gl.uniform1i(at.mode, mode)
      bind(2, level.errors)
      for (const surface of level.surfaces) {
        const { layer } = surface
        place(surface)
        gl.uniform1i(at.hasColor, surface.color ? 1 : 0)
        gl.uniform1i(at.hasNormals, surface.normals ? 1 : 0)
        gl.uniform1i(at.lit, layer.lit ? 1 : 0)
        gl.uniform1i(at.hidden, layer.hidden ? 1 : 0)
        bind(0, surface.color)
        bind(1, surface.normals)
        if (layer.doubleSided) gl.disable(gl.CULL_FACE)
        else gl.enable(gl.CULL_FACE)
        gl.uniform3fv(at.fill, background)
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, surface.triangles)
        gl.drawElements(gl.TRIANGLES, layer.corners, gl.UNSIGNED_INT, 0)
      }
      if (mode !== 2) return
      // Lines come when everything is there that hides them.
      gl.uniform1f(at.closer, LINES_CLOSER)
      for (const surface of level.surfaces) {
        const { layer } = surface
        if (surface.lines === null) {
          const edges = edgesOf(surface.corners, layer.vertices)
          surface.lines = buffer(gl.ELEMENT_ARRAY_BUFFER, edges)
          surface.lineCorners = edges.length
        }
        place(surface)
        gl.uniform3fv(at.fill, layer.hidden ? line.map((value, i) => 0.45 * value + 0.55 * background[i]) : line)
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, surface.lines)
        gl.drawElements(gl.LINES, surface.lineCorners, gl.UNSIGNED_INT, 0)
      }
    },
  }

  function place({ layer, vertices }: Surface): void {
    gl.uniform3fv(at.low, layer.low)
    gl.uniform3fv(at.stepSize, layer.step)
    gl.uniform4fv(at.canvas, layer.canvas ?? [0, 0, 0, 0])
    gl.bindBuffer(gl.ARRAY_BUFFER, vertices)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, 3, gl.UNSIGNED_SHORT, false, VERTEX_BYTES, 0)
    gl.enableVertexAttribArray(1)
    gl.vertexAttribPointer(1, 2, gl.UNSIGNED_SHORT, true, VERTEX_BYTES, UV_BYTES)
  }

  function bind(unit: number, texture: WebGLTexture | null): void {
    gl.activeTexture(gl.TEXTURE0 + unit)
    gl.bindTexture(gl.TEXTURE_2D, texture)
  }

  async function loadSurface(layer: ViewLayer): Promise<Surface> {
    const { vertices, corners } = await unpack(layer)
    const [color, normals] = await Promise.all([pictureAt(layer.color), pictureAt(layer.normals)])
    return { layer, corners, color, normals, vertices: buffer(gl.ARRAY_BUFFER, vertices), triangles: buffer(gl.ELEMENT_ARRAY_BUFFER, corners), lines: null, lineCorners: 0 }
  }

  function pictureAt(place: number): Promise<WebGLTexture | null> {
    const made = textures.get(place) ?? texture(pictures[place] ?? '')
    textures.set(place, made)
    return made
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
    const made = gl.createBuffer()
    gl.bindBuffer(target, made)
    gl.bufferData(target, values, gl.STATIC_DRAW)
    return made
  }

  async function texture(uri: string): Promise<WebGLTexture | null> {
    if (uri === '') return null
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

  function link(): WebGLProgram {
    const made = gl.createProgram()
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
      const shader = gl.createShader(type)
      if (shader === null) continue
      gl.shaderSource(shader, source)
      gl.compileShader(shader)
      gl.attachShader(made, shader)
    }
    gl.bindAttribLocation(made, 0, 'steps')
    gl.bindAttribLocation(made, 1, 'ownUv')
    gl.linkProgram(made)
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made) ?? 'the shaders do not link')
    return made
  }
}
